import type { Packet } from '../hook/hook.ts'
import * as tcp from '../wire/tcp.ts'

/** Kinds of segments, as connection tracking tells them: RST outranks SYN, SYN outranks FIN. */
export const IS_SYN = 0
export const IS_SYN_ACK = 1
export const IS_FIN = 2
export const IS_ACK = 3
export const IS_RST = 4
export const IS_NOTHING = 5

/** Flags that say nothing about the connection. */
const BESIDE = tcp.PSH | tcp.ECE | tcp.CWR
/** Combinations that a segment may have, the flags above left out (RFC 9293 §3.10.7). */
const SOUND: ReadonlySet<number> = new Set([
  tcp.SYN,
  tcp.SYN | tcp.URG,
  tcp.SYN | tcp.ACK,
  tcp.RST,
  tcp.RST | tcp.ACK,
  tcp.FIN | tcp.ACK,
  tcp.FIN | tcp.ACK | tcp.URG,
  tcp.ACK,
  tcp.ACK | tcp.URG,
])

const END = 0
const NOP = 1
const WINDOW_SCALE = 3
const SACK_PERMITTED = 4
const SACK = 5
/** NOP, NOP, time stamps: what nearly every segment has, and has no more than. */
const ALIGNED_TIMESTAMPS = 0x0101080a
const ALIGNED_TIMESTAMPS_LEN = 12
const LARGEST_SCALE = 14

/** What tracking reads of a TCP segment. One object is used for every segment. */
export class Segment {
  kind: number = IS_NOTHING
  flags = 0
  /** Whether its flags make sense together and its header is as long as it says. */
  sound = false
  sequence = 0
  /** Behind its last octet; SYN and FIN count as one each. */
  end = 0
  acknowledgment = 0
  /** As sent, not scaled. */
  window = 0
  /** Of a SYN: the factor it offers, -1 without the option. */
  scale = -1
  /** Of a SYN: whether it permits selective acknowledgments. */
  sackPermitted = false
  /** The highest octet that it acknowledges in any way. */
  highest = 0

  read({ frame, transport, end }: Packet): void {
    const { view } = frame
    const flags = tcp.flags(view, transport)
    const header = tcp.headerLen(view, transport)
    this.flags = flags
    this.kind = kindOf(flags)
    const whole = header >= tcp.MIN_LEN && transport + header <= end
    this.sound = whole && SOUND.has(flags & ~BESIDE)
    this.sequence = tcp.sequence(view, transport)
    const octets = end - transport - header
    const marks = ((flags & tcp.SYN) !== 0 ? 1 : 0) + ((flags & tcp.FIN) !== 0 ? 1 : 0)
    this.end = (this.sequence + octets + marks) >>> 0
    this.acknowledgment = tcp.acknowledgment(view, transport)
    this.highest = this.acknowledgment
    this.window = tcp.window(view, transport)
    this.scale = -1
    this.sackPermitted = false
    if (header > tcp.MIN_LEN && this.sound) {
      this.readOptions(view, transport + tcp.MIN_LEN, transport + header)
    }
  }

  private readOptions(view: DataView, from: number, end: number): void {
    if (end - from === ALIGNED_TIMESTAMPS_LEN && view.getUint32(from) === ALIGNED_TIMESTAMPS) return
    let at = from
    while (at < end) {
      const kind = view.getUint8(at)
      if (kind === END) return
      if (kind === NOP) {
        at++
        continue
      }
      const length = at + 1 < end ? view.getUint8(at + 1) : 0
      if (length < 2 || at + length > end) return
      if (kind === WINDOW_SCALE && length === 3) {
        this.scale = Math.min(view.getUint8(at + 2), LARGEST_SCALE)
      } else if (kind === SACK_PERMITTED && length === 2) this.sackPermitted = true
      else if (kind === SACK && length >= 10 && (length - 2) % 8 === 0) {
        this.readBlocks(view, at + 2, at + length)
      }
      at += length
    }
  }

  /** Right edges of selective acknowledgments (RFC 2018 §3). */
  private readBlocks(view: DataView, from: number, end: number): void {
    for (let at = from; at < end; at += 8) {
      const edge = view.getUint32(at + 4)
      if (isAfter(edge, this.highest)) this.highest = edge
    }
  }
}

function kindOf(flags: number): number {
  if ((flags & tcp.RST) !== 0) return IS_RST
  if ((flags & tcp.SYN) !== 0) return (flags & tcp.ACK) !== 0 ? IS_SYN_ACK : IS_SYN
  if ((flags & tcp.FIN) !== 0) return IS_FIN
  return (flags & tcp.ACK) !== 0 ? IS_ACK : IS_NOTHING
}

/** Whether sequence number `a` lies behind `b` (RFC 9293 §3.4); both may be unfolded sums. */
export function isAfter(a: number, b: number): boolean {
  return ((b - a) | 0) < 0
}
