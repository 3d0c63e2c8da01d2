import {
  createRun,
  formatProblem,
  reportFailure,
  reportVerdict,
  type RunOptions,
  type Sheet,
  type SheetProblem,
  type SheetResult,
  type Verdict,
} from '../lab/index.ts'
import { certify } from './certify.ts'
import { compareSheet, report } from './commands/parity.ts'
import { drive, type Interruption } from './drive.ts'
import { CommandError, NOTHING } from './exit.ts'
import type { TestResult } from './report/reporter.ts'
import type { Selected } from './select-sheets.ts'

/** A sheet that was read, or the mistakes in it. */
export interface Candidate extends Selected {
  readonly loaded: SheetResult
}

export interface TestOptions {
  readonly run: RunOptions
  /** Whether the result names its seed. */
  readonly manySeeds: boolean
  readonly certify: boolean
}

/** Runs one sheet once; undefined when it was interrupted. What goes wrong is in the result. */
export async function testSheet(
  candidate: Candidate,
  options: TestOptions,
  interruption: Interruption,
): Promise<TestResult | undefined> {
  const { file, line, loaded } = candidate
  if ('errors' in loaded) return wrongSheet(file, loaded.errors)
  const { sheet } = loaded
  const only = line === undefined ? undefined : expectationAt(sheet, line)
  const start = performance.now()
  const base = {
    file,
    title: sheet.title,
    seed: options.manySeeds ? options.run.seed : undefined,
    problems: [],
  }
  try {
    const run = createRun(sheet, options.run)
    if (!(await drive(run, interruption))) return undefined
    const verdict = run.finish()
    const odd =
      (options.certify ? certify(sheet, options.run) : undefined) ??
      (only === undefined ? await unlikeCaptures(sheet, options.run, interruption) : undefined)
    const ms = performance.now() - start
    return { ...base, ms, verdict, broken: false, ...judged(verdict, only, odd) }
  } catch (error) {
    if (error instanceof CommandError) throw error
    const text = `vipwire itself is wrong, please report this: ${(error as Error).message}`
    const nothing = { ok: false, expectations: 0, line: 1, column: 1, verdict: undefined }
    return { ...base, ms: performance.now() - start, broken: true, text, ...nothing }
  }
}

/**
 * What differs from the captures of a real machine that the sheet names; undefined for nothing.
 * Only the sheet's own seed is compared: what chance draws is part of the recording's order.
 */
async function unlikeCaptures(
  sheet: Sheet,
  options: RunOptions,
  interruption: Interruption,
): Promise<string | undefined> {
  if (sheet.parity === undefined || options.seed !== undefined) return undefined
  const result = await compareSheet(sheet, { maxEvents: options.maxEvents }, interruption)
  if (result === undefined || result.firstDifference === undefined) return undefined
  return report(result).join('\n')
}

type Judged = Pick<TestResult, 'ok' | 'text' | 'line' | 'column' | 'expectations'>

function judged(verdict: Verdict, only: number | undefined, odd: string | undefined): Judged {
  const asked =
    only === undefined ? verdict.expectations : verdict.expectations.slice(only, only + 1)
  const failures = asked.filter((each) => !each.ok)
  const ok = (only === undefined ? verdict.ok : failures.length === 0) && odd === undefined
  const report =
    only === undefined
      ? [...verdict.notes, reportVerdict(verdict)]
      : failures.map((each) => reportFailure(each, verdict))
  const text = [...report, odd ?? ''].filter((part) => part !== '').join('\n\n')
  const [, line, column] = /:(\d+):(\d+)$/.exec(failures[0]?.place ?? '') ?? []
  const place = { line: Number(line ?? 1), column: Number(column ?? 1) }
  return { ok, text, ...place, expectations: asked.length }
}

/** Index of the last expectation that begins at the line or before it. */
function expectationAt(sheet: Sheet, line: number): number {
  const index = sheet.expect.filter((each) => each.line <= line).length - 1
  if (index < 0) {
    throw new CommandError(NOTHING, `${sheet.file}:${line}: no expectation stands there`)
  }
  return index
}

function wrongSheet(file: string, errors: readonly SheetProblem[]): TestResult {
  const { line, column } = errors[0]!
  return {
    file,
    title: file,
    seed: undefined,
    ok: false,
    ms: 0,
    expectations: 0,
    text: errors.map((one) => formatProblem(file, one)).join('\n'),
    line,
    column,
    problems: errors,
    verdict: undefined,
    broken: false,
  }
}
