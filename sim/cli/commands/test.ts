import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createRun, reportVerdict, type Sheet, type Verdict } from '../../lab/index.ts'
import { RECEIVED, SENT } from '../../trace/index.ts'
import { dirname, resolve } from 'node:path'
import { CommandError, FAILED, INTERRUPTED, NOTHING, OK, systemProblem, USAGE } from '../exit.ts'
import { Progress } from '../progress.ts'
import { REPORTERS, type Result } from '../reporters.ts'
import { readSheetFile } from '../sheet-file.ts'
import { type Look, paintFor, print, say } from '../terminal.ts'
import { parityOf, reportParity } from './parity.ts'

export interface TestSettings extends Look {
  readonly reporter: string
  readonly grep?: string | undefined
  readonly bail?: boolean | undefined
  readonly seed?: number | undefined
  readonly seeds?: string | undefined
  readonly shard?: string | undefined
  readonly certify?: boolean | undefined
  readonly maxEvents?: number | undefined
}

interface Selected {
  readonly file: string
  /** Only the expectation that stands at this line. */
  readonly line: number | undefined
}

/** `vipwire test [PATHS]`: runs sheets and reports. Returns the exit code. */
export async function test(paths: readonly string[], settings: TestSettings): Promise<number> {
  const selected = shard(select(paths.length === 0 ? ['scenarios'] : paths), settings.shard)
  const seeds = readSeeds(settings)
  const results: Result[] = []
  const progress = new Progress('sheets')
  let interrupted = false
  const stop = (): void => {
    interrupted = true
  }
  process.once('SIGINT', stop)
  let wrong = false
  for (const [index, one] of selected.entries()) {
    progress.step(index, selected.length)
    await new Promise((resolveNow) => setImmediate(resolveNow))
    if (interrupted) break
    let sheet: Sheet
    try {
      const read = readSheetFile(one.file)
      for (const warning of read.warnings) say(warning)
      sheet = read.sheet
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      wrong = true
      results.push({ file: one.file, title: one.file, seed: undefined, ok: false, ms: 0, report: error.message })
      if (settings.bail === true) break
      continue
    }
    if (!wanted(sheet, one.file, settings.grep)) continue
    for (const seed of seeds) results.push(runOne(one, sheet, seed, settings))
    if (settings.bail === true && results.some((result) => !result.ok)) break
  }
  progress.end()
  process.removeListener('SIGINT', stop)
  print(REPORTERS[settings.reporter]!(results, paintFor(settings.color)))
  if (interrupted) return INTERRUPTED
  if (results.length === 0) {
    say('no sheet was selected')
    return NOTHING
  }
  if (wrong) return USAGE
  return results.every((result) => result.ok) ? OK : FAILED
}

function runOne(
  { file, line }: Selected,
  sheet: Sheet,
  seed: number | undefined,
  settings: TestSettings,
): Result {
  const start = performance.now()
  const options = {
    ...(seed === undefined ? {} : { seed }),
    ...(settings.maxEvents === undefined ? {} : { maxEvents: settings.maxEvents }),
  }
  const first = playOnce(sheet, options, settings.certify === true)
  const verdict = line === undefined ? first.verdict : atLine(first.verdict, line)
  let report = [...verdict.notes, reportVerdict(verdict)].filter((text) => text !== '').join('\n')
  let ok = verdict.ok
  if (settings.certify === true) {
    const again = playOnce(sheet, options, true)
    if (again.hash !== first.hash) {
      ok = false
      report = `${report}\n${file}: two runs with the same seed differ in their frames`.trim()
    }
  }
  if (ok && seed === undefined && line === undefined && sheet.parity !== undefined) {
    const folder = resolve(dirname(file), sheet.parity.against)
    const result = parityOf(sheet, folder, settings.maxEvents)
    if (result.agreed !== result.frames || result.frames === 0) {
      ok = false
      report = reportParity(result).join('\n')
    }
  }
  return { file, title: sheet.title, seed, ok, ms: performance.now() - start, report }
}

/** One run; with `hashes`, a fingerprint of every frame at every interface with its time. */
function playOnce(
  sheet: Sheet,
  options: { readonly seed?: number; readonly maxEvents?: number },
  hashes: boolean,
): { verdict: Verdict; hash: string } {
  const running = createRun(sheet, options)
  const hash = createHash('sha256')
  if (hashes) {
    running.trace.subscribe(SENT | RECEIVED, {
      event(timeNs, kind, place, frame) {
        hash.update(`${timeNs} ${kind} ${place} `)
        if (frame !== undefined) hash.update(frame.bytes.subarray(frame.start, frame.end))
      },
    })
  }
  const verdict = running.finish()
  return { verdict, hash: hash.digest('hex') }
}

/** The verdict on the expectation that stands at `line` alone. */
function atLine(verdict: Verdict, line: number): Verdict {
  const lineOf = (place: string): number => Number(/:(\d+):\d+$/.exec(place)?.[1])
  const before = verdict.expectations.filter((one) => lineOf(one.place) <= line)
  const chosen = before[before.length - 1]
  if (chosen === undefined) {
    throw new CommandError(USAGE, `${verdict.file}:${line}: no expectation stands there`)
  }
  return { ...verdict, expectations: [chosen], invariants: [], ok: chosen.ok }
}

/** Sheets of files and folders, in the order of their paths. */
function select(paths: readonly string[]): Selected[] {
  const selected: Selected[] = []
  for (const path of paths) {
    const match = /^(.*\.ya?ml):(\d+)$/.exec(path)
    const file = match === null ? path : match[1]!
    let isFolder: boolean
    try {
      isFolder = statSync(file).isDirectory()
    } catch (error) {
      throw new CommandError(USAGE, `${file} cannot be read: ${systemProblem(error)}`)
    }
    if (isFolder) selected.push(...sheetsIn(file).map((each) => ({ file: each, line: undefined })))
    else selected.push({ file, line: match === null ? undefined : Number(match[2]) })
  }
  return selected
}

function sheetsIn(folder: string): string[] {
  const files: string[] = []
  const entries = readdirSync(folder, { withFileTypes: true })
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) files.push(...sheetsIn(path))
    else if (/\.ya?ml$/.test(entry.name)) files.push(path)
  }
  return files
}

function wanted(sheet: Sheet, file: string, grep: string | undefined): boolean {
  if (grep === undefined) return true
  const text = grep.toLowerCase()
  return sheet.title.toLowerCase().includes(text) || file.toLowerCase().includes(text)
}

function shard(selected: readonly Selected[], text: string | undefined): readonly Selected[] {
  if (text === undefined) return selected
  const [part = 0, of = 0] = (/^(\d+)\/(\d+)$/.exec(text)?.slice(1) ?? []).map(Number)
  if (part < 1 || part > of) throw new CommandError(USAGE, `--shard ${text}: write i/n with i from 1 to n`)
  return selected.filter((_, index) => index % of === part - 1)
}

function readSeeds(settings: TestSettings): (number | undefined)[] {
  if (settings.seeds === undefined) return [settings.seed]
  const [first = 1, last = 0] = (/^(\d+)\.\.(\d+)$/.exec(settings.seeds)?.slice(1) ?? []).map(Number)
  if (last < first || last - first >= 100_000) {
    throw new CommandError(USAGE, `--seeds ${settings.seeds}: write FIRST..LAST, at most 100,000 seeds`)
  }
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}
