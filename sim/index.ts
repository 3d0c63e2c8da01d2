/**
 * The public door of the library: sheets in; verdicts, frames, captures and journeys out. Nothing
 * behind it needs Node. Begin with `play` or `runSheet`; docs/library.md shows them at work.
 */
export {
  createRun,
  explain,
  formatProblem,
  type LadderLook,
  load,
  mustHold,
  Play,
  type PlayedFrame,
  play,
  reportFailure,
  reportInvariant,
  reportVerdict,
  type RunOptions,
  runSheet,
  SheetError,
  sheetOf,
  type TextOptions,
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
export type { PlainFrame, PlainLayer } from './judge/index.ts'
export { DROPS, type Entry, Journal, type Place, Places, type Sink, Trace } from './trace/index.ts'
export * from './trace/kinds.ts'
export type {
  Explanation,
  Link,
  MendedWord,
  Mending,
  OctetChange,
  Origin,
  Stay,
  StayEvent,
} from './show/explanation.ts'
export { hopsOf } from './show/hops.ts'
export { ladder } from './show/ladder.ts'
export { narrate } from './show/narrate.ts'
export { ASCII, type Canvas, type Paint, PLAIN, UNICODE } from './show/paint.ts'
export { rewriteTable } from './show/rewrites.ts'
export { ladderSvg } from './show/svg.ts'
export { why } from './show/why.ts'
