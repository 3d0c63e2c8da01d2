import type { Server } from '../service.ts'
import { overhead } from './lightest.ts'
import { isEligible, type Scheduler } from './scheduler.ts'
import { turnOf } from './lightest.ts'

/** Weights count as zero or not zero only. */
function fewest(scan: readonly Server[]): Server | undefined {
  let best: Server | undefined
  let bestLoad = 0
  for (let i = 0; i < scan.length; i++) {
    const server = scan[i]!
    if (!isEligible(server)) continue
    const load = overhead(server)
    if (best === undefined || load < bestLoad) {
      best = server
      bestLoad = load
    }
  }
  return best
}

export const leastConnections: Scheduler = {
  name: 'least-connections',
  sentence: 'the server with the fewest connections; an active one weighs as 257 inactive ones',
  source: 'Linux net/netfilter/ipvs/ip_vs_lc.c',
  elsewhere: ['lc (IPVS)', 'leastconn (HAProxy)', 'least_conn (nginx)', 'Least Connections (F5)'],
  start: (pool) => turnOf(pool, fewest),
}
