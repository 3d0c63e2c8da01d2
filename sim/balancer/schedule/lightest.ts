import type { Server } from '../service.ts'
import {
  isEligible,
  type Pool,
  type ScheduleSettings,
  type Surroundings,
  type Turn,
} from './scheduler.ts'

/**
 * What the connections of a server weigh: an active one as much as 257 inactive ones. The kernel
 * adds 256 times the active to all connections, the active among them (measured on 6.12; up to 6.1
 * it was 256 times the active, plus the inactive).
 */
export function overhead(server: Server): number {
  return 257 * server.active + server.inactive
}

/** What weighs on a server: its own connections, or those of its machine on all service ports. */
export function loadFor(
  per: ScheduleSettings['per'],
  ports: Surroundings['ports'],
): (server: Server) => number {
  if (per !== 'server') return overhead
  return (server) => ports(server).reduce((sum, port) => sum + overhead(port), 0)
}

/**
 * The first of those with the least load for their weight; loads are compared by multiplying
 * crosswise, so nothing is lost in a division.
 */
export function lightest(
  servers: readonly Server[],
  load: (server: Server) => number,
): Server | undefined {
  let best: Server | undefined
  let bestLoad = 0
  for (let i = 0; i < servers.length; i++) {
    const server = servers[i]!
    if (!isEligible(server)) continue
    const mine = load(server)
    if (best === undefined || bestLoad * server.weight > mine * best.weight) {
      best = server
      bestLoad = mine
    }
  }
  return best
}

/** A turn that remembers nothing: each choice looks at all servers as they are. */
export function turnOf(pool: Pool, choose: (scan: readonly Server[]) => Server | undefined): Turn {
  return { choose: () => choose(pool.scan), changed: () => {} }
}
