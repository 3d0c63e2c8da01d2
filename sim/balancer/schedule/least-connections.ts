import type { Server } from '../service.ts'
import { loadFor, turnOf } from './lightest.ts'
import { isEligible, type Scheduler } from './scheduler.ts'

/** Weights count as zero or not zero only. */
function fewest(scan: readonly Server[], load: (server: Server) => number): Server | undefined {
  let best: Server | undefined
  let bestLoad = 0
  for (let i = 0; i < scan.length; i++) {
    const server = scan[i]!
    if (!isEligible(server)) continue
    const mine = load(server)
    if (best === undefined || mine < bestLoad) {
      best = server
      bestLoad = mine
    }
  }
  return best
}

export const leastConnections: Scheduler = {
  name: 'least-connections',
  sentence: 'the server with the fewest connections; an active one weighs as 257 inactive ones',
  source: 'Linux net/netfilter/ipvs/ip_vs_lc.c',
  elsewhere: [
    'lc (IPVS)',
    'Least Connections (member), with per: server Least Connections (node) (F5)',
    'service-least-connection, with per: server least-connection (A10)',
  ],
  start(pool, { settings, ports }) {
    const load = loadFor(settings.per, ports)
    return turnOf(pool, (scan) => fewest(scan, load))
  },
}
