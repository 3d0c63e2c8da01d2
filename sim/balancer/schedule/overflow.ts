import type { Server } from '../service.ts'
import { turnOf } from './lightest.ts'
import { isEligible, type Scheduler } from './scheduler.ts'

/** Weight w lets w + 1 connections in: the comparison is made before the new one counts. */
function heaviestWithRoom(scan: readonly Server[]): Server | undefined {
  let best: Server | undefined
  for (let i = 0; i < scan.length; i++) {
    const server = scan[i]!
    if (!isEligible(server) || server.active > server.weight) continue
    if (server.weight > (best?.weight ?? 0)) best = server
  }
  return best
}

export const overflow: Scheduler = {
  name: 'overflow',
  sentence:
    'the highest weight until it has more active connections than its weight, then the next',
  source: 'Linux net/netfilter/ipvs/ip_vs_ovf.c',
  elsewhere: ['ovf (IPVS)', 'first with maxconn (HAProxy)'],
  mayRefuse: true,
  start: (pool) => turnOf(pool, heaviestWithRoom),
}
