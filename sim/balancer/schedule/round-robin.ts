import type { Server } from '../service.ts'
import { isEligible, type Pool, type Scheduler, type Turn } from './scheduler.ts'

/**
 * The next server after the last one used, in scan order; weight 0 is passed over. When the last
 * one used is removed, the turn steps back to the one before it, so that its successor is next.
 */
class RoundRobinTurn implements Turn {
  private readonly pool: Pool
  /** The scan order that `last` is a place in; -1 stands before the first server. */
  private scan: readonly Server[]
  private last = -1

  constructor(pool: Pool) {
    this.pool = pool
    this.scan = pool.scan
  }

  choose(): Server | undefined {
    const { scan } = this
    for (let step = 1; step <= scan.length; step++) {
      let at = this.last + step
      if (at >= scan.length) at -= scan.length
      const server = scan[at]!
      if (isEligible(server)) {
        this.last = at
        return server
      }
    }
    return undefined
  }

  changed(): void {
    const before = this.scan
    this.scan = this.pool.scan
    // The last one used, or else the nearest before it that is still there.
    for (let at = this.last; at >= 0; at--) {
      this.last = this.scan.indexOf(before[at]!)
      if (this.last >= 0) return
    }
    this.last = -1
  }
}

export const roundRobin: Scheduler = {
  name: 'round-robin',
  sentence: 'every new connection goes to the next server of the list; weight 0 is passed over',
  source: 'Linux net/netfilter/ipvs/ip_vs_rr.c',
  elsewhere: ['rr (IPVS)', 'roundrobin with equal weights (HAProxy)', 'Round Robin (F5, A10)'],
  start: (pool) => new RoundRobinTurn(pool),
}
