import { createRun, reportVerdict, type Verdict } from '../../lab/index.ts'
import type { Canvas } from '../../show/paint.ts'
import { verdictLines } from '../../show/verdict.ts'
import { CaptureFiles } from '../capture-files.ts'
import { drive, Interruption } from '../drive.ts'
import { FAILED, INTERRUPTED, OK } from '../exit.ts'
import { writeWhole } from '../output-file.ts'
import { picture, retell, svgPicture } from '../picture.ts'
import { deckOf } from '../step/deck.ts'
import { needTerminal, session } from '../step/session.ts'
import { readSheetFile } from '../sheet-file.ts'
import { canvasFor, type Look, print, say } from '../terminal.ts'

export interface RunSettings extends Look {
  readonly output?: string | undefined
  readonly seed?: number | undefined
  readonly json?: boolean | undefined
  readonly quiet?: boolean | undefined
  readonly all?: boolean | undefined
  readonly svg?: string | undefined
  readonly step?: boolean | undefined
  readonly maxEvents?: number | undefined
}

/**
 * `vipwire run SHEET`: plays a sheet, shows it, judges it, writes captures. Returns the exit code.
 */
export async function run(file: string, settings: RunSettings): Promise<number> {
  if (settings.step === true) needTerminal()
  const { sheet, warnings } = readSheetFile(file)
  for (const warning of warnings) say(warning)
  const canvas = canvasFor(settings)
  const options = {
    ...(settings.seed === undefined ? {} : { seed: settings.seed }),
    ...(settings.maxEvents === undefined ? {} : { maxEvents: settings.maxEvents }),
  }
  const running = createRun(sheet, options)
  // First, so that no interruption meets open files and nobody to clear them away.
  const interruption = new Interruption()
  let captures: CaptureFiles | undefined
  let verdict: Verdict
  try {
    if (settings.output !== undefined) {
      captures = new CaptureFiles(running, settings.output)
      captures.listen()
    }
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
  const mute = settings.json === true || settings.quiet === true
  const story = mute && settings.svg === undefined ? undefined : retell(sheet, options)
  if (story !== undefined && settings.svg !== undefined) {
    writeWhole(settings.svg, svgPicture(story))
  }
  if (settings.step === true && story !== undefined) {
    await session(deckOf(sheet, story.hops), () => canvasFor(settings))
  }
  if (settings.json === true) {
    print(JSON.stringify({ version: 1, ...verdict, capture: captures?.path }, null, 2))
  } else {
    if (story !== undefined && !mute && settings.step !== true) {
      print(picture(story, canvas, settings.all === true).join('\n'))
    }
    print(summary(verdict, canvas, settings.quiet === true).join('\n'))
    if (captures !== undefined) print(`captures ${captures.path} and one pcap for each interface`)
  }
  return verdict.ok ? OK : FAILED
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
  lines.push(lastLine(verdict, canvas))
  return lines
}

function lastLine(verdict: Verdict, { paint }: Canvas): string {
  const { expectations, invariants, hops, endedNs } = verdict
  const count = `${expectations.length} expectations`
  if (verdict.ok) {
    const seconds = (endedNs / 1e9).toFixed(3)
    const size = `${seconds} s of virtual time, ${hops} frames on wires`
    return paint.good(`all ${count} held (${size})`)
  }
  const failed = expectations.filter((one) => !one.ok).length
  const broken = invariants.filter((one) => !one.ok).map((one) => one.name)
  const parts = failed > 0 ? [`${failed} of ${count} did not hold`] : []
  if (broken.length > 0) parts.push(`not as they should be: ${broken.join(', ')}`)
  if (parts.length === 0) parts.push('the run did not end as it should')
  return paint.bad(parts.join('; '))
}
