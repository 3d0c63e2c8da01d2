import { ACCEPT } from '../../hook/hook.ts'
import type { Forwarder } from './forwarder.ts'

/**
 * The balancer serves the request itself: the packet goes up to its own programs as it came (Linux
 * net/netfilter/ipvs/ip_vs_xmit.c, ip_vs_null_xmit). The connection is remembered and counted all
 * the same.
 */
export const local: Forwarder = {
  name: 'local',
  sentence: 'hands requests to the programs of the balancer itself',
  source: 'Linux net/netfilter/ipvs/ip_vs_xmit.c, ip_vs_null_xmit',
  elsewhere: ['local node (IPVS)'],
  seesReplies: false,
  changesSource: false,
  isHop: false,
  serverPort: (_server, virtualPort) => virtualPort,
  request: () => ACCEPT,
  reply: () => ACCEPT,
}
