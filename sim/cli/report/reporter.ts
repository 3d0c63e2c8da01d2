import type { SheetProblem, Verdict } from '../../lab/index.ts'

/** What one sheet came to, with one seed. */
export interface TestResult {
  readonly file: string
  /** The sheet's title; its file when it could not be read. */
  readonly title: string
  readonly seed: number | undefined
  readonly ok: boolean
  /** Milliseconds of real time. */
  readonly ms: number
  readonly expectations: number
  /** What did not hold, for people; empty when all held. */
  readonly text: string
  /** Line and column where the first mistake stands. */
  readonly line: number
  readonly column: number
  readonly problems: readonly SheetProblem[]
  readonly verdict: Verdict | undefined
  /** Whether vipwire itself failed and not the sheet. */
  readonly broken: boolean
}

export interface TestSummary {
  readonly passed: number
  readonly failed: number
  readonly ms: number
  /** Whether a failure, or the user, ended it before all had run. */
  readonly stopped: boolean
}

/** A way to write results: a file each. It gets lines out through the function it was made with. */
export interface Reporter {
  /** After each sheet; `number` counts from 1. */
  result(result: TestResult, number: number): void
  end(summary: TestSummary): void
}

export type MakeReporter = (write: (text: string) => void) => Reporter

/** `title`, with the seed when many are run. */
export function nameOf({ file, title, seed }: TestResult): string {
  const name = title === file ? file : `${file}: ${title}`
  return seed === undefined ? name : `${name} (seed ${seed})`
}
