import { checkSheet } from './checks.ts'
import { reportVerdict } from './expect/report.ts'
import { Run, type RunOptions } from './run.ts'
import { readSheet, type Sheet, type SheetInput, type SheetResult } from './sheet/index.ts'
import type { Verdict } from './verdict.ts'

export { reportFailure, reportInvariant, reportVerdict } from './expect/report.ts'
export { capturedInterfaces, Recorder } from './recorder.ts'
export { Run, type RunOptions } from './run.ts'
export * from './sheet/index.ts'
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

/** Reads, runs and judges the text of a sheet that needs no other file. Throws a SheetError. */
export function runSheet(
  text: string,
  options: RunOptions & { readonly file?: string } = {},
): Verdict {
  const { file = 'sheet.yaml' } = options
  const loaded = load({ file, text, read: () => undefined })
  if ('errors' in loaded) {
    const lines = loaded.errors.map(
      (each) => `${file}:${each.line}:${each.column}: ${each.problem}`,
    )
    throw new SheetError(lines.join('\n'))
  }
  return createRun(loaded.sheet, options).finish()
}

/** Asserts for a test: throws with the full report unless everything held. */
export function mustHold(verdict: Verdict): void {
  if (verdict.ok) return
  throw new SheetError([...verdict.notes, reportVerdict(verdict)].join('\n'))
}
