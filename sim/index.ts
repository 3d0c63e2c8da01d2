/**
 * The public door of the library: sheets in; verdicts, captures and journals out. Nothing behind it
 * needs Node.
 */
export {
  createRun,
  formatProblem,
  load,
  mustHold,
  reportFailure,
  reportInvariant,
  reportVerdict,
  type RunOptions,
  runSheet,
  SheetError,
} from './lab/index.ts'
export type { Run, Sheet, SheetInput, SheetProblem, SheetResult } from './lab/index.ts'
export type {
  Difference,
  Evidence,
  ExpectationResult,
  Failure,
  InvariantResult,
  Outcome,
  ResponseResult,
  Verdict,
} from './lab/index.ts'
export {
  type CaptureFile,
  type CaptureRecord,
  type PcapngOptions,
  PcapngWriter,
  PcapWriter,
  readCapture,
  readPcap,
  readPcapng,
} from './capture/index.ts'
export { DROPS, type Entry, Journal, type Place, Places, type Sink, Trace } from './trace/index.ts'
export { hopsOf } from './show/hops.ts'
export { ladder } from './show/ladder.ts'
export { narrate } from './show/narrate.ts'
export { ASCII, type Canvas, type Paint, PLAIN, UNICODE } from './show/paint.ts'
export { rewriteTable } from './show/rewrites.ts'
export { ladderSvg } from './show/svg.ts'
