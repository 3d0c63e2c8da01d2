import type { Trace } from '../trace/index.ts'
import { type Breach, type Invariant, type InvariantVerdict, standing } from './invariant.ts'

/**
 * Each frame that was born was consumed or dropped with a reason, or is still on a cable or held
 * by a machine that waits (for a neighbour, for fragments). Counted, not listed: which frame is
 * missing shows in the journal of a second run.
 */
export class Unaccounted implements Invariant {
  readonly name = 'unaccounted'
  private readonly alive: () => number
  private trace: Trace | undefined
  /** Counted by whoever watches all frames. */
  born = 0
  consumed = 0
  dropped = 0

  /** `alive`: how many frames are on cables or held by machines now. */
  constructor(alive: () => number) {
    this.alive = alive
  }

  listen(trace: Trace): void {
    this.trace = trace
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
    const first: Breach = { timeNs: this.trace?.now ?? 0, place: -1, frameId: 0, detail }
    return standing(this.name, Math.abs(missing), first)
  }
}
