import { AddressBook } from '../../../sim/wire/address-book.ts'
import { Agenda } from '../../../sim/engine/agenda.ts'
import { Chance } from '../../../sim/engine/chance.ts'
import { Host } from '../../../sim/host/host.ts'
import { maskOf } from '../../../sim/host/interface.ts'
import type { SocketOptions } from '../../../sim/host/tcp/index.ts'
import { Cabling, Port } from '../../../sim/link/port.ts'
import {
  DROPPED,
  DROPS,
  type Entry,
  Journal,
  Places,
  SENT,
  Trace,
} from '../../../sim/trace/index.ts'
import { FramePool } from '../../../sim/wire/frame.ts'
import type { World } from '../../../sim/host/world.ts'

export const MS = 1_000_000
export const SERVER = 0xac101401
export const CLIENT = 0xac101464

/** Which frames a test's cable loses: numbers of data segments (from 1), or a rule of its own. */
export type Loss = (segment: Segment) => boolean

/** A TCP segment as tests talk of it; numbers relative to each side's first. */
export interface Segment {
  readonly timeMs: number
  readonly fromClient: boolean
  readonly flags: string
  readonly seq: number
  readonly ack: number
  readonly win: number
  readonly len: number
  readonly options: string
  readonly ident: number
  /** How many segments with data this side has sent, this one counted; 0 for one without. */
  readonly data: number
  readonly text: string
}

export interface LabSettings {
  readonly delayUs?: number
  readonly client?: Record<string, number>
  readonly server?: Record<string, number>
  readonly loss?: Loss
  /** Microseconds by which a segment comes late, so that others overtake it. */
  readonly late?: (segment: Segment) => number
  /** Whether a segment arrives twice. */
  readonly twice?: (segment: Segment) => boolean
  readonly mtu?: number
}

/** Two machines and a cable; every segment that either sends is written down as a line. */
export class Lab {
  readonly agenda: Agenda = new Agenda()
  readonly world: World
  readonly client: Host
  readonly server: Host
  readonly segments: Segment[] = []
  readonly journal: Journal = new Journal()
  private readonly isn = new Map<boolean, number>()
  private readonly counts = new Map<boolean, number>()
  private readonly handler: number = this.agenda.register((index) => this.work[index]!())
  private readonly work: (() => void)[] = []

  constructor(settings: LabSettings = {}) {
    const trace = new Trace(this.agenda)
    const mtu = settings.mtu ?? 1500
    const pool = new FramePool(mtu + 14)
    const places = new Places()
    this.world = {
      agenda: this.agenda,
      chance: new Chance(7),
      trace,
      pool,
      places,
      addresses: new AddressBook(),
    }
    this.journal.listen(trace)
    const cabling = new Cabling(this.agenda, trace, pool)
    this.client = new Host(this.world, { name: 'client', index: 0, sysctl: settings.client ?? {} })
    this.server = new Host(this.world, { name: 'server', index: 1, sysctl: settings.server ?? {} })
    const delayNs = (settings.delayUs ?? 10) * 1000
    const lane = { delayNs, jitterNs: 0, rateBps: 1e10, queueFrames: 1000, mtu }
    const ends = [this.client, this.server].map((host, index) => {
      const iface = host.addInterface('eth0', false, 0x020000000000 + index, mtu)
      const address = index === 0 ? CLIENT : SERVER
      iface.addresses.push({ address, prefixLen: 24, mask: maskOf(24) })
      iface.port = new Port(cabling, iface.place, true, iface, lane, undefined)
      host.ready()
      return iface.port
    })
    for (const [index, port] of ends.entries()) {
      // The cable between: numbers each segment, and loses what the test says.
      const other = ends[1 - index]!
      const relay = {
        receive: (frame: Parameters<Port['transmit']>[0]): void => {
          const octets = frame.bytes.slice(frame.start, frame.end)
          const segment = this.note(octets, index === 0, trace)
          if (segment !== undefined && (settings.loss?.(segment) ?? false)) {
            pool.release(frame)
            return
          }
          if (segment !== undefined && (settings.twice?.(segment) ?? false)) {
            far.transmit(pool.copy(frame))
          }
          const lateUs = segment === undefined ? 0 : (settings.late?.(segment) ?? 0)
          if (lateUs === 0) far.transmit(frame)
          else this.at(this.agenda.now / MS + lateUs / 1000, () => far.transmit(frame))
        },
      }
      const fast = { ...lane, delayNs: 0 }
      const near = new Port(cabling, -1, false, relay, fast, undefined)
      const far = new Port(cabling, -1, false, relay, fast, undefined)
      Port.join(port, near)
      this.join(far, other)
    }
  }

  /** One way of a cable: what `from` transmits reaches `to`, whose own peer stays as it is. */
  private join(from: Port, to: Port): void {
    ;(from as unknown as { peer: Port }).peer = to
  }

  /** Does something at an instant, in milliseconds. */
  at(timeMs: number, work: () => void): this {
    this.work.push(work)
    this.agenda.schedule(Math.round(timeMs * MS), this.handler, this.work.length - 1, 0)
    return this
  }

  run(untilMs: number): this {
    this.agenda.run(Math.round(untilMs * MS), 10_000_000)
    return this
  }

  /** The segments as lines, `C` and `S` for the sides. */
  lines(): string[] {
    return this.segments.map((segment) => segment.text)
  }

  drops(): string[] {
    return this.journal.entries
      .filter((entry: Entry) => entry.kind === DROPPED)
      .map((entry: Entry) => DROPS[entry.code]!)
  }

