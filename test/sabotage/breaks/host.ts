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
    find: '      host.icmp.sendError(frame, icmp.UNREACHABLE, icmp.PORT_UNREACHABLE, 0)\n',
    become: '',
  },
  {
    name: 'a router keeps silent when the TTL is used up',
    file: 'sim/host/forwarding.ts',
    find: '    host.icmp.sendError(frame, icmp.TIME_EXCEEDED, 0, 0)\n',
    become: '',
  },
]
