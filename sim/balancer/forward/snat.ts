import { ACCEPT, INPUT, REROUTE } from '../../hook/hook.ts'
import { rewriteDestination, rewriteSource } from '../../nat/rewrite.ts'
import type { Forwarder } from './forwarder.ts'

/**
 * Both ends of the packet change: the destination becomes the server, the source an address and
 * port of the balancer's, chosen when the connection begins. Replies come to that address, so the
 * servers need no route through the balancer; they no longer see who asked.
 *
 * IPVS does it as masquerading with a source rule in POSTROUTING and net.ipv4.vs.conntrack = 1.
 */
export const snat: Forwarder = {
  name: 'snat',
  sentence: 'rewrites the destination and makes the balancer the source, so that replies come back',
  source: 'Linux net/netfilter/ipvs/ip_vs_nfct.c with net/netfilter/nf_nat_core.c',
  elsewhere: ['-m with a SNAT rule (IPVS)', 'full NAT', 'Source NAT pool (A10)', 'SNAT pool (F5)'],
  seesReplies: true,
  changesSource: true,
  isHop: true,
  serverPort: (server, virtualPort) => (server.port === 0 ? virtualPort : server.port),
  request(packet, row, flows, context) {
    rewriteDestination(packet, flows.serverAddress(row), flows.serverPort(row), context)
    rewriteSource(packet, flows.outsideAddress(row), flows.outsidePort(row), context)
    return REROUTE
  },
  reply(packet, row, flows, context) {
    rewriteSource(packet, flows.virtualAddress(row), flows.virtualPort(row), context)
    rewriteDestination(packet, flows.clientAddress(row), flows.clientPort(row), context)
    // It had come to the balancer itself.
    return packet.hook === INPUT ? REROUTE : ACCEPT
  },
}
