import { createRun, type Run, type Sheet } from '../../lab/index.ts'
import {
  compare,
  type ParityDifference,
  type ParityFrame,
  type ParityOptions,
  type ParityResult,
} from '../../lab/parity/index.ts'
import { cut } from '../../show/paint.ts'
import { RECEIVED, SENT, type Sink } from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import { drive, Interruption } from '../drive.ts'
import { CommandError, FAILED, INTERRUPTED, OK, USAGE } from '../exit.ts'
import { readTheirs } from '../parity-files.ts'
import { readSheetFile } from '../sheet-file.ts'
import { print, say } from '../terminal.ts'

export interface ParitySettings {
  readonly against?: string | undefined
  readonly json?: boolean | undefined
  readonly maxEvents?: number | undefined
}

/** Keeps the frames of the interfaces that are compared. */
class Kept implements Sink {
  readonly frames = new Map<number, ParityFrame[]>()
  private readonly sinceNs: number

  constructor(sinceNs: number) {
    this.sinceNs = sinceNs
  }

  event(timeNs: number, _kind: number, place: number, frame: Frame | undefined): void {
    const list = this.frames.get(place)
    if (list === undefined || frame === undefined || timeNs < this.sinceNs) return
    list.push({ timeNs, bytes: frame.bytes.slice(frame.start, frame.end) })
  }
}

/** `vipwire parity`: compares a run with captures of a real machine. Returns the exit code. */
export async function parity(file: string, settings: ParitySettings): Promise<number> {
  const { sheet, warnings } = readSheetFile(file)
  for (const warning of warnings) say(warning)
  const interruption = new Interruption()
  const result = await compareSheet(sheet, settings, interruption)
  interruption.end()
  if (result === undefined) return INTERRUPTED
  if (settings.json === true) print(JSON.stringify({ version: 1, file, ...result }, null, 2))
  else print(report(result).join('\n'))
  return result.firstDifference === undefined ? OK : FAILED
}

/** Runs a sheet and compares it with the captures it names; undefined when it was interrupted. */
export async function compareSheet(
  sheet: Sheet,
  settings: ParitySettings,
  interruption: Interruption,
): Promise<ParityResult | undefined> {
  const theirs = await readTheirs(sheet, settings.against)
  const run = createRun(
    sheet,
    settings.maxEvents === undefined ? {} : { maxEvents: settings.maxEvents },
  )
  const kept = new Kept(sheet.parity?.sinceNs ?? 0)
  for (const { place } of theirs) kept.frames.set(placeOf(run, place), [])
  run.trace.subscribe(SENT | RECEIVED, kept)
  if (!(await drive(run, interruption))) return undefined
  const files = theirs.map(({ name, place, frames, stability }) => ({
    name,
    ours: kept.frames.get(placeOf(run, place))!,
    theirs: frames,
    stability,
  }))
  return compare(files, optionsOf(sheet))
}

function placeOf(run: Run, name: string): number {
  const place = run.places.find(name)
  if (place === undefined) {
    throw new CommandError(USAGE, `${run.sheet.file}: parity names ${name}, which is no interface`)
  }
  return place
}

/** What the sheet writes is compared by value, everything else by structure. */
function optionsOf(sheet: Sheet): ParityOptions {
  return { fixedPorts: portsOf(sheet), fixedMacs: macsOf(sheet), payload: payloadOf(sheet) }
}

function portsOf(sheet: Sheet): Set<number> {
  const ports = new Set<number>()
  for (const { port } of sheet.programs) ports.add(port)
  for (const { vips, servers } of sheet.services) {
    for (const { port } of [...vips, ...servers]) ports.add(port)
  }
  for (const step of sheet.steps) {
    if ('sourcePort' in step) ports.add(step.sourcePort)
    if ('target' in step && typeof step.target === 'object') ports.add(step.target.port)
  }
  ports.delete(0) // drawn, or any
  return ports
}

/** MACs that are not the ones made from the order of machines and interfaces. */
function macsOf(sheet: Sheet): Set<number> {
  const macs = new Set<number>()
  for (const node of sheet.plan.nodes) {
    for (const { loopback, mac, index } of node.interfaces) {
      const made = 0x0200_0000_0000 + (node.index + 1) * 256 + index - 1
      if (!loopback && mac !== made) macs.add(mac)
    }
  }
  return macs
}

/** Octets that nobody wrote are a pattern of ours, and say nothing about theirs. */
function payloadOf(sheet: Sheet): 'octets' | 'head' | 'length' {
  if (sheet.programs.some(({ run }) => run.kind === 'web')) return 'head'
  const isPattern = sheet.steps.some(
    (step) => step.verb === 'ping' || (step.verb === 'datagram' && step.text === undefined),
  )
  if (isPattern) return 'length'
  const doing = JSON.stringify([sheet.steps, sheet.programs.map(({ run }) => run)])
  return doing.includes('"kind":"send"') ? 'length' : 'octets'
}

/** A line for each file, the first difference, and the sum as the last line. */
export function report(result: ParityResult): string[] {
  const lines = result.files.map(
    ({ name, cls, frames, agreed }) => `${name}  ${agreed} of ${frames} frames (${cls})`,
  )
  const { firstDifference } = result
  if (firstDifference !== undefined) lines.push('', ...describe(firstDifference))
  lines.push('', `parity: ${result.agreed} of ${result.frames} frames`)
  return lines
}

/** Columns of a value, which may be a whole payload. */
const LONGEST_VALUE = 120

function describe(difference: ParityDifference): string[] {
  const { file, frame, field, ours, theirs, ourLine, theirLine } = difference
  return [
    `first difference: ${file}, frame ${frame}, ${field}`,
    `  ours    ${cut(ours, LONGEST_VALUE)}`,
    `  theirs  ${cut(theirs, LONGEST_VALUE)}`,
    ...(ourLine === '' ? [] : [`  our frame    ${ourLine}`]),
    ...(theirLine === '' ? [] : [`  their frame  ${theirLine}`]),
  ]
}
