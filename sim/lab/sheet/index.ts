export { formatProblem } from './problems.ts'
export { INVARIANTS, readSheet, type SheetInput, type SheetResult } from './read-sheet.ts'
export * from './types.ts'
