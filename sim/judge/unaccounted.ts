import { BORN, CONSUMED, DROPPED, type Sink, type Trace } from '../trace/index.ts'
import { type Breach, type Invariant, type InvariantVerdict, standing } from './invariant.ts'

type Event = Parameters<Sink['event']>

/**
 * Each frame that was born was consumed or dropped with a reason, or is still on a cable or held
 * by a machine that waits (for a neighbour, for fragments). Counted, not listed: which frame is
 * missing shows in the journal of a second run.
 */
export class Unaccounted implements Invariant, Sink {
  readonly name = 'unaccounted'
  private readonly alive: () => number
  private born = 0
  private consumed = 0
  private dropped = 0
  private lastNs = 0

  /** `alive`: how many frames are on cables or held by machines now. */
  constructor(alive: () => number) {
    this.alive = alive
  }

  listen(trace: Trace): void {
    trace.subscribe(BORN | CONSUMED | DROPPED, this)
  }

  event(timeNs: Event[0], kind: Event[1]): void {
    if (kind === BORN) this.born++
    else if (kind === CONSUMED) this.consumed++
    else this.dropped++
    this.lastNs = timeNs
  }

  verdict(): InvariantVerdict {
    const { born, consumed, dropped } = this
    const alive = this.alive()
    const missing = born - consumed - dropped - alive
    if (missing === 0) return standing(this.name, 0, undefined)
    const detail =
      `${born} frames were born; ${consumed} consumed, ${dropped} dropped, ` +
      `${alive} on their way: ` +
      (missing > 0 ? `${missing} vanished` : `${-missing} came from nowhere`)
    const first: Breach = { timeNs: this.lastNs, place: -1, frameId: 0, detail }
    return standing(this.name, Math.abs(missing), first)
  }
}
