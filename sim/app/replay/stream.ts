import * as tcp from '../../wire/tcp.ts'

/** Octets [from .. to) of the peer's stream, counted from its SYN. */
interface Range {
  readonly from: number
  readonly to: number
}

const TIMESTAMPS = 8
const SACK = 5
const END = 0
const NOTHING = 1

/**
 * What the peer of a replayed TCP connection has sent so far: how much of it in order, whether it
 * has closed, and its latest time stamp. Numbers count from the peer's SYN, which is 0.
 */
export class PeerStream {
  /** The peer's first sequence number; undefined before its SYN. */
  first: number | undefined
  /** One past the last octet that came in order; the FIN counts as one. */
  next = 0
  closed = false
  reset = false
  /** Its latest time stamp, 0 while there is none. */
  stamp = 0
  private finAt = -1
  /** What came after a gap, by rising `from`. */
  private readonly early: Range[] = []

  /** Octets of payload that came in order. */
  get octets(): number {
    return Math.max(0, this.next - 1 - (this.closed ? 1 : 0))
  }

  /** A segment of the peer has come. */
  take(view: DataView, at: number, end: number): void {
    const flags = tcp.flags(view, at)
    if ((flags & tcp.RST) !== 0) {
      this.reset = true
      return
    }
    if ((flags & tcp.SYN) !== 0) {
      this.first = tcp.sequence(view, at)
      this.next = Math.max(this.next, 1)
    }
    if (this.first === undefined) return
    this.stamp = stampOf(view, at) ?? this.stamp
    const from = (tcp.sequence(view, at) - this.first) >>> 0
    const to = from + (end - at - tcp.headerLen(view, at))
    if ((flags & tcp.FIN) !== 0) this.finAt = to
    if (to > from) this.early.push({ from, to })
    this.join()
  }

  private join(): void {
    this.early.sort((a, b) => a.from - b.from || a.to - b.to)
    while (this.early[0] !== undefined && this.early[0].from <= this.next) {
      this.next = Math.max(this.next, this.early.shift()!.to)
    }
    if (this.closed || this.finAt !== this.next) return
    this.closed = true
    this.next++
  }
}

function stampOf(view: DataView, at: number): number | undefined {
  let stamp: number | undefined
  eachOption(view, at, (kind, offset, length) => {
    if (kind === TIMESTAMPS && length === 10) stamp = view.getUint32(offset + 2)
  })
  return stamp
}

/**
 * Makes the options of a recorded segment fit what has come here: the time stamp it echoes is
 * `stamp`, and selective ACKs, which spoke of gaps in the recording, become no operation.
 */
export function echoOptions(view: DataView, at: number, stamp: number): void {
  eachOption(view, at, (kind, offset, length) => {
    if (kind === TIMESTAMPS && length === 10) view.setUint32(offset + 6, stamp)
    if (kind !== SACK) return
    for (let i = offset; i < offset + length; i++) view.setUint8(i, NOTHING)
  })
}

function eachOption(
  view: DataView,
  at: number,
  each: (kind: number, offset: number, length: number) => void,
): void {
  const end = at + tcp.headerLen(view, at)
  let offset = at + tcp.MIN_LEN
  while (offset < end) {
    const kind = view.getUint8(offset)
    if (kind === END) return
    if (kind === NOTHING) {
      offset++
      continue
    }
    const length = offset + 1 < end ? view.getUint8(offset + 1) : 0
    if (length < 2 || offset + length > end) return
    each(kind, offset, length)
    offset += length
  }
}
