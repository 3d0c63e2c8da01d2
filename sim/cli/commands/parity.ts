import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { readCapture } from '../../capture/index.ts'
import { createRun, type Run, type Sheet } from '../../lab/index.ts'
import {
  compare,
  type ParityFile,
  type ParityFrame,
  type ParityOptions,
  type ParityResult,
  stabilityOf,
} from '../../lab/parity/index.ts'
import { RECEIVED, SENT, type Sink } from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import { CommandError, FAILED, OK, systemProblem, USAGE } from '../exit.ts'
import { readSheetFile } from '../sheet-file.ts'
import { print, say } from '../terminal.ts'

export interface ParitySettings {
  readonly against?: string | undefined
  readonly json?: boolean | undefined
  readonly maxEvents?: number | undefined
}

/** Keeps the frames of each interface, in order. */
class Recorder implements Sink {
  readonly frames = new Map<number, ParityFrame[]>()
  private readonly sinceNs: number

  constructor(sinceNs: number) {
    this.sinceNs = sinceNs
  }

  event(timeNs: number, _kind: number, place: number, frame: Frame | undefined): void {
    if (frame === undefined || timeNs < this.sinceNs) return
    const bytes = frame.bytes.slice(frame.start, frame.end)
    const list = this.frames.get(place)
    if (list === undefined) this.frames.set(place, [{ timeNs, bytes }])
    else list.push({ timeNs, bytes })
  }
}

/** `vipwire parity SHEET --against DIR`. */
export async function parity(file: string, settings: ParitySettings): Promise<number> {
  const { sheet, warnings } = readSheetFile(file)
  for (const warning of warnings) say(warning)
  const folder = settings.against ?? sheetFolder(sheet, file)
  const result = parityOf(sheet, folder, settings.maxEvents)
  if (settings.json === true) print(JSON.stringify({ version: 1, ...result }, null, 2))
  else print(reportParity(result).join('\n'))
  return result.agreed === result.frames && result.frames > 0 ? OK : FAILED
}

/** Folder that the sheet itself names, relative to it. */
function sheetFolder(sheet: Sheet, file: string): string {
  if (sheet.parity !== undefined) return resolve(dirname(file), sheet.parity.against)
  const problem = `${file} names no captures; add 'parity: { against: DIR }' or give --against DIR`
  throw new CommandError(USAGE, problem)
}

/** Runs a sheet and compares each capture of `folder` with the interface of that name. */
export function parityOf(sheet: Sheet, folder: string, maxEvents?: number): ParityResult {
  const running = createRun(sheet, maxEvents === undefined ? {} : { maxEvents })
  const recorder = new Recorder(sheet.parity?.sinceNs ?? 0)
  running.trace.subscribe(SENT | RECEIVED, recorder)
  running.finish()
  return compare(filesOf(running, recorder, folder), optionsOf(sheet))
}

function filesOf(running: Run, recorder: Recorder, folder: string): ParityFile[] {
  const { sheet, places } = running
  const stable = readStable(folder)
  const names = sheet.parity?.names ?? {}
  const without = sheet.parity?.without ?? []
  const files: ParityFile[] = []
  for (const name of captureNames(folder)) {
    if (without.includes(name)) continue
    const ours = Object.keys(names).find((key) => names[key] === name) ?? name.replace('-', '.')
    const place = places.find(ours)
    if (place === undefined || places.list[place]!.iface === undefined) {
      const problem = `${join(folder, `${name}.pcap`)} fits no interface of the sheet`
      throw new CommandError(USAGE, `${problem}; name it in 'parity.names' or leave it out by 'parity.without'`)
    }
    const stability = stabilityOf(stable, basename(resolve(folder)), name)
    if (typeof stability === 'string') throw new CommandError(USAGE, stability)
    files.push({
      name,
      ours: recorder.frames.get(place) ?? [],
      theirs: readFrames(join(folder, `${name}.pcap`)),
      stability,
    })
  }
  return files
}

function captureNames(folder: string): string[] {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch (error) {
    throw new CommandError(USAGE, `${folder} cannot be read: ${systemProblem(error)}`)
  }
  const captures = names.filter((name) => name.endsWith('.pcap')).map((name) => name.slice(0, -5))
  if (captures.length === 0) throw new CommandError(USAGE, `${folder} holds no file NODE-INTERFACE.pcap`)
  return captures.sort((a, b) => (a < b ? -1 : 1))
}

/** What the kernel repeats, from `stable.json` in the folder or the one above. */
function readStable(folder: string): unknown {
  for (const path of [join(folder, 'stable.json'), join(folder, '..', 'stable.json')]) {
    if (!existsSync(path)) continue
    try {
      return JSON.parse(readFileSync(path, 'utf8'))
    } catch {
      throw new CommandError(USAGE, `${path} is no JSON`)
    }
  }
  return {}
}

function readFrames(path: string): ParityFrame[] {
  const capture = readCapture(readFileSync(path))
  if (capture.problem !== undefined) throw new CommandError(USAGE, `${path}: ${capture.problem}`)
  const first = capture.records[0]?.seconds ?? 0
  return capture.records.map((record) => ({
    timeNs: (record.seconds - first) * 1e9 + record.nanoseconds,
    bytes: record.bytes,
  }))
}

const FIRST_MAC = 0x0200_0000_0000

/** What the sheet fixes is compared by value, everything else by structure. */
function optionsOf(sheet: Sheet): ParityOptions {
  const fixedPorts = new Set<number>()
  for (const step of sheet.steps) {
    if ('sourcePort' in step && step.sourcePort > 0) fixedPorts.add(step.sourcePort)
    if ('target' in step) fixedPorts.add(step.target.port)
  }
  for (const program of sheet.programs) fixedPorts.add(program.port)
  const fixedMacs = new Set<number>()
  for (const node of sheet.plan.nodes) {
    for (const iface of node.interfaces) {
      // A MAC that was not written is made from the order of machines and interfaces.
      const made = FIRST_MAC + (node.index + 1) * 256 + iface.index - 1
      if (!iface.loopback && iface.mac !== made) fixedMacs.add(iface.mac)
    }
  }
  const web = sheet.programs.some((program) => program.run.kind === 'web')
  const said = JSON.stringify(sheet.steps).includes('"kind":"say"')
  return { fixedPorts, fixedMacs, payload: web ? 'head' : said ? 'octets' : 'length' }
}

export function reportParity(result: ParityResult): string[] {
  const lines = result.files.map(
    ({ name, cls, frames, agreed }) => `${name}: ${agreed} of ${frames} frames (${cls})`,
  )
  const first = result.firstDifference
  if (first !== undefined) {
    lines.push('', `first difference: ${first.file}, frame ${first.frame}, ${first.field}`)
    lines.push(`  ours    ${first.ours}`, `  theirs  ${first.theirs}`)
    if (first.ourLine !== '') lines.push(`  our frame    ${first.ourLine}`)
    if (first.theirLine !== '') lines.push(`  their frame  ${first.theirLine}`)
    lines.push('')
  }
  lines.push(`parity: ${result.agreed} of ${result.frames} frames`)
  return lines
}
