import type { Frame } from '../wire/frame.ts'
import type { Sink, Trace } from './trace.ts'
import { ALL } from './kinds.ts'

/** One event, kept. `octets` is a copy of the frame as it was then. */
export interface Entry {
  readonly timeNs: number
  readonly kind: number
  readonly place: number
  /** 0 for an event about no frame. */
  readonly frameId: number
  readonly cause: number
  readonly relation: number
  readonly code: number
  readonly a: number
  readonly b: number
  readonly octets: Uint8Array | undefined
}

/**
 * Keeps every event of a run, octets included. Only for what a person looks at (ladder, `why`,
 * failures): its memory grows with the run, so it is filled by running a sheet a second time.
 */
export class Journal implements Sink {
  readonly entries: Entry[] = []
  private readonly limit: number
  /** Events that came after the limit and were not kept. */
  missed = 0

  constructor(limit = 1_000_000) {
    this.limit = limit
  }

  /** Listens to `trace` from now on. */
  listen(trace: Trace, kinds: number = ALL): void {
    trace.subscribe(kinds, this)
  }

  event(
    timeNs: number,
    kind: number,
    place: number,
    frame: Frame | undefined,
    code: number,
    a: number,
    b: number,
  ): void {
    if (this.entries.length >= this.limit) {
      this.missed++
      return
    }
    this.entries.push({
      timeNs,
      kind,
      place,
      frameId: frame?.id ?? 0,
      cause: frame?.cause ?? 0,
      relation: frame?.relation ?? 0,
      code,
      a,
      b,
      octets: frame?.bytes.slice(frame.start, frame.end),
    })
  }
}
