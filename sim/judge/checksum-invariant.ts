import { dropCode, DROPS, type Trace } from '../trace/index.ts'
import { FAULTS, headSum, NO_HEAD, verify } from './checksums.ts'
import {
  type Breach,
  type Invariant,
  type InvariantVerdict,
  type Seen,
  standing,
} from './invariant.ts'

/** A cable flipped a bit of this frame on purpose (Frame.marks). */
const DAMAGED = 2
const FIRST_SLOTS = 256

/** Drops of a receiver that has read octets which nobody may have changed on the way. */
const FOUND_WRONG = [dropCode('tcp-bad-checksum'), dropCode('udp-bad-checksum')]

/**
 * Every frame that leaves an interface has sound lengths and checksums; one that was damaged on
 * purpose keeps its wrong checksum on its way through routers.
 *
 * A frame is read as a whole when it is sent first. When it is sent again with another header, the
 * sum of the header must be what it was (`headSum`); that spares a router's full frames 1,448
 * octets each. What nobody reads a second time here is read by the receiver, whose drop for a wrong
 * checksum is a breach too.
 */
export class ChecksumInvariant implements Invariant {
  readonly name = 'checksum'
  private broken = 0
  private first: Breach | undefined
  private trace: Trace | undefined
  /** By slot of the pool: the frame last found sound there, its length and its `headSum`. */
  private ids = new Float64Array(FIRST_SLOTS)
  private lengths = new Int32Array(FIRST_SLOTS)
  private heads = new Int32Array(FIRST_SLOTS)

  listen(trace: Trace): void {
    this.trace = trace
  }

  /** A frame leaves an interface. */
  sent(place: number, frame: Seen): void {
    const { slot, start, end, bytes, words } = frame
    const head = headSum(bytes, words, start, end)
    if (head !== NO_HEAD && slot < this.ids.length && this.ids[slot] === frame.id) {
      if (this.heads[slot] === head && this.lengths[slot] === end - start) return
    }
    const fault = verify(bytes, words, start, end)
    if (fault !== 0) return this.breach(place, frame, FAULTS[fault]!)
    if (head === NO_HEAD) return
    if (slot >= this.ids.length) this.grow(slot)
    this.ids[slot] = frame.id
    this.heads[slot] = head
    this.lengths[slot] = end - start
  }

  /** A machine has dropped a frame for a reason (a number of DROPS). */
  dropped(place: number, frame: Seen, reason: number): void {
    if (FOUND_WRONG.includes(reason)) this.breach(place, frame, DROPS[reason]!)
  }

  verdict(): InvariantVerdict {
    return standing(this.name, this.broken, this.first)
  }

  private breach(place: number, { id, marks }: Seen, detail: string): void {
    if ((marks & DAMAGED) !== 0) return
    this.broken++
    this.first ??= { timeNs: this.trace?.now ?? 0, place, frameId: id, detail }
  }

  private grow(slot: number): void {
    const length = Math.max(this.ids.length * 2, slot + 1)
    const { ids, lengths, heads } = this
    this.ids = new Float64Array(length)
    this.ids.set(ids)
    this.lengths = new Int32Array(length)
    this.lengths.set(lengths)
    this.heads = new Int32Array(length)
    this.heads.set(heads)
  }
}
