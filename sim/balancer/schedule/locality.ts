import type { Arrival, Server } from '../service.ts'
import { lightest, overhead } from './lightest.ts'
import { isEligible, type Pool, type Scheduler, type Surroundings, type Turn } from './scheduler.ts'

/** A destination that nobody asked for this long is forgotten (lblc_expiration, 24 h). */
const FORGOTTEN_NS = 86_400_000_000_000
/** The kernel looks for such destinations every 30 minutes from the service's beginning on. */
const LOOK_NS = 1_800_000_000_000

/** Whether a destination was forgotten by the last look before now. */
function isForgotten(usedNs: number, beganNs: number, nowNs: number): boolean {
  const lookedNs = beganNs + Math.floor((nowNs - beganNs) / LOOK_NS) * LOOK_NS
  return lookedNs - usedNs >= FORGOTTEN_NS
}

/** A server has more active connections than its weight while another is less than half full. */
export function isSwamped(server: Server, scan: readonly Server[]): boolean {
  if (server.active <= server.weight) return false
  return scan.some((other) => other.active * 2 < other.weight)
}

/** Each destination address keeps its server, so that caches do not all fetch the same pages. */
class LocalityTurn implements Turn {
  private readonly pool: Pool
  private readonly around: Surroundings
  private readonly beganNs: number
  private readonly kept = new Map<number, { server: Server; usedNs: number }>()

  constructor(pool: Pool, around: Surroundings) {
    this.pool = pool
    this.around = around
    this.beganNs = around.clock.now
  }

  choose({ virtual }: Arrival): Server | undefined {
    const { scan } = this.pool
    const nowNs = this.around.clock.now
    const entry = this.kept.get(virtual)
    if (entry !== undefined && !isForgotten(entry.usedNs, this.beganNs, nowNs)) {
      entry.usedNs = nowNs
      const { server } = entry
      // Its thresholds are not asked: the kernel looks at presence and weight only (measured).
      if (server.present && server.weight > 0 && !isSwamped(server, scan)) return server
    }
    const chosen = lightest(scan, overhead)
    if (chosen === undefined) return undefined
    this.kept.set(virtual, { server: chosen, usedNs: nowNs })
    return chosen
  }

  changed(): void {}
}

/** Destinations with a set of servers, newest first. */
interface Entry {
  servers: Server[]
  usedNs: number
  changedNs: number
}

/** As above, with a set of servers for a destination: it grows under load and shrinks with time. */
class ReplicatedTurn implements Turn {
  private readonly pool: Pool
  private readonly around: Surroundings
  private readonly beganNs: number
  private readonly kept = new Map<number, Entry>()

  constructor(pool: Pool, around: Surroundings) {
    this.pool = pool
    this.around = around
    this.beganNs = around.clock.now
  }

  choose({ virtual }: Arrival): Server | undefined {
    const { scan } = this.pool
    const nowNs = this.around.clock.now
    const entry = this.kept.get(virtual)
    if (entry === undefined || isForgotten(entry.usedNs, this.beganNs, nowNs)) {
      const server = lightest(scan, overhead)
      if (server === undefined) return undefined
      this.kept.set(virtual, { servers: [server], usedNs: nowNs, changedNs: nowNs })
      return server
    }
    entry.usedNs = nowNs
    const able = entry.servers.filter((server) => server.present && isEligible(server))
    const best = lightest(able, overhead)
    if (entry.servers.length > 1 && nowNs - entry.changedNs > FORGOTTEN_NS) {
      this.shrink(entry, nowNs)
    }
    if (best !== undefined && !isSwamped(best, scan)) return best
    const chosen = lightest(scan, overhead)
    if (chosen === undefined) return undefined
    if (!entry.servers.includes(chosen)) {
      entry.servers = [chosen, ...entry.servers]
      entry.changedNs = nowNs
    }
    return chosen
  }

  changed(): void {}

  /** The most loaded one that has weight leaves the set, whether it may be chosen or not. */
  private shrink(entry: Entry, nowNs: number): void {
    let most: Server | undefined
    for (const server of entry.servers) {
      if (server.weight === 0) continue
      if (most === undefined || overhead(most) * server.weight < overhead(server) * most.weight) {
        most = server
      }
    }
    entry.servers = entry.servers.filter((server) => server !== most)
    entry.changedNs = nowNs
  }
}

export const locality: Scheduler = {
  name: 'locality',
  sentence: 'the address asked for keeps its server until that one is overloaded',
  source: 'Linux net/netfilter/ipvs/ip_vs_lblc.c',
  elsewhere: ['lblc (IPVS)'],
  byHash: true,
  start: (pool, around) => new LocalityTurn(pool, around),
}

export const localityReplicated: Scheduler = {
  name: 'locality-replicated',
  sentence: 'the address asked for keeps a set of servers that grows when they are overloaded',
  source: 'Linux net/netfilter/ipvs/ip_vs_lblcr.c',
  elsewhere: ['lblcr (IPVS)'],
  byHash: true,
  start: (pool, around) => new ReplicatedTurn(pool, around),
}
