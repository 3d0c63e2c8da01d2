import type { Break } from '../break.ts'

/** IPv6: neighbour discovery, ICMPv6, fragments, routes. */
export const IPV6: readonly Break[] = [
  {
    name: 'a neighbour is asked for in the group of all nodes',
    file: 'sim/host/ndp.ts',
    find: 'book.numberOf(...solicitedNode(book.word(address, 3)))',
    become: 'book.numberOf(...ALL_NODES)',
  },
  {
    name: 'a router asks in the name of the sender whose packet waits',
    file: 'sim/host/ndp.ts',
    find: 'packetSource !== 0 && link.has(packetSource) ? packetSource : link.linkLocal',
    become: 'packetSource !== 0 ? packetSource : link.linkLocal',
  },
  {
    name: 'every interface answers for every address of the machine, as with ARP',
    file: 'sim/host/ndp.ts',
    find: 'if (!host.ipv6.link(iface).has(target)) return NOT_FOR_US',
    become: 'if (!host.routes.isLocal(target)) return NOT_FOR_US',
  },
  {
    name: 'the answer to a probe overrides and names the MAC',
    file: 'sim/host/ndp.ts',
    find: `    const override = isGroup ? ndp.OVERRIDE : 0
    const flags = router | ndp.SOLICITED | override
    const answer = this.answerTo(packet, iface, target, flags, isGroup)`,
    become: `    const flags = router | ndp.SOLICITED | ndp.OVERRIDE
    const answer = this.answerTo(packet, iface, target, flags, true)`,
  },
  {
    name: 'the hop limit of IPv6 is not lowered',
    file: 'sim/host/ipv6-forwarding.ts',
    find: '  ipv6.decrementHopLimit(view, network)\n',
    become: '',
  },
  {
    name: 'a router cuts IPv6 packets',
    file: 'sim/host/ipv6-forwarding.ts',
    find: '  if (longest > mtu) {',
    become: '  if (longest > 65535) {',
  },
  {
    name: 'an ICMPv6 error quotes no more than one of IPv4',
    file: 'sim/host/icmpv6.ts',
    find: 'const room = ipv6.MIN_MTU - ipv6.HEADER_LEN - icmpv6.HEADER_LEN',
    become: 'const room = 576 - ipv6.HEADER_LEN - icmpv6.HEADER_LEN',
  },
  {
    name: 'the checksum of ICMPv6 leaves out the addresses',
    file: 'sim/wire/icmpv6.ts',
    find: '  v.setUint16(at + 2, ~fold(sumOf(bytes, words, at, length) + pseudo) & 0xffff)',
    become: '  v.setUint16(at + 2, ~fold(sumOf(bytes, words, at, length) + 0 * pseudo) & 0xffff)',
  },
  {
    name: 'any machine may redirect',
    file: 'sim/host/ipv6-redirects.ts',
    find: 'path.local || path.onLink || path.nextHop !== src) return REFUSED',
    become: 'path.local || path.onLink) return REFUSED',
  },
  {
    name: 'fragments of IPv6 are not joined before they are translated',
    file: 'sim/lab/build/services.ts',
    find: '    host.ipv6.defragments = true\n',
    become: '',
  },
]
