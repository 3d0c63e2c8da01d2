export { compile, type Filter } from './compile.ts'
export type { Mistake } from './mistake.ts'
