import type { Server } from '../service.ts'
import { PositionTurn } from './position-round-robin.ts'
import { isEligible, type Pool, type Scheduler, type Turn } from './scheduler.ts'

/**
 * Each choice adds its weight to every server's credit; the highest credit is chosen, the first of
 * equals, and pays the sum of all weights.
 */
export class SmoothTurn implements Turn {
  private readonly pool: Pool
  private readonly weightOf: (server: Server) => number
  private readonly credits = new Map<Server, number>()

  constructor(pool: Pool, weightOf: (server: Server) => number = ({ weight }) => weight) {
    this.pool = pool
    this.weightOf = weightOf
  }

  choose(): Server | undefined {
    let total = 0
    let best: Server | undefined
    let most = 0
    for (const server of this.pool.scan) {
      if (!isEligible(server)) continue
      const weight = this.weightOf(server)
      const credit = (this.credits.get(server) ?? 0) + weight
      this.credits.set(server, credit)
      total += weight
      if (best === undefined || credit > most) {
        best = server
        most = credit
      }
    }
    if (best !== undefined) this.credits.set(best, most - total)
    return best
  }

  changed(): void {
    for (const server of this.credits.keys()) if (!server.present) this.credits.delete(server)
  }
}

export const smoothRoundRobin: Scheduler = {
  name: 'smooth-round-robin',
  sentence: 'in turn by weight, spread as evenly as can be: 5, 1, 1 gives a a b a c a a',
  source: 'nginx src/http/ngx_http_upstream_round_robin.c; rule haproxy: HAProxy src/lb_fwrr.c',
  elsewhere: ['round robin with weights (nginx)', 'rule haproxy: roundrobin (HAProxy)'],
  byShare: true,
  start: (pool, { settings }) =>
    settings.rule === 'haproxy' ? new PositionTurn(pool) : new SmoothTurn(pool),
}
