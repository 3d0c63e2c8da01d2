import type { Server } from '../service.ts'
import { turnOf } from './lightest.ts'
import { isEligible, type Scheduler } from './scheduler.ts'

function heaviest(scan: readonly Server[]): Server | undefined {
  let best: Server | undefined
  for (let i = 0; i < scan.length; i++) {
    const server = scan[i]!
    if (isEligible(server) && server.weight > (best?.weight ?? 0)) best = server
  }
  return best
}

export const failOver: Scheduler = {
  name: 'fail-over',
  sentence: 'the server with the highest weight takes everything until it is taken out',
  source: 'Linux net/netfilter/ipvs/ip_vs_fo.c',
  elsewhere: ['fo (IPVS)', 'first and backup servers (HAProxy, nginx)', 'hot standby'],
  start: (pool) => turnOf(pool, heaviest),
}
