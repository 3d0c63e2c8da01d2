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
]
