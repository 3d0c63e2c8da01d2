import { createRun, reportVerdict, type Sheet, type Verdict } from '../../lab/index.ts'
import { hopsOf } from '../../show/hops.ts'
import { ladder } from '../../show/ladder.ts'
import { narrate } from '../../show/narrate.ts'
import { type Canvas, wrap } from '../../show/paint.ts'
import { rewriteTable } from '../../show/rewrites.ts'
import { verdictLines } from '../../show/verdict.ts'
import { Journal } from '../../trace/index.ts'
import { CaptureFiles } from '../capture-files.ts'
import { drive, Interruption } from '../drive.ts'
import { FAILED, INTERRUPTED, OK } from '../exit.ts'
import { readSheetFile } from '../sheet-file.ts'
import { canvasFor, type Look, print, say } from '../terminal.ts'

export interface RunSettings extends Look {
  readonly output?: string | undefined
  readonly seed?: number | undefined
  readonly json?: boolean | undefined
  readonly quiet?: boolean | undefined
  readonly all?: boolean | undefined
  readonly maxEvents?: number | undefined
}

const SLICE = 200_000
/** Events that are kept for drawing; a ladder of more is read by nobody. */
const JOURNAL_LIMIT = 200_000

/** `vipwire run SHEET`: plays a sheet, shows it, judges it, writes captures. Returns the exit code. */
export async function run(file: string, settings: RunSettings): Promise<number> {
  const { sheet, warnings } = readSheetFile(file)
  for (const warning of warnings) say(warning)
  const canvas = canvasFor(settings)
  const options = {
    ...(settings.seed === undefined ? {} : { seed: settings.seed }),
    ...(settings.maxEvents === undefined ? {} : { maxEvents: settings.maxEvents }),
  }
  const running = createRun(sheet, options)
  const captures =
    settings.output === undefined ? undefined : new CaptureFiles(running, settings.output)
  captures?.listen()
  const interruption = new Interruption()
  let verdict: Verdict
  try {
    if (!(await drive(running, interruption))) {
      captures?.discard()
      return INTERRUPTED
    }
    verdict = running.finish()
    captures?.finish()
  } catch (error) {
    captures?.discard()
    throw error
  } finally {
    interruption.end()
  }
  if (settings.json === true)
    print(JSON.stringify({ version: 1, ...verdict, capture: captures?.path }, null, 2))
  else {
    if (settings.quiet !== true)
      print(picture(sheet, options, canvas, settings.all === true).join('\n'))
    print(summary(verdict, canvas, settings.quiet === true).join('\n'))
    if (captures !== undefined) print(`captures ${captures.path} and one pcap for each interface`)
  }
  return verdict.ok ? OK : FAILED
}

/** The same run once more, with everything kept that a picture needs. */
function picture(
  sheet: Sheet,
  options: { readonly seed?: number; readonly maxEvents?: number },
  canvas: Canvas,
  all: boolean,
): string[] {
  const running = createRun(sheet, options)
  const journal = new Journal(JOURNAL_LIMIT)
  journal.listen(running.trace)
  while (!running.advance(SLICE) && journal.missed === 0);
  const { paint, width } = canvas
  const hops = hopsOf(journal.entries, running.places, running.rules())
  const services = sheet.services.map(({ name, schedule, servers }) => ({
    name,
    schedule,
    servers: servers.map((server) => server.name),
  }))
  const nodes = sheet.plan.nodes.map((node) => node.name)
  const lines = [paint.bold(sheet.title), ...wrap(sheet.aim, Math.min(width, 100)), '']
  lines.push(...ladder(hops, nodes, canvas, all ? Number.POSITIVE_INFINITY : undefined))
  const addresses = rewriteTable(hops, canvas)
  if (addresses.length > 0) lines.push('', ...addresses)
  const sentences = narrate(journal.entries, running.places, services)
  if (sentences.length > 0) lines.push('', paint.bold('What was decided'), ...sentences)
  lines.push('')
  return lines
}

function summary(verdict: Verdict, canvas: Canvas, quiet: boolean): string[] {
  const { paint, signs } = canvas
  const lines: string[] = []
  if (!quiet) {
    lines.push(paint.bold('Verdict'))
    const held = verdict.expectations.map(({ text, ok, why }) => ({ text, ok, why }))
    lines.push(...verdictLines(held, canvas))
    const kept = verdict.invariants.filter((one) => one.ok).map((one) => one.name)
    if (kept.length > 0) lines.push(`${paint.good(signs.good)} always: ${kept.join(', ')}`)
    lines.push('')
  }
  const report = reportVerdict(verdict)
  if (report !== '') lines.push(report, '')
  for (const note of verdict.notes) lines.push(paint.bad(note))
  const count = verdict.expectations.length
  const failed = [...verdict.expectations, ...verdict.invariants].filter((one) => !one.ok).length
  const seconds = (verdict.endedNs / 1e9).toFixed(3)
  lines.push(
    verdict.ok
      ? paint.good(
          `all ${count} expectations held (${seconds} s of virtual time, ${verdict.hops} frames on wires)`,
        )
      : paint.bad(
          `${failed} of ${count} expectations and ${verdict.invariants.length} invariants did not hold`,
        ),
  )
  return lines
}
