import { doubled } from './control-block.ts'

const START = 256
export const END = -1

/** Bits of `marks`. */
export const SACKED = 1
export const LOST = 2
export const RETRANSMITTED = 4
export const EVER_RETRANSMITTED = 8
export const ALL_MARKS = 15

/** What an skb costs beside its octets (struct sk_buff, its head and skb_shared_info). */
export const OVERHEAD = 768

/**
 * What waits to be sent or acknowledged, as rows of one table for all sockets of a machine: the
 * kernel's sk_buffs, without their octets. One row may stand for several full segments (what the
 * kernel hands to segmentation offload at once); rows of a socket form a list by sequence number.
 */
export class SendQueue {
  sequence: Uint32Array = new Uint32Array(START)
  /** Sequence number behind the last octet, SYN and FIN counted. */
  end: Uint32Array = new Uint32Array(START)
  /** Header bits of the last segment: SYN, FIN, PSH, ACK. */
  bits: Uint8Array = new Uint8Array(START)
  marks: Uint8Array = new Uint8Array(START)
  /** Segments it makes; 0 before it was sent. */
  segments: Uint16Array = new Uint16Array(START)
  /** When it was last sent. */
  sentNs: Float64Array = new Float64Array(START)
  /** Id of the frame that last carried its first octet, 0 before it was sent. */
  frameId: Float64Array = new Float64Array(START)
  next: Int32Array = new Int32Array(START)
  previous: Int32Array = new Int32Array(START)

  private free: Int32Array = new Int32Array(START)
  private freeCount = 0

  constructor() {
    this.offer(0, START)
  }

  get live(): number {
    return this.next.length - this.freeCount
  }

  allocate(sequence: number, end: number, bits: number): number {
    if (this.freeCount === 0) this.grow()
    const row = this.free[--this.freeCount]!
    this.sequence[row] = sequence
    this.end[row] = end
    this.bits[row] = bits
    this.marks[row] = 0
    this.segments[row] = 0
    this.sentNs[row] = 0
    this.frameId[row] = 0
    this.next[row] = END
    this.previous[row] = END
    return row
  }

  release(row: number): void {
    this.free[this.freeCount++] = row
  }

  /** Octets of sequence space. */
  length(row: number): number {
    return (this.end[row]! - this.sequence[row]!) | 0
  }

  private offer(from: number, to: number): void {
    for (let row = to - 1; row >= from; row--) this.free[this.freeCount++] = row
  }

  private grow(): void {
    const old = this.next.length
    this.sequence = doubled(this.sequence) as Uint32Array
    this.end = doubled(this.end) as Uint32Array
    this.bits = doubled(this.bits) as Uint8Array
    this.marks = doubled(this.marks) as Uint8Array
    this.segments = doubled(this.segments) as Uint16Array
    this.sentNs = doubled(this.sentNs) as Float64Array
    this.frameId = doubled(this.frameId) as Float64Array
    this.next = doubled(this.next) as Int32Array
    this.previous = doubled(this.previous) as Int32Array
    this.free = doubled(this.free) as Int32Array
    this.offer(old, old * 2)
  }
}
