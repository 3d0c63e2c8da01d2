import { assert, InternalError } from './assert.ts'

/**
 * What an event does when its time has come; `a` and `b` are the operands it was scheduled with.
 */
export type Handler = (a: number, b: number) => void

/** Names one scheduled event; `NONE` names none. Stays safe to cancel after the event has run. */
export type Token = number
export const NONE: Token = -1

const SLOT_BITS = 24
const SLOT_LIMIT = 1 << SLOT_BITS
const GENERATIONS = 1 << 28

/**
 * The agenda of future events: a 4-ary heap in typed arrays, ordered by (time, sequence number).
 *
 * Time is an integer number of nanoseconds. An event is a row (handler, a, b), never a closure.
 * Handlers are registered once, at set-up. Cancelling marks the row; marked rows are skipped when
 * they come up, and swept out when they are more than half of the heap.
 */
export class Agenda {
  now = 0
  /** Events run so far. */
  count = 0
  private readonly handlers: Handler[] = []
  private size = 0
  private cancelled = 0
  private sequence = 0
  private heapTime: Float64Array
  private heapSequence: Float64Array
  private heapSlot: Int32Array
  private handlerOf: Int32Array
  private aOf: Float64Array
  private bOf: Float64Array
  private generation: Int32Array
  private freeSlots: Int32Array
  private freeCount: number

  constructor(capacity = 1024) {
    this.heapTime = new Float64Array(capacity)
    this.heapSequence = new Float64Array(capacity)
    this.heapSlot = new Int32Array(capacity)
    this.handlerOf = new Int32Array(capacity)
    this.aOf = new Float64Array(capacity)
    this.bOf = new Float64Array(capacity)
    this.generation = new Int32Array(capacity)
    this.freeSlots = new Int32Array(capacity)
    this.freeCount = capacity
    for (let i = 0; i < capacity; i++) this.freeSlots[i] = capacity - 1 - i
  }

  /** Registers a handler, at set-up; its number goes to `schedule`. */
  register(handler: Handler): number {
    this.handlers.push(handler)
    return this.handlers.length - 1
  }

  /** Events that wait, the cancelled ones not counted. */
  get pending(): number {
    return this.size - this.cancelled
  }

  /** Time of the next event, or Infinity. */
  get nextAt(): number {
    this.dropCancelledHead()
    return this.size === 0 ? Infinity : this.heapTime[0]!
  }

  /**
   * Lets `handler` run at `at` (integer ns, not in the past); ties run in the order of these calls.
   */
  schedule(at: number, handler: number, a: number, b: number): Token {
    // No assert() here: its sentence would be built for every event.
    if (!(at >= this.now)) throw inThePast(at, this.now)
    if (this.freeCount === 0) this.grow()
    const slot = this.freeSlots[--this.freeCount]!
    this.handlerOf[slot] = handler
    this.aOf[slot] = a
    this.bOf[slot] = b
    this.siftUp(this.size++, at, this.sequence++, slot)
    return this.generation[slot]! * SLOT_LIMIT + slot
  }

  /** Takes an event off the agenda; false when it has run or was cancelled before. */
  cancel(token: Token): boolean {
    if (token < 0) return false
    const slot = token % SLOT_LIMIT
    if (this.generation[slot] !== (token - slot) / SLOT_LIMIT || this.handlerOf[slot]! < 0)
      return false
    this.handlerOf[slot] = -1
    this.cancelled++
    if (this.cancelled > 64 && this.cancelled * 2 > this.size) this.sweep()
    return true
  }

  /** Whether the event has neither run nor been cancelled. */
  isPending(token: Token): boolean {
    if (token < 0) return false
    const slot = token % SLOT_LIMIT
    return this.generation[slot] === (token - slot) / SLOT_LIMIT && this.handlerOf[slot]! >= 0
  }

  /**
   * Runs events with time <= `until`, at most `maxEvents` of them, and returns how many ran.
   * When none is left up to `until`, `now` becomes `until`.
   */
  run(until: number, maxEvents: number): number {
    let ran = 0
    while (ran < maxEvents) {
      if (this.size === 0 || this.heapTime[0]! > until) {
        if (until > this.now && until !== Infinity) this.now = until
        break
      }
      const at = this.heapTime[0]!
      const slot = this.heapSlot[0]!
      this.removeHead()
      const handler = this.handlerOf[slot]!
      const a = this.aOf[slot]!
      const b = this.bOf[slot]!
      this.release(slot)
      if (handler < 0) {
        this.cancelled--
        continue
      }
      this.now = at
      ran++
      this.handlers[handler]!(a, b)
    }
    this.count += ran
    return ran
  }

