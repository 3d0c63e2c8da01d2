export { compare } from './compare.ts'
export { EXACT, stabilityOf } from './stable.ts'
export type {
  ParityDifference,
  ParityFile,
  ParityFileResult,
  ParityFrame,
  ParityOptions,
  ParityResult,
  Stability,
} from './types.ts'
