import type { Witness } from './ground.ts'

/**
 * Looks at the segments on a cable without the code under test, and finds what no TCP may do
 * (RFC 9293 §3.8.6, RFC 2018 §3, RFC 7323 §2). Sequence numbers are taken from the SYNs.
 */
export class WireWatch implements Witness {
  readonly complaints: string[] = []
  /** Octet of the stream that an end writes: `forth` from the client. */
  private readonly octet: (forth: boolean, index: number) => number
  private readonly log: ((line: string) => void) | undefined
  clock: { readonly now: number } = { now: 0 }
  private readonly ends = new Map<string, End>()

  /** The cable of the server; that of the client is 0. */
  private readonly lastCable: number

  constructor(
    octet: (forth: boolean, index: number) => number,
    lastCable: number,
    log?: (line: string) => void,
  ) {
    this.octet = octet
    this.lastCable = lastCable
    this.log = log
  }

  sent(octets: Uint8Array, cable: number, forth: boolean): void {
    const seen = read(octets)
    // What was damaged on the cable before may be sent on by a balancer, which does not look.
    const isOwn = cable === (forth ? 0 : this.lastCable)
    if (seen === undefined) {
      if (isOwn) this.complain('a segment cannot be read', octets)
      return
    }
    const own = this.end(cable, seen.from)
    const other = this.end(cable, seen.to)
    this.log?.(this.line('sent', seen, own, other, cable))
    const syn = (seen.flags & SYN) !== 0
    if (syn && own.first !== seen.sequence) own.begin(seen.sequence)
    if (own.first < 0) return
    if (syn) own.scale = seen.scale
    // What a balancer sends on may have been overtaken on the cable before.
    if ((seen.flags & RST) !== 0 || !isOwn) return
    this.checkData(own, seen, octets, forth)
    // Of a connection that was made twice, from an old SYN, both may still be on their way.
    if ((seen.flags & ACK) !== 0 && other.first >= 0 && !other.isSecond)
      this.checkAck(own, other, seen, octets)
  }

  delivered(octets: Uint8Array, cable: number): void {
    const seen = read(octets)
    if (seen === undefined) return
    const own = this.end(cable, seen.from)
    const other = this.end(cable, seen.to)
    this.log?.(this.line('left', seen, own, other, cable))
    if (own.first < 0) return
    if ((seen.flags & RST) !== 0) return
    const end = distance(seen.sequence, own.first) + length(seen)
    own.arrived = Math.max(own.arrived, end)
    if ((seen.flags & ACK) === 0 || other.first < 0) return
    const edge = distance(seen.ack, other.first) + windowOf(own, other, seen)
    other.mayReach = Math.max(other.mayReach, edge)
  }

  private end(cable: number, name: string): End {
    const key = `${cable} ${name}`
    let end = this.ends.get(key)
    if (end === undefined) {
      end = new End()
      this.ends.set(key, end)
    }
    return end
  }

  private checkData(own: End, seen: Seen, octets: Uint8Array, forth: boolean): void {
    const from = distance(seen.sequence, own.first)
    const size = seen.payload.length
    if ((seen.flags & SYN) !== 0) return
    if (size > 0 && from + size > own.mayReach) {
      this.complain(`sends up to ${from + size}, the window ends at ${own.mayReach}`, octets)
    }
    for (let i = 0; i < size; i++) {
      if (seen.payload[i] === this.octet(forth, from - 1 + i)) continue
      return this.complain(`octet ${from - 1 + i} of its stream is not what was written`, octets)
    }
  }

  private checkAck(own: End, other: End, seen: Seen, octets: Uint8Array): void {
    const ack = distance(seen.ack, other.first)
    if (ack > other.arrived) {
      this.complain(`acknowledges ${ack}, only ${other.arrived} have come`, octets)
    }
    if (ack < own.told) this.complain(`acknowledges ${ack}, and before ${own.told}`, octets)
    own.told = Math.max(own.told, ack)
    const edge = ack + windowOf(own, other, seen)
    // Rounding down to the window's unit may take back less than one unit.
    const unit = 1 << Math.max(0, own.scale)
    if (edge <= own.offered - unit) {
      this.complain(`takes back its window from ${own.offered} to ${edge}`, octets)
    }
    own.offered = Math.max(own.offered, edge)
    for (const [i, [start, end]] of seen.blocks.entries()) {
      const [a, b] = [distance(start, other.first), distance(end, other.first)]
      const isDuplicate = i === 0 && (b <= ack || this.isInside(seen, other, a, b))
      if (a >= b || b > other.arrived || (a <= ack && !isDuplicate)) {
        this.complain(`tells of ${a}-${b} above ${ack}, ${other.arrived} have come`, octets)
      }
    }
  }

