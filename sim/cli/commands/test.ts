import { Interruption } from '../drive.ts'
import { BROKEN, CommandError, FAILED, INTERRUPTED, NOTHING, OK, USAGE } from '../exit.ts'
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
import { type Candidate, testSheet } from '../test-sheet.ts'

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

/** `vipwire test`: runs sheets as tests and reports each. Returns the exit code. */
export async function test(paths: readonly string[], settings: TestSettings): Promise<number> {
  const candidates = choose(selectSheets(paths), settings)
  if (candidates.length === 0) throw new CommandError(NOTHING, 'no sheet was selected')
  const jobs = candidates.flatMap((candidate) =>
    ('errors' in candidate.loaded ? [undefined] : seedsOf(settings)).map((seed) => ({
      candidate,
      seed,
    })),
  )
  const reporter = reporterOf(settings)
  const interruption = new Interruption()
  const progress = new Progress('test')
  const start = performance.now()
  const results: TestResult[] = []
  let stopped = false
  for (const { candidate, seed } of jobs) {
    const result = await testSheet(candidate, optionsOf(settings, seed), interruption)
    progress.end()
    if (result !== undefined) reporter.result(result, results.push(strip(result)))
    const bails = settings.bail === true && result?.ok === false && results.length < jobs.length
    stopped = result === undefined || bails
    if (stopped) break
    progress.step(results.length, jobs.length)
  }
  progress.end()
  interruption.end()
  const passed = results.filter((each) => each.ok).length
  const failed = results.length - passed
  reporter.end({ passed, failed, ms: performance.now() - start, stopped })
  return interruption.requested ? INTERRUPTED : codeOf(results)
}

/** What is kept of many results: not their verdicts. */
function strip(result: TestResult): TestResult {
  return { ...result, verdict: undefined, text: '' }
}

function codeOf(results: readonly TestResult[]): number {
  if (results.some((each) => each.broken)) return BROKEN
  if (results.some((each) => each.problems.length > 0)) return USAGE
  return results.some((each) => !each.ok) ? FAILED : OK
}

/** Reads the selected sheets and leaves those that `--grep` and `--shard` want. */
function choose(selected: readonly Selected[], { grep, shard }: TestSettings): Candidate[] {
  return selected
    .map((each) => ({ ...each, loaded: loadSheetFile(each.file) }))
    .filter(({ file, loaded }) => {
      if (grep === undefined || file.includes(grep)) return true
      return 'sheet' in loaded && loaded.sheet.title.includes(grep)
    })
    .filter((_, i) => shard === undefined || i % shard[1] === shard[0] - 1)
}

function seedsOf({ seed, seeds }: TestSettings): readonly (number | undefined)[] {
  if (seeds === undefined) return [seed]
  const [first, last] = seeds
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

function optionsOf(
  { maxEvents, seeds, certify }: TestSettings,
  seed: number | undefined,
): Parameters<typeof testSheet>[1] {
  return {
    run: {
      ...(seed === undefined ? {} : { seed }),
      ...(maxEvents === undefined ? {} : { maxEvents }),
    },
    manySeeds: seeds !== undefined,
    certify: certify === true,
  }
}

function reporterOf(settings: TestSettings): Reporter {
  const reporters = { default: plain(canvasFor(settings)), tap, junit, json, github }
  return reporters[settings.reporter](print)
}
