import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type CaptureFile, sinceNs } from '../capture/index.ts'
import type { Sheet } from '../lab/index.ts'
import { type ParityFrame, type Stability, stabilityOf } from '../lab/parity/index.ts'
import { CommandError, systemProblem, USAGE } from './exit.ts'
import { readPcapFile } from './pcap-guard.ts'

/** A capture of a real machine, with what it is called here. */
export interface Theirs {
  /** `lb-eth0`: the file without its ending. */
  readonly name: string
  /** `lb.outside` in the sheet. */
  readonly place: string
  readonly frames: readonly ParityFrame[]
  readonly stability: Stability
}

/** The captures of a folder that a sheet is compared with; anything left over is a mistake. */
export async function readTheirs(sheet: Sheet, against: string | undefined): Promise<Theirs[]> {
  const folder = folderOf(sheet, against)
  const stable = readStable(folder)
  const names = new Map<string, string>()
  for (const node of sheet.plan.nodes) {
    for (const iface of node.interfaces) {
      if (!iface.loopback) names.set(`${node.name}-${iface.name}`, `${node.name}.${iface.name}`)
    }
  }
  for (const [place, name] of Object.entries(sheet.parity?.names ?? {})) names.set(name, place)
  const without = new Set(sheet.parity?.without ?? [])
  const files = readdirSync(folder)
    .filter((file) => /\.pcap(ng)?$/.test(file))
    .sort((a, b) => (a < b ? -1 : 1))
  const chosen = files.filter((file) => !without.has(file) && !without.has(nameOf(file)))
  if (chosen.length === 0) throw new CommandError(USAGE, `${folder} has no capture to compare with`)
  const captures: { name: string; place: string; capture: CaptureFile }[] = []
  for (const file of chosen) {
    const name = nameOf(file)
    const place = names.get(name)
    if (place === undefined) {
      const known = [...names.keys()].join(', ')
      throw new CommandError(
        USAGE,
        `${join(folder, file)} fits no interface (${known}); name it in 'names' or 'without'`,
      )
    }
    captures.push({ name, place, capture: await readOne(join(folder, file)) })
  }
  const seconds = captures.map(({ capture }) => capture.records[0]?.seconds ?? Infinity)
  const epoch = Math.min(...seconds, Number.MAX_SAFE_INTEGER)
  return captures.map(({ name, place, capture }) => ({
    name,
    place,
    frames: capture.records.map((one) => ({ timeNs: sinceNs(one, epoch), bytes: one.bytes })),
    stability: stabilityFor(stable, folder, name),
  }))
}

const nameOf = (file: string): string => file.replace(/\.pcap(ng)?$/, '')

function folderOf(sheet: Sheet, against: string | undefined): string {
  const named = sheet.parity?.against
  if (against === undefined && named === undefined) {
    throw new CommandError(USAGE, `${sheet.file} has no 'parity': say --against FOLDER`)
  }
  const folder = against ?? join(dirname(sheet.file), named!)
  if (!existsSync(folder)) {
    throw new CommandError(USAGE, `${folder} cannot be read: there is no such file or folder`)
  }
  if (!statSync(folder).isDirectory()) throw new CommandError(USAGE, `${folder} is no folder`)
  return folder
}

async function readOne(path: string): Promise<CaptureFile> {
  let capture: CaptureFile
  try {
    capture = await readPcapFile(path)
  } catch (error) {
    throw new CommandError(USAGE, `${path} cannot be read: ${systemProblem(error)}`)
  }
  if (capture.problem !== undefined) throw new CommandError(USAGE, `${path}: ${capture.problem}`)
  return capture
}

/** `stable.json` beside the captures or, for all scenarios, one folder above. */
function readStable(folder: string): unknown {
  for (const path of [join(folder, 'stable.json'), join(folder, '..', 'stable.json')]) {
    if (!existsSync(path)) continue
    try {
      return JSON.parse(readFileSync(path, 'utf8'))
    } catch (error) {
      throw new CommandError(USAGE, `${path} cannot be read: ${systemProblem(error)}`)
    }
  }
  return {}
}

function stabilityFor(stable: unknown, folder: string, name: string): Stability {
  const scenario = resolve(folder).split(/[\\/]/).at(-1)!
  const found = stabilityOf(stable, scenario, name)
  if (typeof found === 'string') throw new CommandError(USAGE, `${folder}: ${found}`)
  return found
}
