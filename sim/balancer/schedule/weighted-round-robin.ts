import type { Server } from '../service.ts'
import { isEligible, type Pool, type Scheduler, type Turn } from './scheduler.ts'

/**
 * Rounds with a falling bar: a pass gives one turn to every server whose weight reaches the bar,
 * then the bar falls by the greatest common divisor of the weights, and starts again at the top.
 *
 * Servers are configured one at a time. The first one sets the bar to 1, and later ones leave it
 * there, so the first pass after configuring is a plain round (measured).
 */
class WeightedTurn implements Turn {
  private readonly pool: Pool
  /** Place in the scan order of the last one used; -1 stands before the first. */
  private last = -1
  private bar = 0
  private top = 0
  private divisor = 1

  constructor(pool: Pool) {
    this.pool = pool
    const { scan } = pool
    // The last in scan order was the first to be configured.
    for (let i = scan.length - 1; i >= 0; i--) this.weigh(scan.slice(i))
  }

  choose(): Server | undefined {
    const { scan } = this.pool
    if (this.top === 0) return undefined
    const begun = this.last
    // Where the search ends once everybody was looked at with the lowest bar.
    let end = -1
    let lowest = false
    let restarted = false
    for (let at = begun + 1; ; at = 0) {
      for (; at < scan.length; at++) {
        const server = scan[at]!
        this.last = at
        if (isEligible(server) && server.weight >= this.bar) return server
        if (at === end) return undefined
      }
      this.last = -1
      this.bar -= this.divisor
      if (this.bar <= 0) {
        this.bar = this.top
        if (lowest || begun === -1) return undefined
        restarted = true
      }
      lowest = this.bar <= this.divisor
      if (lowest && restarted) end = begun
    }
  }

  changed(): void {
    this.weigh(this.pool.scan)
  }

  private weigh(scan: readonly Server[]): void {
    this.last = -1
    let divisor = 0
    let highest = 0
    for (const { weight } of scan) {
      if (weight > 0) divisor = greatestCommonDivisor(weight, divisor)
      if (weight > highest) highest = weight
    }
    this.divisor = divisor === 0 ? 1 : divisor
    this.top = highest === 0 ? 0 : highest - (this.divisor - 1)
    if (this.bar > this.top || this.bar === 0) this.bar = this.top
    else if (this.divisor > 1) {
      this.bar = Math.floor(this.bar / this.divisor) * this.divisor + 1
    }
  }
}

export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

export const weightedRoundRobin: Scheduler = {
  name: 'weighted-round-robin',
  sentence: 'in turn, as many turns of a round as the weight says, interleaved',
  source: 'Linux net/netfilter/ipvs/ip_vs_wrr.c',
  elsewhere: ['wrr (IPVS)', 'static-rr (HAProxy)', 'Ratio (F5)', 'weighted-rr (A10)'],
  byShare: true,
  start: (pool) => new WeightedTurn(pool),
}