  private note(octets: Uint8Array, fromClient: boolean, _trace: Trace): Segment | undefined {
    const v = new DataView(octets.buffer)
    if (v.getUint16(12) !== 0x0800 || v.getUint8(23) !== 6) return undefined
    const at = 34
    const header = (v.getUint8(at + 12) >> 4) * 4
    const bits = v.getUint8(at + 13)
    let seq = v.getUint32(at + 4)
    if ((bits & 2) !== 0) this.isn.set(fromClient, seq)
    const own = this.isn.get(fromClient)
    const other = this.isn.get(!fromClient)
    seq = own === undefined ? seq : (seq - own) >>> 0
    const hasAck = (bits & 16) !== 0
    const rawAck = v.getUint32(at + 8)
    const ack = hasAck ? (other === undefined ? rawAck : (rawAck - other) >>> 0) : 0
    const len = v.getUint16(16) - 20 - header
    const count = (this.counts.get(fromClient) ?? 0) + (len > 0 ? 1 : 0)
    this.counts.set(fromClient, count)
    const flags = ['S', 'F', 'R', 'P', 'A'].filter((f) => (bits & FLAGS[f]!) !== 0).join('')
    const options = describeOptions(v, at + 20, at + header, other)
    const win = v.getUint16(at + 14)
    const who = fromClient ? 'C' : 'S'
    const acks = hasAck ? ` ack ${ack}` : ''
    const told = options === '' ? '' : ` <${options}>`
    const text = `${who} ${flags} ${seq}${acks} win ${win} len ${len}${told}`
    const timeMs = Math.round(this.agenda.now / 1000) / 1000
    const ident = v.getUint16(18)
    const data = len > 0 ? count : 0
    const segment = { timeMs, fromClient, flags, seq, ack, win, len, options, ident, data, text }
    this.segments.push(segment)
    return segment
  }
}

const FLAGS: Record<string, number> = { F: 1, S: 2, R: 4, P: 8, A: 16 }

function describeOptions(v: DataView, from: number, to: number, other: number | undefined): string {
  const parts: string[] = []
  for (let i = from; i < to; ) {
    const kind = v.getUint8(i)
    const length = kind < 2 ? 1 : v.getUint8(i + 1)
    if (kind === 1) parts.push('nop')
    else if (kind === 2) parts.push(`mss ${v.getUint16(i + 2)}`)
    else if (kind === 3) parts.push(`wscale ${v.getUint8(i + 2)}`)
    else if (kind === 4) parts.push('sackOK')
    else if (kind === 8) parts.push('ts')
    else if (kind === 5) {
      const blocks: string[] = []
      for (let b = i + 2; b < i + length; b += 8) {
        const [start, end] = [v.getUint32(b), v.getUint32(b + 4)]
        blocks.push(`${(start - (other ?? 0)) >>> 0}-${(end - (other ?? 0)) >>> 0}`)
      }
      parts.push(`sack ${blocks.join(' ')}`)
    }
    i += length
  }
  const text = parts.join(',')
  if (text === 'nop,nop,ts') return ''
  return text.startsWith('nop,nop,ts,') ? text.slice(11).replace('nop,nop,', '') : text
}

/** What a socket of a test does when something happened. */
export type Reaction = (side: Side) => void

/** A program at one end of a connection. */
export class Side {
  readonly host: Host
  socket: number
  reaction: Reaction
  wakes = 0
  /** Octets read so far. */
  got = 0

  constructor(host: Host, socket: number, reaction: Reaction) {
    this.host = host
    this.socket = socket
    this.reaction = reaction
  }

  wake(_socket: number): void {
    this.wakes++
    this.reaction(this)
  }

  /** Reads all that has come. */
  drain(): number {
    const count = this.host.tcp.read(this.socket, undefined, 1 << 30)
    this.got += count
    return count
  }

  /** Writes so many octets in one call; returns how many had room. */
  write(octets: number): number {
    return this.host.tcp.write(this.socket, PATTERN, 0, octets)
  }

  close(): void {
    this.host.tcp.close(this.socket)
  }

  get atEnd(): boolean {
    return this.host.tcp.atEnd(this.socket)
  }
}

export const PATTERN: Uint8Array = Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 7) & 0xff)

/** Listens at the server's port 80; `reaction` is what each accepted connection does. */
export function serve(
  lab: Lab,
  reaction: Reaction,
  options: SocketOptions & { backlog?: number } = {},
): Side[] {
  const sides: Side[] = []
  const { tcp } = lab.server
  const owner = {
    wake(listener: number): void {
      for (let s = tcp.accept(listener); s >= 0; s = tcp.accept(listener)) {
        const side = new Side(lab.server, s, reaction)
        sides.push(side)
        tcp.setOwner(s, side)
        reaction(side)
      }
    },
  }
  tcp.listen({ address: 0, port: 80, backlog: 128, owner, ...options })
  return sides
}

/** Connects from the client's port 40000; `reaction` also runs when the connection is made. */
export function dial(
  lab: Lab,
  reaction: Reaction,
  options: SocketOptions & { localPort?: number } = {},
): Side {
  const side = new Side(lab.client, -1, reaction)
  side.socket = lab.client.tcp.connect({
    owner: side,
    remote: SERVER,
    remotePort: 80,
    localPort: 40000,
    ...options,
  })
  return side
}

export const isSent = (entry: Entry): boolean => entry.kind === SENT
