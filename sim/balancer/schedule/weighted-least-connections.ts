import type { Server } from '../service.ts'
import { lightest, loadFor, turnOf } from './lightest.ts'
import { isEligible, type Pool, type Scheduler, type Turn } from './scheduler.ts'

/**
 * nginx's `least_conn`: the fewest active connections for the weight; among several with as few,
 * the smooth round robin goes on, and only they earn credit.
 */
class NginxTurn implements Turn {
  private readonly pool: Pool
  private readonly credits = new Map<Server, number>()

  constructor(pool: Pool) {
    this.pool = pool
  }

  choose(): Server | undefined {
    const { scan } = this.pool
    const first = lightest(scan, ({ active }) => active)
    if (first === undefined) return undefined
    const tied = scan.filter((each) => {
      return isEligible(each) && each.active * first.weight === first.active * each.weight
    })
    if (tied.length === 1) return first
    let best = first
    let total = 0
    for (const server of tied) {
      total += server.weight
      this.credits.set(server, this.credit(server) + server.weight)
      if (this.credit(server) > this.credit(best)) best = server
    }
    this.credits.set(best, this.credit(best) - total)
    return best
  }

  changed(): void {
    for (const server of this.credits.keys()) if (!server.present) this.credits.delete(server)
  }

  private credit(server: Server): number {
    return this.credits.get(server) ?? 0
  }
}

/** A server in HAProxy's tree. */
interface Leaf {
  key: number
  /** When it got this key: of equal keys the oldest is first. */
  order: number
}

/** Keys are connections in this many parts of a weight of 1. */
const PARTS = 256

/**
 * HAProxy's `leastconn`: servers stand in order of (connections + 1) / weight, those without
 * connections first; whose key changes goes behind its equals, so equals take turns.
 */
class HaproxyTurn implements Turn {
  private readonly pool: Pool
  private readonly leaves = new Map<Server, Leaf>()
  private orders = 0

  constructor(pool: Pool) {
    this.pool = pool
    this.changed()
  }

  choose(): Server | undefined {
    let best: Server | undefined
    let first: Leaf | undefined
    for (const server of this.pool.scan) {
      if (!isEligible(server)) continue
      const leaf = this.leaves.get(server)!
      const isBefore =
        first === undefined ||
        leaf.key < first.key ||
        (leaf.key === first.key && leaf.order < first.order)
      if (!isBefore) continue
      best = server
      first = leaf
    }
    return best
  }

  changed(): void {
    const { scan } = this.pool
    for (const server of this.leaves.keys()) if (!scan.includes(server)) this.leaves.delete(server)
    for (const server of scan) this.counted(server)
  }

  counted(server: Server): void {
    const { active, weight } = server
    if (weight === 0 || !this.pool.scan.includes(server)) {
      this.leaves.delete(server)
      return
    }
    const key = active === 0 ? 0 : Math.floor(((active + 1) * PARTS) / weight)
    const leaf = this.leaves.get(server)
    if (leaf?.key === key) return
    this.leaves.set(server, { key, order: ++this.orders })
  }
}

export const weightedLeastConnections: Scheduler = {
  name: 'weighted-least-connections',
  sentence: 'the server with the fewest connections for its weight',
  source:
    'Linux net/netfilter/ipvs/ip_vs_wlc.c; rule nginx: ngx_http_upstream_least_conn_module.c; ' +
    'rule haproxy: HAProxy src/lb_fwlc.c',
  elsewhere: [
    'wlc (IPVS)',
    'Weighted Least Connections (F5)',
    'weighted-least-connection (A10)',
    'rule nginx: least_conn (nginx)',
    'rule haproxy: leastconn (HAProxy)',
  ],
  byShare: true,
  start(pool, { settings, ports }) {
    if (settings.rule === 'nginx') return new NginxTurn(pool)
    if (settings.rule === 'haproxy') return new HaproxyTurn(pool)
    const load = loadFor(settings.per, ports)
    return turnOf(pool, (scan) => lightest(scan, load))
  },
}
