import { assert } from '../../engine/assert.ts'

const SMALLEST_BITS = 11
const LARGEST_BITS = 27
/** Copies shorter than this are cheaper octet by octet than through a subarray. */
const SHORT = 48

/**
 * Buffers of connections, only while octets wait in them. A buffer is a power of two long and the
 * octet with sequence number q lies at q modulo its length, so nothing is ever moved: segments that
 * came out of order are already in their place, and what is acknowledged is simply forgotten.
 */
export class OctetRings {
  private readonly rings: (Uint8Array | undefined)[] = []
  private readonly spare: Uint8Array[][] = []
  /** Size (its logarithm) that a row's buffer had last: what it will need again. */
  private readonly last: number[] = []

  /** Octets that buffers hold now, free or not: for the figures of a run. */
  held = 0

  /**
   * Makes room for sequence numbers `from .. to` of a row, keeping what lies from `from` to
   * `kept`.
   */
  reserve(row: number, from: number, kept: number, to: number): Uint8Array {
    const ring = this.rings[row]
    const need = (to - from) >>> 0
    if (ring !== undefined && ring.length >= need) return ring
    const bits = Math.max(SMALLEST_BITS, this.last[row] ?? 0, 32 - Math.clz32(need - 1))
    this.last[row] = bits
    assert(bits <= LARGEST_BITS, `a socket buffer of ${need} octets is too large`)
    const larger = this.spare[bits]?.pop() ?? new Uint8Array(1 << bits)
    this.held += larger.length
    if (ring !== undefined) {
      move(ring, larger, from, (kept - from) >>> 0)
      this.giveBack(ring)
    }
    this.rings[row] = larger
    return larger
  }

  get(row: number): Uint8Array | undefined {
    return this.rings[row]
  }

  /** The row has another connection now. */
  forget(row: number): void {
    this.release(row)
    this.last[row] = 0
  }

  /** Gives the buffer of a row back, if it has one. */
  release(row: number): void {
    const ring = this.rings[row]
    if (ring === undefined) return
    this.rings[row] = undefined
    this.giveBack(ring)
  }

  private giveBack(ring: Uint8Array): void {
    this.held -= ring.length
    const bits = 31 - Math.clz32(ring.length)
    const list = this.spare[bits] ?? []
    this.spare[bits] = list
    if (list.length < 64) list.push(ring)
  }
}

/** Copies `count` octets from one ring into a larger one, from a sequence number on. */
function move(ring: Uint8Array, larger: Uint8Array, sequence: number, count: number): void {
  const start = sequence & (ring.length - 1)
  const first = Math.min(count, ring.length - start)
  writeRing(larger, sequence, ring, start, start + first)
  if (first < count) writeRing(larger, sequence + first, ring, 0, count - first)
}

/** Copies `bytes[from .. to)` into a ring from sequence number `sequence` on. */
export function writeRing(
  ring: Uint8Array,
  sequence: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  const mask = ring.length - 1
  const length = to - from
  const start = sequence & mask
  if (length < SHORT) {
    for (let i = 0; i < length; i++) ring[(start + i) & mask] = bytes[from + i]!
    return
  }
  const first = Math.min(length, ring.length - start)
  ring.set(bytes.subarray(from, from + first), start)
  if (first < length) ring.set(bytes.subarray(from + first, to), 0)
}

/** Copies `length` octets of a ring, from sequence number `sequence` on, to `into[at ..]`. */
export function readRing(
  ring: Uint8Array,
  sequence: number,
  length: number,
  into: Uint8Array,
  at: number,
): void {
  const mask = ring.length - 1
  const start = sequence & mask
  if (length < SHORT) {
    for (let i = 0; i < length; i++) into[at + i] = ring[(start + i) & mask]!
    return
  }
  const first = Math.min(length, ring.length - start)
  into.set(ring.subarray(start, start + first), at)
  if (first < length) into.set(ring.subarray(0, length - first), at + first)
}