  /** RFC 2883 §4.2: the first block may tell of a duplicate inside of the second. */
  private isInside(seen: Seen, other: End, a: number, b: number): boolean {
    const second = seen.blocks[1]
    if (second === undefined) return false
    return a >= distance(second[0], other.first) && b <= distance(second[1], other.first)
  }

  /** A segment in words, for a person who looks into a failure. */
  private line(what: string, seen: Seen, own: End, other: End, cable: number): string {
    const names = ['F', 'S', 'R', 'P', 'A'].filter((_, i) => (seen.flags & (1 << i)) !== 0).join('')
    const seq = own.first < 0 ? seen.sequence : distance(seen.sequence, own.first)
    const ack = other.first < 0 ? seen.ack : distance(seen.ack, other.first)
    const at = (this.clock.now / 1e6).toFixed(3)
    const sacks = seen.blocks.map((b) => b.map((n) => distance(n, other.first)).join('-')).join(' ')
    const ends = seen.from.replace(/^.*[.:](?=[0-9-]+$)/, '')
    const numbers = `${seq}+${seen.payload.length} ack ${ack} win ${seen.window}`
    return `${at} ${what} ${cable} ${ends} ${names} ${numbers} ${sacks}`
  }

  private complain(what: string, octets: Uint8Array): void {
    const seen = read(octets)
    const who = seen === undefined ? '' : `${seen.from} > ${seen.to} `
    if (this.complaints.length < 20) this.complaints.push(`on the wire: ${who}${what}`)
  }
}

/** What is known of one end of a connection; numbers count from its SYN. */
class End {
  first = -1
  /** Window scale it has told of in its SYN, -1 without. */
  scale = -1
  /** Highest number of it that reached the other end. */
  arrived = 0
  /** Up to where it may send. */
  mayReach = 0
  /** Highest number it has acknowledged, and highest edge it has offered. */
  told = 0
  offered = 0

  /** It has begun once more, with other numbers. */
  isSecond = false

  begin(first: number): void {
    this.isSecond = this.first >= 0
    this.first = first
    this.scale = -1
    this.arrived = 0
    this.mayReach = 0
    this.told = 0
    this.offered = 0
  }
}

const SYN = 2
const RST = 4
const ACK = 16

interface Seen {
  readonly from: string
  readonly to: string
  readonly sequence: number
  readonly ack: number
  readonly flags: number
  readonly window: number
  readonly payload: Uint8Array
  readonly scale: number
  readonly blocks: readonly (readonly [number, number])[]
}

const distance = (a: number, b: number): number => (a - b) | 0
const length = ({ flags, payload }: Seen): number =>
  payload.length + (flags & 1) + ((flags & 2) >> 1)

/** RFC 7323 §2.2: a SYN's own window is never scaled, and both ends must have offered to. */
function windowOf(own: End, other: End, seen: Seen): number {
  const scaled = (seen.flags & SYN) === 0 && own.scale >= 0 && other.scale >= 0
  return scaled ? seen.window * (1 << own.scale) : seen.window
}

function read(octets: Uint8Array): Seen | undefined {
  const v = new DataView(octets.buffer, octets.byteOffset, octets.length)
  const isSix = v.getUint16(12) === 0x86dd
  const at = isSix ? 54 : 14 + (v.getUint8(14) & 15) * 4
  const end = isSix ? 54 + v.getUint16(18) : 14 + v.getUint16(16)
  if (end > octets.length || at + 20 > end) return undefined
  const data = at + (v.getUint8(at + 12) >> 4) * 4
  if (data > end) return undefined
  const address = (from: number, size: number): string =>
    octets.subarray(from, from + size).join('.')
  const [src, dst] = isSix ? [address(22, 16), address(38, 16)] : [address(26, 4), address(30, 4)]
  let scale = -1
  const blocks: [number, number][] = []
  for (let i = at + 20; i < data; ) {
    const kind = v.getUint8(i)
    if (kind === 0) break
    const size = kind === 1 ? 1 : i + 1 < data ? v.getUint8(i + 1) : 0
    if (size === 0 || i + size > data) return undefined
    if (kind === 3) scale = v.getUint8(i + 2)
    if (kind === 5) {
      for (let b = i + 2; b < i + size; b += 8) blocks.push([v.getUint32(b), v.getUint32(b + 4)])
    }
    i += size
  }
  const [from, to] = [v.getUint16(at), v.getUint16(at + 2)]
  return {
    from: `${src}:${from}-${to}`,
    to: `${dst}:${to}-${from}`,
    sequence: v.getUint32(at + 4),
    ack: v.getUint32(at + 8),
    flags: v.getUint8(at + 13),
    window: v.getUint16(at + 14),
    payload: octets.subarray(data, end),
    scale,
    blocks,
  }
}