  private release(slot: number): void {
    this.generation[slot] = (this.generation[slot]! + 1) % GENERATIONS
    this.freeSlots[this.freeCount++] = slot
  }

  private dropCancelledHead(): void {
    while (this.size > 0 && this.handlerOf[this.heapSlot[0]!]! < 0) {
      const slot = this.heapSlot[0]!
      this.removeHead()
      this.release(slot)
      this.cancelled--
    }
  }

  private siftUp(start: number, at: number, sequence: number, slot: number): void {
    const { heapTime, heapSequence, heapSlot } = this
    let i = start
    while (i > 0) {
      const parent = (i - 1) >> 2
      const parentTime = heapTime[parent]!
      // A new event has the highest sequence number, so equal times never move up; a swept heap
      // re-inserts old ones, which is why the second key is compared too.
      if (parentTime < at || (parentTime === at && heapSequence[parent]! < sequence)) break
      heapTime[i] = parentTime
      heapSequence[i] = heapSequence[parent]!
      heapSlot[i] = heapSlot[parent]!
      i = parent
    }
    heapTime[i] = at
    heapSequence[i] = sequence
    heapSlot[i] = slot
  }

  private removeHead(): void {
    const { heapTime, heapSequence, heapSlot } = this
    const size = --this.size
    if (size === 0) return
    const at = heapTime[size]!
    const sequence = heapSequence[size]!
    const slot = heapSlot[size]!
    let i = 0
    for (;;) {
      const first = i * 4 + 1
      if (first >= size) break
      const last = first + 4 < size ? first + 4 : size
      let best = first
      let bestTime = heapTime[first]!
      let bestSequence = heapSequence[first]!
      for (let child = first + 1; child < last; child++) {
        const time = heapTime[child]!
        if (time < bestTime || (time === bestTime && heapSequence[child]! < bestSequence)) {
          best = child
          bestTime = time
          bestSequence = heapSequence[child]!
        }
      }
      if (at < bestTime || (at === bestTime && sequence < bestSequence)) break
      heapTime[i] = bestTime
      heapSequence[i] = bestSequence
      heapSlot[i] = heapSlot[best]!
      i = best
    }
    heapTime[i] = at
    heapSequence[i] = sequence
    heapSlot[i] = slot
  }

  private sweep(): void {
    const { heapTime, heapSequence, heapSlot } = this
    const total = this.size
    this.size = 0
    for (let i = 0; i < total; i++) {
      const slot = heapSlot[i]!
      if (this.handlerOf[slot]! < 0) this.release(slot)
      else this.siftUp(this.size++, heapTime[i]!, heapSequence[i]!, slot)
    }
    this.cancelled = 0
  }

  private grow(): void {
    const old = this.handlerOf.length
    const capacity = old * 2
    assert(capacity <= SLOT_LIMIT, `more than ${SLOT_LIMIT / 2} events wait at once`)
    this.heapTime = grown(this.heapTime, new Float64Array(capacity))
    this.heapSequence = grown(this.heapSequence, new Float64Array(capacity))
    this.heapSlot = grown(this.heapSlot, new Int32Array(capacity))
    this.handlerOf = grown(this.handlerOf, new Int32Array(capacity))
    this.aOf = grown(this.aOf, new Float64Array(capacity))
    this.bOf = grown(this.bOf, new Float64Array(capacity))
    this.generation = grown(this.generation, new Int32Array(capacity))
    this.freeSlots = grown(this.freeSlots, new Int32Array(capacity))
    for (let slot = capacity - 1; slot >= old; slot--) this.freeSlots[this.freeCount++] = slot
  }
}

function inThePast(at: number, now: number): InternalError {
  return new InternalError(`an event was scheduled at ${at} ns, which is before now (${now} ns)`)
}

function grown<A extends Float64Array | Int32Array>(from: A, to: A): A {
  to.set(from)
  return to
}
