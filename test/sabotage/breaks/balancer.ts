import type { Break } from '../break.ts'

export const BALANCER: readonly Break[] = [
  {
    name: 'direct routing goes by the destination, which is the balancer itself',
    file: 'sim/balancer/forward/direct.ts',
    find: '    packet.nextHop = flows.serverAddress(row)\n',
    become: '    void packet\n    void flows.serverAddress(row)\n',
  },
  {
    name: 'a bridging balancer is a hop',
    file: 'sim/balancer/forward/l2.ts',
    find: '    return RELAY\n',
    become: '    return (RELAY - 2) as 3\n',
  },
  {
    name: 'a reply to the source of the balancer stays there',
    file: 'sim/balancer/forward/snat.ts',
    find: '    rewriteDestination(packet, flows.clientAddress(row), flows.clientPort(row), context)\n',
    become: '',
  },
  {
    name: 'an error about a connection with a source of the balancer keeps that source in its quote',
    file: 'sim/balancer/icmp-errors.ts',
    find: '    quote.rewriteSource(packet, flows.clientAddress(row), flows.clientPort(row))\n',
    become: '',
  },
  {
    name: 'the balancer waits for answers that never pass it',
    file: 'sim/balancer/connections.ts',
    find: 'service.forwarder.seesReplies ? FROM_CLIENT : CLIENT_ONLY',
    become: 'service.forwarder.seesReplies ? FROM_CLIENT : (void CLIENT_ONLY, FROM_CLIENT)',
  },
  {
    name: 'one-packet scheduling remembers its packets',
    file: 'sim/balancer/balancer.ts',
    find: 'if (service.config.onePacket && packet.protocol !== ipv4.TCP) this.kept.end(row)',
    become: 'if (service.config.onePacket && packet.protocol === ipv4.TCP) this.kept.end(row)',
  },
  {
    name: 'a client that finds no server hears nothing',
    file: 'sim/balancer/balancer.ts',
    find: '  packet.reason = reason\n  return REJECT\n',
    become: '  packet.reason = reason\n  return DROP\n',
  },
  {
    name: 'a connection that is being closed counts as open',
    file: 'sim/balancer/states.ts',
    find: 'return state === ESTABLISHED || state === SYN_RECV ||',
    become: 'return state === ESTABLISHED || state === FIN_WAIT || state === SYN_RECV ||',
  },
]
