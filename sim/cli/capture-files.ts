import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { INBOUND, type NameRecord, OUTBOUND, PcapngWriter, PcapWriter } from '../capture/index.ts'
import type { Run } from '../lab/index.ts'
import {
  DROPPED,
  FIELDS,
  RECEIVED,
  REWRITTEN,
  SENT,
  type Sink,
  TRANSLATED,
} from '../trace/index.ts'
import { formatIpv4 } from '../wire/address.ts'
import type { Frame } from '../wire/frame.ts'
import { CommandError, systemProblem, USAGE } from './exit.ts'

/** A file that gets its name only once it is whole: what was there before stays until then. */
class OutputFile {
  readonly path: string
  private readonly part: string
  private readonly fd: number

  constructor(folder: string, name: string) {
    this.path = join(folder, name)
    this.part = `${this.path}.part`
    this.fd = guarded(this.path, () => openSync(this.part, 'w'))
  }

  readonly sink = (chunk: Uint8Array): void => {
    guarded(this.path, () => {
      for (let done = 0; done < chunk.length; ) done += writeSync(this.fd, chunk, done)
    })
  }

  finish(): void {
    guarded(this.path, () => {
      closeSync(this.fd)
      renameSync(this.part, this.path)
    })
  }

  discard(): void {
    try {
      closeSync(this.fd)
    } catch {
      // It may have been closed already; what counts is that the part goes away.
    }
    rmSync(this.part, { force: true })
  }
}

function guarded<T>(path: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw new CommandError(USAGE, `${path} cannot be written: ${systemProblem(error)}`)
  }
}

/** Writes a text to a file that gets its name only once it is whole. */
export function writeWhole(path: string, text: string): void {
  const file = new OutputFile(dirname(path), basename(path))
  try {
    file.sink(new TextEncoder().encode(text))
    file.finish()
  } catch (error) {
    file.discard()
    throw error
  }
}

/** Makes a folder and those above it. (Node's own `recursive` never returns in /proc.) */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  const above = dirname(path)
  if (above !== path) makeFolder(above)
  mkdirSync(path)
}

/**
 * Writes a run as captures: one pcapng with all interfaces, host names and a comment on each
 * rewritten packet, and one classic pcap for each interface.
 */
export class CaptureFiles implements Sink {
  private readonly run: Run
  private readonly all: OutputFile
  private readonly pcapng: PcapngWriter
  private readonly single: { file: OutputFile; writer: PcapWriter }[] = []
  /** Number of the interface in the files, by place; -1 for places without one. */
  private readonly numbers: Int32Array
  private readonly rules: readonly string[]
  /** What was done to packets that have not left their machine yet, by frame. */
  private readonly comments = new Map<number, string>()

  constructor(run: Run, folder: string) {
    this.run = run
    this.rules = run.rules()
    guarded(folder, () => makeFolder(folder))
    const { list } = run.places
    this.numbers = new Int32Array(list.length).fill(-1)
    const names: string[] = []
    for (const [place, { node, iface, nodeIndex }] of list.entries()) {
      if (iface === undefined || iface === 'lo' || nodeIndex < 0) continue
      this.numbers[place] = names.length
      names.push(`${node}.${iface}`)
    }
    const { epochSeconds, title, file } = run.sheet
    const name = basename(file).replace(/\.ya?ml$/, '')
    this.all = new OutputFile(folder, `${name}.pcapng`)
    this.pcapng = new PcapngWriter(this.all.sink, {
      epochSeconds,
      interfaces: names,
      names: hostNames(run),
      comment: title,
      application: 'vipwire',
    })
    for (const each of names) {
      const output = new OutputFile(folder, `${each.replace('.', '-')}.pcap`)
      this.single.push({ file: output, writer: new PcapWriter(output.sink, epochSeconds) })
    }
  }

  /** Path of the file with all interfaces. */
  get path(): string {
    return this.all.path
  }

  listen(): void {
    this.run.trace.subscribe(SENT | RECEIVED | REWRITTEN | TRANSLATED | DROPPED, this)
  }

  event(
    timeNs: number,
    kind: number,
    place: number,
    frame: Frame | undefined,
    code: number,
    a: number,
    b: number,
  ): void {
    if (frame === undefined) return
    if (kind === REWRITTEN || kind === TRANSLATED) return this.remark(kind, frame, code, a, b)
    if (kind === DROPPED) {
      this.comments.delete(frame.id)
      return
    }
    const number = this.numbers[place]!
    if (number < 0) return
    const { bytes, start, end } = frame
    const out = kind === SENT
    const comment = out ? this.comments.get(frame.id) : undefined
    if (comment !== undefined) this.comments.delete(frame.id)
    this.pcapng.frame(timeNs, bytes, start, end, number, out ? OUTBOUND : INBOUND, comment)
    this.single[number]!.writer.frame(timeNs, bytes, start, end)
  }

  /** Completes the files and gives them their names. */
  finish(): void {
    this.pcapng.end()
    for (const { writer, file } of this.single) {
      writer.flush()
      file.finish()
    }
    this.all.finish()
  }

  /** Takes back what was written of an unfinished run. */
  discard(): void {
    this.all.discard()
    for (const { file } of this.single) file.discard()
  }

  private remark(kind: number, frame: Frame, code: number, a: number, b: number): void {
    const part = kind === TRANSLATED ? this.rules[code]! : changeText(code, a, b)
    if (part === '') return
    const before = this.comments.get(frame.id)
    this.comments.set(frame.id, before === undefined ? part : `${before}; ${part}`)
  }
}

function changeText(code: number, before: number, after: number): string {
  const field = FIELDS[code]!
  if (field === 'ip.ttl') return ''
  const isAddress = field === 'ip.src' || field === 'ip.dst'
  const text = (value: number): string => (isAddress ? formatIpv4(value) : String(value))
  return `${field} ${text(before)} becomes ${text(after)}`
}

/** Addresses with the names of their machines, and the names of the host file. */
function hostNames(run: Run): NameRecord[] {
  const records = new Map<number, string[]>()
  const add = (address: number, name: string): void => {
    const names = records.get(address)
    if (names === undefined) records.set(address, [name])
    else if (!names.includes(name)) names.push(name)
  }
  for (const { name, address } of run.plan.names) if (address.family === 4) add(address.v4, name)
  for (const node of run.plan.nodes) {
    for (const iface of node.interfaces) {
      if (iface.loopback) continue
      for (const { address } of iface.addresses)
        if (address.family === 4) add(address.v4, node.name)
    }
  }
  return [...records].map(([address, names]) => ({
    address: Uint8Array.from([24, 16, 8, 0], (shift) => (address >>> shift) & 0xff),
    names,
  }))
}
