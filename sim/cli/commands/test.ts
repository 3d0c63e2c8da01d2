import {
  createRun,
  formatProblem,
  reportFailure,
  reportVerdict,
  type RunOptions,
  type Sheet,
  type SheetProblem,
  type Verdict,
} from '../../lab/index.ts'
import { certify } from '../certify.ts'
import { drive, Interruption } from '../drive.ts'
import { CommandError, FAILED, INTERRUPTED, NOTHING, OK, USAGE } from '../exit.ts'
import { Progress } from '../progress.ts'
import { github } from '../report/github.ts'
import { json } from '../report/json.ts'
import { junit } from '../report/junit.ts'
import { plain } from '../report/plain.ts'
import type { Reporter, TestResult } from '../report/reporter.ts'
import { tap } from '../report/tap.ts'
import { type Selected, selectSheets } from '../select-sheets.ts'
import { loadSheetFile } from '../sheet-file.ts'
import { canvasFor, type Look, print } from '../terminal.ts'

export interface TestSettings extends Look {
  readonly reporter: 'default' | 'tap' | 'junit' | 'json' | 'github'
  readonly grep?: string | undefined
  readonly bail?: boolean | undefined
  readonly seed?: number | undefined
  /** First and last seed. */
  readonly seeds?: readonly [number, number] | undefined
  /** Which part, of how many. */
  readonly shard?: readonly [number, number] | undefined
  readonly certify?: boolean | undefined
  readonly maxEvents?: number | undefined
}

/** A sheet that is ready to run, or the mistakes in it. */
interface Candidate extends Selected {
  readonly loaded: { readonly sheet: Sheet } | { readonly errors: readonly SheetProblem[] }
}

/** `vipwire test`: runs sheets as tests and reports each. Returns the exit code. */
export async function test(paths: readonly string[], settings: TestSettings): Promise<number> {
  const candidates = choose(selectSheets(paths), settings)
  if (candidates.length === 0) throw new CommandError(NOTHING, 'no sheet was selected')
  const reporter = reporterOf(settings)
  const seeds = seedsOf(settings)
  const interruption = new Interruption()
  const progress = new Progress('test')
  const start = performance.now()
  const total = candidates.length * seeds.length
  let passed = 0
  let failed = 0
  let wrong = 0
  let stopped = false
  outer: for (const candidate of candidates) {
    for (const seed of seeds) {
      const result = await runOne(candidate, seed, settings, interruption)
      stopped = result === undefined || (settings.bail === true && failed > 0)
      if (result === undefined) break outer
      progress.end()
      if (result.ok) passed++
      else failed++
      if (result.problems.length > 0) wrong++
      reporter.result(result, passed + failed)
      stopped = settings.bail === true && failed > 0 && passed + failed < total
      if (stopped) break outer
      progress.step(passed + failed, total)
      if (result.problems.length > 0) break
    }
  }
  progress.end()
  interruption.end()
  reporter.end({ passed, failed, ms: performance.now() - start, stopped })
  if (interruption.requested) return INTERRUPTED
  return wrong > 0 ? USAGE : failed > 0 ? FAILED : OK
}

/** Reads the selected sheets and leaves those that `--grep` and `--shard` want. */
function choose(selected: readonly Selected[], settings: TestSettings): Candidate[] {
  const { grep, shard } = settings
  const candidates = selected.map((each) => ({ ...each, loaded: loadSheetFile(each.file) }))
  const wanted = candidates.filter(({ file, loaded }) => {
    if (grep === undefined) return true
    return file.includes(grep) || ('sheet' in loaded && loaded.sheet.title.includes(grep))
  })
  return wanted.filter((_, i) => shard === undefined || i % shard[1] === shard[0] - 1)
}

function seedsOf({ seed, seeds }: TestSettings): readonly (number | undefined)[] {
  if (seeds === undefined) return [seed]
  const [first, last] = seeds
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

function reporterOf(settings: TestSettings): Reporter {
  const reporters = { default: plain(canvasFor(settings)), tap, junit, json, github }
  return reporters[settings.reporter](print)
}

/** Runs one sheet once; undefined when it was interrupted. */
async function runOne(
  candidate: Candidate,
  seed: number | undefined,
  settings: TestSettings,
  interruption: Interruption,
): Promise<TestResult | undefined> {
  const { file, line, loaded } = candidate
  if ('errors' in loaded) return wrongSheet(file, loaded.errors)
  const start = performance.now()
  const options: RunOptions = {
    ...(seed === undefined ? {} : { seed }),
    ...(settings.maxEvents === undefined ? {} : { maxEvents: settings.maxEvents }),
  }
  const { sheet } = loaded
  const run = createRun(sheet, options)
  if (!(await drive(run, interruption))) return undefined
  const verdict = run.finish()
  const only = line === undefined ? undefined : expectationAt(sheet, line)
  const odd = settings.certify === true ? certify(sheet, options) : undefined
  return {
    file,
    title: sheet.title,
    seed: settings.seeds === undefined ? undefined : seed,
    ms: performance.now() - start,
    problems: [],
    verdict,
    ...judged(verdict, only, odd),
  }
}

type Judged = Pick<TestResult, 'ok' | 'text' | 'line' | 'column' | 'expectations'>

function judged(verdict: Verdict, only: number | undefined, odd: string | undefined): Judged {
  const { expectations, notes } = verdict
  const asked = only === undefined ? expectations : [expectations[only]!]
  const ok = (only === undefined ? verdict.ok : asked[0]!.ok) && odd === undefined
  const firstPlace = asked.find((each) => !each.ok)?.place ?? ''
  const [, line, column] = /:(\d+):(\d+)$/.exec(firstPlace) ?? []
  const report =
    only === undefined
      ? reportVerdict(verdict)
      : asked[0]!.ok
        ? ''
        : reportFailure(asked[0]!, verdict)
  const remarks = only === undefined ? notes : []
  const text = [...remarks, report, odd ?? ''].filter((part) => part !== '').join('\n\n')
  return {
    ok,
    text,
    line: Number(line ?? 1),
    column: Number(column ?? 1),
    expectations: asked.length,
  }
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
  }
}
