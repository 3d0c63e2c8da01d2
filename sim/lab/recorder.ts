import {
  type CaptureSink,
  INBOUND,
  type NameRecord,
  OUTBOUND,
  PcapngWriter,
  PcapWriter,
} from '../capture/index.ts'
import {
  BORN,
  DROPPED,
  FIELDS,
  isAddress,
  isHopLimit,
  RECEIVED,
  REWRITTEN,
  SENT,
  type Sink,
  TRANSLATED,
} from '../trace/index.ts'
import { type Address, formatAddress } from '../wire/address.ts'
import { FRAGMENT, type Frame } from '../wire/frame.ts'
import type { Run } from './run.ts'

/** The program that a capture says it was written by. */
const APPLICATION = 'vipwire'

/** Interfaces whose frames are captured, such as `lb.inside`, in the order of the drawing. */
export function capturedInterfaces(run: Run): string[] {
  return run.places.list.flatMap((_, place) =>
    run.places.numbered[place] ? [run.places.name(place)] : [],
  )
}

/**
 * Records a run as captures: one pcapng with all interfaces, host names and a comment on each
 * rewritten packet, and one classic pcap for each interface. The octets go to `all` and, in the
 * order of `capturedInterfaces`, to `single`; without a sink an interface has no file of its own.
 */
export class Recorder implements Sink {
  private readonly run: Run
  private readonly pcapng: PcapngWriter
  private readonly single: readonly PcapWriter[]
  /** Number of the interface in the files, by place; -1 for places without one. */
  private readonly numbers: Int32Array
  private readonly rules: readonly string[]
  /** What was done to packets that have not left their machine yet, by frame. */
  private readonly comments = new Map<number, string>()

  constructor(run: Run, all: CaptureSink, single: readonly CaptureSink[]) {
    this.run = run
    this.rules = run.rules()
    const { list, numbered } = run.places
    this.numbers = new Int32Array(list.length).fill(-1)
    let count = 0
    for (const place of list.keys()) if (numbered[place]) this.numbers[place] = count++
    const { epochSeconds, title } = run.sheet
    this.pcapng = new PcapngWriter(all, {
      epochSeconds,
      interfaces: capturedInterfaces(run),
      names: hostNames(run),
      comment: title,
      application: APPLICATION,
    })
    this.single = single.map((sink) => new PcapWriter(sink, epochSeconds))
  }

  /** Call it before the run. */
  listen(): void {
    this.run.trace.subscribe(BORN | SENT | RECEIVED | REWRITTEN | TRANSLATED | DROPPED, this)
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
    if (kind === BORN) return this.born(frame)
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
    this.single[number]?.frame(timeNs, bytes, start, end)
  }

  /** Hands the sinks what they have not got yet; call it after the run. */
  finish(): void {
    this.pcapng.end()
    for (const writer of this.single) writer.flush()
  }

  /** What was done to a packet that is cut is said of its first fragment. */
  private born({ id, cause, relation }: Frame): void {
    const comment = relation === FRAGMENT ? this.comments.get(cause) : undefined
    if (comment === undefined) return
    this.comments.set(id, comment)
    this.comments.delete(cause)
  }

  private remark(kind: number, frame: Frame, code: number, a: number, b: number): void {
    const part =
      kind === TRANSLATED ? this.rules[code]! : changeText(code, a, b, this.run.formatAddress)
    if (part === '') return
    const before = this.comments.get(frame.id)
    this.comments.set(frame.id, before === undefined ? part : `${before}; ${part}`)
  }
}

function changeText(
  code: number,
  before: number,
  after: number,
  format: (address: number) => string,
): string {
  const field = FIELDS[code]!
  if (isHopLimit(field)) return ''
  const text = (value: number): string => (isAddress(field) ? format(value) : String(value))
  return `${field} ${text(before)} becomes ${text(after)}`
}

/** Addresses with the names of their machines, and the names of the host file. */
function hostNames(run: Run): NameRecord[] {
  const records = new Map<string, { readonly address: Uint8Array; readonly names: string[] }>()
  const add = (address: Address, name: string): void => {
    const key = formatAddress(address)
    const known = records.get(key)
    if (known === undefined) records.set(key, { address: octetsOf(address), names: [name] })
    else if (!known.names.includes(name)) known.names.push(name)
  }
  for (const { name, address } of run.plan.names) add(address, name)
  for (const node of run.plan.nodes) {
    for (const iface of node.interfaces) {
      if (iface.loopback) continue
      for (const { address } of iface.addresses) add(address, node.name)
    }
  }
  return [...records.values()]
}

function octetsOf(address: Address): Uint8Array {
  const words = address.family === 4 ? [address.v4] : address.words
  return Uint8Array.from(words.flatMap((word) => [24, 16, 8, 0].map((by) => (word >>> by) & 0xff)))
}
