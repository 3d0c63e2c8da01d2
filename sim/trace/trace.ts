import type { Frame } from '../wire/frame.ts'

/** What a run tells the time by. */
export interface Clock {
  /** Virtual time in nanoseconds. */
  readonly now: number
}

/**
 * Receives events. The frame's octets are as they were at the event and belong to the machine:
 * copy what must be kept. `frame` is undefined for events about no frame.
 */
export interface Sink {
  event(
    timeNs: number,
    kind: number,
    place: number,
    frame: Frame | undefined,
    code: number,
    a: number,
    b: number,
  ): void
}

const KIND_BITS = 16

/**
 * Where the machine says what happens. Without a subscriber for a kind, saying it costs one branch:
 * `if ((trace.mask & SENT) !== 0) trace.emit(SENT, place, frame, 0, 0, 0)`.
 */
export class Trace {
  /** Kinds that somebody listens to. */
  mask = 0
  private readonly clock: Clock
  private readonly sinks: Sink[][] = Array.from({ length: KIND_BITS }, () => [])

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Virtual time in nanoseconds: of the event, when a sink asks. */
  get now(): number {
    return this.clock.now
  }

  /** Sends every later event of `kinds` (a sum of kinds) to `sink`. Sinks are called in order. */
  subscribe(kinds: number, sink: Sink): void {
    this.mask |= kinds
    for (let bit = 0; bit < KIND_BITS; bit++) {
      if ((kinds & (1 << bit)) !== 0) this.sinks[bit]!.push(sink)
    }
  }

  emit(
    kind: number,
    place: number,
    frame: Frame | undefined,
    code: number,
    a: number,
    b: number,
  ): void {
    const sinks = this.sinks[31 - Math.clz32(kind)]!
    const now = this.clock.now
    for (let i = 0; i < sinks.length; i++) sinks[i]!.event(now, kind, place, frame, code, a, b)
  }
}
