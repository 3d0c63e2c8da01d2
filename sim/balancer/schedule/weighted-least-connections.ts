import { lightest, overhead, turnOf } from './lightest.ts'
import type { Scheduler } from './scheduler.ts'

export const weightedLeastConnections: Scheduler = {
  name: 'weighted-least-connections',
  sentence: 'the server with the fewest connections for its weight',
  source: 'Linux net/netfilter/ipvs/ip_vs_wlc.c',
  elsewhere: ['wlc (IPVS)', 'Ratio Least Connections (F5)', 'weighted-least-connection (A10)'],
  start: (pool) => turnOf(pool, (scan) => lightest(scan, overhead)),
}
