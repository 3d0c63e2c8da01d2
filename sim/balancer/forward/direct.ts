import { ACCEPT, REROUTE } from '../../hook/hook.ts'
import type { Forwarder } from './forwarder.ts'

/**
 * Direct routing: the packet is routed to the server while its destination stays the virtual
 * address, so all that changes are TTL and MACs (Linux net/netfilter/ipvs/ip_vs_xmit.c,
 * ip_vs_dr_xmit). The server must own the virtual address too, and answers the client past the
 * balancer.
 *
 * Nothing is translated, so the port stays the one the client asked, whatever port the server is
 * listed with; IPVS accepts another one in silence.
 */
export const direct: Forwarder = {
  name: 'direct',
  sentence: 'routes requests to the server and leaves addresses and ports as they are',
  source: 'Linux net/netfilter/ipvs/ip_vs_xmit.c, ip_vs_dr_xmit',
  elsewhere: ['-g, gatewaying (IPVS)', 'DSR, direct server return (A10)', 'nPath (F5)'],
  seesReplies: false,
  changesSource: false,
  isHop: true,
  serverPort: (_server, virtualPort) => virtualPort,
  request(packet, row, flows) {
    packet.nextHop = flows.serverAddress(row)
    return REROUTE
  },
  reply: () => ACCEPT,
}
