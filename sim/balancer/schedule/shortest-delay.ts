import type { Server } from '../service.ts'
import { lightest, turnOf } from './lightest.ts'
import type { Scheduler } from './scheduler.ts'

/** Active connections of a server if it got this one too; inactive ones do not count. */
export function expectedLoad(server: Server): number {
  return server.active + 1
}

export const shortestDelay: Scheduler = {
  name: 'shortest-delay',
  sentence: 'the server that would have the fewest active connections for its weight with this one',
  source: 'Linux net/netfilter/ipvs/ip_vs_sed.c',
  elsewhere: ['sed (IPVS)'],
  byShare: true,
  start: (pool) => turnOf(pool, (scan) => lightest(scan, expectedLoad)),
}
