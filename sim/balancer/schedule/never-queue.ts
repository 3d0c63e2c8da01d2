import type { Server } from '../service.ts'
import { lightest, turnOf } from './lightest.ts'
import { isEligible, type Scheduler } from './scheduler.ts'
import { expectedLoad } from './shortest-delay.ts'

function idleOrShortest(scan: readonly Server[]): Server | undefined {
  for (let i = 0; i < scan.length; i++) {
    const server = scan[i]!
    if (isEligible(server) && server.active === 0) return server
  }
  return lightest(scan, expectedLoad)
}

export const neverQueue: Scheduler = {
  name: 'never-queue',
  sentence: 'the first server without an active connection, else as shortest-delay',
  source: 'Linux net/netfilter/ipvs/ip_vs_nq.c',
  elsewhere: ['nq (IPVS)'],
  byShare: true,
  start: (pool) => turnOf(pool, idleOrShortest),
}
