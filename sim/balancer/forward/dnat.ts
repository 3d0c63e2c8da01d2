import { ACCEPT, REROUTE } from '../../hook/hook.ts'
import { rewriteDestination, rewriteSource } from '../../nat/rewrite.ts'
import type { Forwarder } from './forwarder.ts'

/**
 * The destination becomes the server's address and port; in the reply the source becomes the
 * virtual ones again (IPVS: masquerading; Linux net/netfilter/ipvs/ip_vs_xmit.c, ip_vs_nat_xmit).
 * The client's address stays, so replies must be routed back through the balancer.
 */
export const dnat: Forwarder = {
  name: 'dnat',
  sentence: 'rewrites the destination of requests and the source of replies',
  source: 'Linux net/netfilter/ipvs/ip_vs_xmit.c, ip_vs_nat_xmit',
  elsewhere: ['-m, masquerading (IPVS)', 'NAT mode', 'SLB NAT (A10)'],
  seesReplies: true,
  changesSource: false,
  isHop: true,
  serverPort: (server, virtualPort) => (server.port === 0 ? virtualPort : server.port),
  request(packet, row, flows, context) {
    rewriteDestination(packet, flows.serverAddress(row), flows.serverPort(row), context)
    return REROUTE
  },
  reply(packet, row, flows, context) {
    rewriteSource(packet, flows.virtualAddress(row), flows.virtualPort(row), context)
    return ACCEPT
  },
}
