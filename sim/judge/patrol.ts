import { BORN, CONSUMED, DROPPED, RECEIVED, SENT, type Sink, type Trace } from '../trace/index.ts'
import type { ArpSilence } from './arp-silence.ts'
import type { ChecksumInvariant } from './checksum-invariant.ts'
import type { Seen } from './invariant.ts'
import type { Leak } from './leak.ts'
import type { Reordered } from './reordered.ts'
import type { Unaccounted } from './unaccounted.ts'

/** Invariants that are shown frames; undefined for one that is not watched in this run. */
export interface Watched {
  readonly checksum: ChecksumInvariant
  readonly leak: Leak | undefined
  readonly unaccounted: Unaccounted | undefined
  readonly arpSilence: ArpSilence | undefined
  readonly reordered: Reordered | undefined
}

/**
 * Shows each frame to the invariants of a run. One subscriber for all of them: a trace calls its
 * sinks by a table, which costs more than most of what is looked at (a datagram in three events
 * went through fourteen such calls, and now goes through six).
 */
export class Patrol implements Sink {
  private readonly watched: Watched

  constructor(watched: Watched) {
    this.watched = watched
  }

  listen(trace: Trace): void {
    trace.subscribe(SENT | RECEIVED | BORN | CONSUMED | DROPPED, this)
  }

  event(_timeNs: number, kind: number, place: number, frame: Seen | undefined, code: number): void {
    if (frame === undefined) return
    const { checksum, leak, unaccounted, arpSilence, reordered } = this.watched
    if (kind === SENT) {
      checksum.sent(place, frame)
      leak?.seen(kind, place, frame)
      arpSilence?.sent(place, frame)
    } else if (kind === RECEIVED) {
      leak?.seen(kind, place, frame)
      reordered?.received(place, frame)
    } else if (kind === DROPPED) {
      checksum.dropped(place, frame, code)
      if (unaccounted !== undefined) unaccounted.dropped++
    } else if (unaccounted !== undefined) {
      if (kind === BORN) unaccounted.born++
      else unaccounted.consumed++
    }
  }
}
