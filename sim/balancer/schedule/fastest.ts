import type { Server } from '../service.ts'
import { overhead } from './lightest.ts'
import { isEligible, type Pool, type Scheduler, type Surroundings, type Turn } from './scheduler.ts'

/** Part of a new measurement in the average: the same eighth that TCP uses (RFC 6298 §2). */
const SHARE = 8
/** Two servers within the same millisecond are equally fast. */
const STEP_NS = 1_000_000
/** A measurement counts half after this time without another one. */
export const FORGET_NS = 10_000_000_000

interface Measure {
  averageNs: number
  atNs: number
}

/**
 * The time from passing a SYN on to the server's SYN+ACK, averaged for each server. Nobody would
 * ask a slow one again, so an average that gets no news is halved every ten seconds: after a while
 * the server has another chance. Of equally fast ones the one with the fewest connections is taken.
 * Who was never measured is asked first, once: until it answers it counts as fast, not as fastest.
 */
class FastestTurn implements Turn {
  private readonly pool: Pool
  private readonly around: Surroundings
  private readonly forgetNs: number
  private readonly measures = new Map<Server, Measure>()

  constructor(pool: Pool, around: Surroundings) {
    this.pool = pool
    this.around = around
    this.forgetNs = around.settings.forgetNs ?? FORGET_NS
  }

  choose(): Server | undefined {
    const { scan } = this.pool
    let best: Server | undefined
    let least = 0
    for (let i = 0; i < scan.length; i++) {
      const server = scan[i]!
      if (!isEligible(server)) continue
      const steps = this.stepsOf(server)
      if (best !== undefined && steps > least) continue
      if (best !== undefined && steps === least && overhead(server) >= overhead(best)) continue
      best = server
      least = steps
    }
    return best
  }

  changed(): void {
    // One that comes back may be another machine: it is measured anew.
    for (const server of this.measures.keys()) if (!server.present) this.measures.delete(server)
  }

  answered(server: Server, tookNs: number): void {
    const { now } = this.around.clock
    const known = this.measures.get(server)
    if (known === undefined) {
      this.measures.set(server, { averageNs: tookNs, atNs: now })
      return
    }
    const before = this.averageNs(server)
    known.averageNs = before + (tookNs - before) / SHARE
    known.atNs = now
  }

  /** Milliseconds of the average, rounded down. */
  private stepsOf(server: Server): number {
    if (!this.measures.has(server)) return server.active === 0 ? -1 : 0
    return Math.floor(this.averageNs(server) / STEP_NS)
  }

  private averageNs(server: Server): number {
    const known = this.measures.get(server)
    if (known === undefined) return 0
    let { averageNs } = known
    let left = this.around.clock.now - known.atNs
    for (; left >= this.forgetNs && averageNs >= STEP_NS; left -= this.forgetNs) averageNs /= 2
    return averageNs
  }
}

export const fastest: Scheduler = {
  name: 'fastest',
  sentence: 'the server whose SYN+ACKs came soonest lately; weight 0 is passed over',
  source: 'SYN to SYN+ACK as the balancer sees it, averaged as in RFC 6298 §2',
  elsewhere: ['fastest-response (A10)', 'Fastest (F5)', 'least_time (nginx Plus), nearly'],
  needsAnswers: true,
  start: (pool, around) => new FastestTurn(pool, around),
}
