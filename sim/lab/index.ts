import { type CaptureFile, readCapture } from '../capture/index.ts'
import { checkSheet } from './checks.ts'
import { reportVerdict } from './expect/report.ts'
import { Play } from './play.ts'
import { Run, type RunOptions } from './run.ts'
import {
  formatProblem,
  readSheet,
  type Sheet,
  type SheetInput,
  type SheetResult,
} from './sheet/index.ts'
import type { Verdict } from './verdict.ts'

export { choosersOf } from './choosers.ts'
export { reportFailure, reportInvariant, reportVerdict } from './expect/report.ts'
export { capturedInterfaces, Recorder } from './recorder.ts'
export { Run, type RunOptions } from './run.ts'
export { type LadderLook, Play, type PlayedFrame } from './play.ts'
export * from './sheet/index.ts'
export { changesBetween } from './why/changes.ts'
export { explain } from './why/explain.ts'
export type * from './verdict.ts'

/** Reads a sheet: the completed sheet, or all mistakes of the file at once. */
export function load(input: SheetInput): SheetResult {
  const read = readSheet(input)
  if ('errors' in read) return read
  const errors = checkSheet(read.sheet)
  return errors.length === 0 ? read : { errors: [...errors, ...read.warnings] }
}

/**
 * Builds the machines of a sheet; nothing has happened yet. Throws nothing for a sheet that
 * loaded.
 */
export function createRun(sheet: Sheet, options: RunOptions = {}): Run {
  return new Run(sheet, options)
}

/** A sheet has mistakes; `message` has them all, one a line. */
export class SheetError extends Error {
  override name = 'SheetError'
}

/** What a text is read with. */
export interface TextOptions extends RunOptions {
  /** Name for messages. */
  readonly file?: string
  /** The text of a file that the sheet names, or undefined; without it there are no such files. */
  readonly read?: (name: string) => string | undefined
  /** The octets of a capture that the sheet replays, or undefined; likewise. */
  readonly capture?: (name: string) => Uint8Array | undefined
}

/** Reads the text of a sheet. Throws a SheetError with all mistakes in it. */
export function sheetOf(text: string, options: TextOptions = {}): Sheet {
  const { file = 'sheet.yaml', read = () => undefined } = options
  const capture = (name: string): CaptureFile | undefined => {
    const octets = options.capture?.(name)
    return octets === undefined ? undefined : readCapture(octets)
  }
  const loaded = load({ file, text, read, capture })
  if (!('errors' in loaded)) return loaded.sheet
  throw new SheetError(loaded.errors.map((each) => formatProblem(file, each)).join('\n'))
}

/** Reads, runs and judges the text of a sheet. Throws a SheetError. */
export function runSheet(text: string, options: TextOptions = {}): Verdict {
  return createRun(sheetOf(text, options), options).finish()
}

/** Reads the text of a sheet, ready to be looked at from all sides. Throws a SheetError. */
export function play(text: string, options: TextOptions = {}): Play {
  return new Play(sheetOf(text, options), options)
}

/** Asserts for a test: throws with the full report unless everything held. */
export function mustHold(verdict: Verdict): void {
  if (verdict.ok) return
  throw new SheetError([...verdict.notes, reportVerdict(verdict)].join('\n'))
}
