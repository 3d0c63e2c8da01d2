import { doubled } from './control-block.ts'
import { after, before } from './sequence.ts'

const START = 256
export const END = -1

/**
 * Memory that a received segment of `length` octets is charged with (skb->truesize): what a kernel
 * on virtual Ethernet without offloads was seen to charge. A full segment was cut from a larger
 * buffer and lies in a 2 KiB slab object; a smaller one has its octets in a page fragment.
 */
export function memoryOf(length: number): number {
  return length >= 1200 && length <= 1536 ? 2304 : 768 + length
}

/**
 * The segments that wait for a program, only as far as their memory matters: a segment's charge is
 * given back when the program has read its last octet. One table for all sockets of a machine.
 */
export class ReceiveQueue {
  end: Uint32Array = new Uint32Array(START)
  memory: Int32Array = new Int32Array(START)
  next: Int32Array = new Int32Array(START)
  private free: Int32Array = new Int32Array(START)
  private freeCount = 0

  constructor() {
    this.offer(0, START)
  }

  allocate(end: number, memory: number): number {
    if (this.freeCount === 0) this.grow()
    const row = this.free[--this.freeCount]!
    this.end[row] = end
    this.memory[row] = memory
    this.next[row] = END
    return row
  }

  release(row: number): void {
    this.free[this.freeCount++] = row
  }

  private offer(from: number, to: number): void {
    for (let row = to - 1; row >= from; row--) this.free[this.freeCount++] = row
  }

  private grow(): void {
    const old = this.next.length
    this.end = doubled(this.end) as Uint32Array
    this.memory = doubled(this.memory) as Int32Array
    this.next = doubled(this.next) as Int32Array
    this.free = doubled(this.free) as Int32Array
    this.offer(old, old * 2)
  }
}

const MAX_RANGES = 256
const MAX_SACKS = 4

/**
 * What came out of order on one connection: ranges of sequence numbers by rising start, and the
 * SACK blocks in the order in which they must be told (RFC 2018 §4: the newest first).
 */
export class OutOfOrder {
  count = 0
  readonly start: Uint32Array = new Uint32Array(MAX_RANGES)
  readonly end: Uint32Array = new Uint32Array(MAX_RANGES)
  readonly memory: Float64Array = new Float64Array(MAX_RANGES)
  /** FIN of the peer lies at this sequence number, when `finSeen`. */
  fin = 0
  finSeen = false
  sackCount = 0
  readonly sackStart: Uint32Array = new Uint32Array(MAX_SACKS)
  readonly sackEnd: Uint32Array = new Uint32Array(MAX_SACKS)

  clear(): void {
    this.count = 0
    this.sackCount = 0
    this.finSeen = false
  }

  /** Octets of `from .. to` that a range holds already: all of them. */
  holds(from: number, to: number): boolean {
    for (let i = 0; i < this.count; i++) {
      if (!before(from, this.start[i]!) && !after(to, this.end[i]!)) return true
    }
    return false
  }

  /**
   * Adds `from .. to`, joins what touches, and puts the joined range first among the SACK blocks.
   */
  add(from: number, to: number, memory: number): boolean {
    let i = 0
    while (i < this.count && before(this.end[i]!, from)) i++
    let start = from
    let end = to
    let sum = memory
    let last = i
    while (last < this.count && !after(this.start[last]!, to)) {
      if (before(this.start[last]!, start)) start = this.start[last]!
      if (after(this.end[last]!, end)) end = this.end[last]!
      sum += this.memory[last]!
      last++
    }
    if (last === i) {
      if (this.count === MAX_RANGES) return false
      this.shift(i, i + 1)
    } else this.shift(last, i + 1)
    this.start[i] = start
    this.end[i] = end
    this.memory[i] = sum
    this.tell(start, end)
    return true
  }

  /** Takes the first range away (it has been joined to what came in order); returns its memory. */
  takeFirst(): number {
    const memory = this.memory[0]!
    this.shift(1, 0)
    return memory
  }

  /** Whether there is a range that begins behind `sequence`. */
  endsAfter(sequence: number): boolean {
    return this.count > 0 && after(this.start[this.count - 1]!, sequence)
  }

  /** Gives up the last range, and all SACK blocks with it (RFC 2018 §8); returns its memory. */
  dropLast(): number {
    const last = --this.count
    this.sackCount = 0
    if (this.finSeen && !before(this.fin, this.start[last]!)) this.finSeen = false
    return this.memory[last]!
  }

  /** Forgets SACK blocks that lie at or before `next`. */
  forgetBefore(next: number): void {
    let kept = 0
    for (let i = 0; i < this.sackCount; i++) {
      if (!after(this.sackEnd[i]!, next)) continue
      this.sackStart[kept] = this.sackStart[i]!
      this.sackEnd[kept] = this.sackEnd[i]!
      kept++
    }
    this.sackCount = kept
  }

  /** Place of the SACK block that `start .. end` would widen; behind the last when none. */
  placeOf(start: number, end: number): number {
    let at = 0
    while (at < this.sackCount && !this.touches(at, start, end)) at++
    return at
  }

  private tell(start: number, end: number): void {
    let at = this.placeOf(start, end)
    // A block that the joined range swallowed is dropped wherever it stood.
    if (at === this.sackCount && this.sackCount < MAX_SACKS) this.sackCount++
    if (at === MAX_SACKS) at--
    for (let i = at; i > 0; i--) {
      this.sackStart[i] = this.sackStart[i - 1]!
      this.sackEnd[i] = this.sackEnd[i - 1]!
    }
    this.sackStart[0] = start
    this.sackEnd[0] = end
    let kept = 1
    for (let i = 1; i < this.sackCount; i++) {
      if (this.touches(i, start, end)) continue
      this.sackStart[kept] = this.sackStart[i]!
      this.sackEnd[kept] = this.sackEnd[i]!
      kept++
    }
    this.sackCount = kept
  }

  private touches(i: number, start: number, end: number): boolean {
    return !after(this.sackStart[i]!, end) && !before(this.sackEnd[i]!, start)
  }

  /** Moves the ranges from `from` on to `to` on. */
  private shift(from: number, to: number): void {
    this.start.copyWithin(to, from, this.count)
    this.end.copyWithin(to, from, this.count)
    this.memory.copyWithin(to, from, this.count)
    this.count += to - from
  }
}
