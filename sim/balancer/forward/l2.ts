import { ACCEPT, RELAY } from '../../hook/hook.ts'
import type { Forwarder } from './forwarder.ts'

/**
 * The frame goes on to the server's MAC and nothing in the IP packet changes, not even the TTL: the
 * balancer acts as a bridge that chooses the port, and cannot be seen in a traceroute. Server and
 * balancer must share a wire, and the server must own the virtual address.
 */
export const l2: Forwarder = {
  name: 'l2',
  sentence: 'gives the frame the MAC of the server and leaves the packet untouched, TTL included',
  source: 'nftables 1.0, netdev hook: ether daddr set, fwd to (man nft, FWD STATEMENT)',
  elsewhere: ['MAC address translation', 'dispatched mode (Cisco IOS SLB)'],
  seesReplies: false,
  changesSource: false,
  isHop: false,
  serverPort: (_server, virtualPort) => virtualPort,
  request(packet, row, flows) {
    packet.nextHop = flows.serverAddress(row)
    return RELAY
  },
  reply: () => ACCEPT,
}
