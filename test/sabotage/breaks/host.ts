import type { Break } from '../break.ts'

/** A machine's IPv4, ICMP and UDP: routing, errors, fragments. */
export const HOST: readonly Break[] = [
  {
    name: 'a router forgets to lower the TTL',
    file: 'sim/host/forwarding.ts',
    find: '  ipv4.decrementTtl(view, network)\n',
    become: '',
  },
  {
    name: 'a machine without a listener answers nothing to UDP',
    file: 'sim/host/udp.ts',
    find: '      host.ip.portUnreachable(frame)\n',
    become: '',
  },
  {
    name: 'a router keeps silent when the TTL is used up',
    file: 'sim/host/forwarding.ts',
    find: '    host.icmp.sendError(frame, icmp.TIME_EXCEEDED, 0, 0)\n',
    become: '',
  },
  {
    name: 'a router sends no redirects',
    file: 'sim/host/forwarding.ts',
    find: '  if (isDetour(iface, path, src, judged)) host.icmp.redirects.send(frame, path)\n',
    become: '  void isDetour(iface, path, src, judged)\n',
  },
  {
    name: 'a redirect is obeyed although nobody knows the gateway yet',
    file: 'sim/host/path-learning.ts',
    find: '  if (neighbours.find(iface, gateway)?.hasMac !== true) {\n',
    become: '  if (neighbours.find(iface, gateway)?.hasMac === null) {\n',
  },
  {
    name: 'what a redirect taught is kept for ever',
    file: 'sim/host/path-learning.ts',
    find: 'routes.exceptions.learnGateway(destination, gateway, now, now + lifeNs)',
    become: 'routes.exceptions.learnGateway(destination, gateway, now, now + lifeNs * 1000)',
  },
  {
    name: 'the reverse path filter lets everything pass',
    file: 'sim/host/reverse-path.ts',
    find: '  if (rpFilter === 1 || (rpFilter !== 0 && iface.addresses.length === 0)) return SOURCE_ELSEWHERE\n',
    become: '',
  },
  {
    name: '"fragmentation needed" teaches nothing',
    file: 'sim/host/icmp.ts',
    find: '      learnMtu(this.host, dst, mtu)\n',
    become: '      void learnMtu\n',
  },
  {
    name: 'an ICMP error quotes more than fits 576 octets',
    file: 'sim/host/icmp.ts',
    find: 'const ERROR_MAX = 576\n',
    become: 'const ERROR_MAX = 1500\n',
  },
  {
    name: 'an ICMP error never comes from the address that was asked',
    file: 'sim/host/icmp.ts',
    find: '    if (host.routes.isLocal(dst)) return dst\n',
    become: '',
  },
  {
    name: 'ICMP errors are sent at any rate',
    file: 'sim/host/icmp-rate.ts',
    find: '    if (this.allowsOne() && this.allowsTo(to)) return true\n',
    become: '    if (this.allowsOne() || !this.allowsTo(to)) return true\n',
  },
  {
    name: 'a router cuts what must not be cut',
    file: 'sim/host/forwarding.ts',
    find: 'if (frame.end - network > mtu && (ipv4.fragment(view, network) & ipv4.DF) !== 0) {',
    become: 'if (frame.end - network > mtu && mtu < 0) {',
  },
  {
    name: 'a fragment gets an id of its own',
    file: 'sim/host/fragments.ts',
    find: '      const more = done + size < payload ? ipv4.MF : tail\n',
    become:
      '      part.view.setUint16(part.network + 4, part.id & 0xffff)\n      const more = done + size < payload ? ipv4.MF : tail\n',
  },
  {
    name: 'every fragment says that it is the last',
    file: 'sim/host/fragments.ts',
    find: 'const more = done + size < payload ? ipv4.MF : tail',
    become: 'const more = tail',
  },
  {
    name: 'fragments are cut as large as the cable allows, whatever size they came in',
    file: 'sim/host/fragments.ts',
    find: 'const limit = whole.largestFragment === 0 ? mtu : Math.min(mtu, whole.largestFragment)',
    become: 'const limit = mtu',
  },
  {
    name: 'fragments pass the balancer one by one',
    file: 'sim/host/ipv4.ts',
    find: 'if (this.defragments && ipv4.isFragment(view, network)) {',
    become: 'if (this.defragments && network < 0) {',
  },
  {
    name: 'a filter that rejects says nothing',
    file: 'sim/lab/build/filters.ts',
    find: '    return rule.verdict\n',
    become: '    return DROP\n',
  },
  {
    name: 'a filter goes on asking after it has accepted',
    file: 'sim/lab/build/filters.ts',
    find: '    if (rule === undefined || rule.verdict === ACCEPT) return ACCEPT\n',
    become:
      '    if (rule === undefined) return ACCEPT\n    if (rule.verdict === ACCEPT) return DROP\n',
  },
]
