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
    find: 'seesReplies ? both : half',
    become: 'seesReplies ? both : (void half, both)',
  },
  {
    name: 'one-packet scheduling remembers its packets',
    file: 'sim/balancer/balancer.ts',
    find: 'if (onePacket && packet.protocol !== ipv4.TCP) this.kept.end(row)',
    become: 'if (onePacket && packet.protocol === ipv4.TCP) this.kept.end(row)',
  },
  {
    name: 'a client that finds no server hears nothing',
    file: 'sim/balancer/balanced-packet.ts',
    find: '  packet.reason = reason\n  return REJECT\n',
    become: '  packet.reason = reason\n  return DROP\n',
  },
  {
    name: 'a connection that is being closed counts as open',
    file: 'sim/balancer/states.ts',
    find: 'return state === ESTABLISHED || state === SYN_RECV ||',
    become: 'return state === ESTABLISHED || state === FIN_WAIT || state === SYN_RECV ||',
  },
  {
    name: 'the reply keeps the address of the server',
    file: 'sim/balancer/forward/dnat.ts',
    find: '    rewriteSource(packet, flows.virtualAddress(row), flows.virtualPort(row), context)\n',
    become: '',
  },
  {
    name: 'the reply keeps the port of the server',
    file: 'sim/balancer/forward/dnat.ts',
    find: 'rewriteSource(packet, flows.virtualAddress(row), flows.virtualPort(row), context)',
    become: 'rewriteSource(packet, flows.virtualAddress(row), -1, context)',
  },
  {
    name: 'the port of a request is not mapped',
    file: 'sim/balancer/forward/dnat.ts',
    find: 'rewriteDestination(packet, flows.serverAddress(row), flows.serverPort(row), context)',
    become: 'rewriteDestination(packet, flows.serverAddress(row), -1, context)',
  },
  {
    name: 'the quote of an ICMP error is not translated',
    file: 'sim/balancer/icmp-errors.ts',
    find: '    quote.rewriteDestination(packet, flows.virtualAddress(row), flows.virtualPort(row))\n',
    become: '',
  },
  {
    name: 'an ICMP error comes from behind the balancer',
    file: 'sim/balancer/icmp-errors.ts',
    find: '    rewriteSourceAddress(packet, flows.virtualAddress(row), context)\n',
    become: '',
  },
  {
    name: 'round robin begins with the second server',
    file: 'sim/balancer/schedule/round-robin.ts',
    find: 'let at = this.last + step',
    become: 'let at = this.last + step + (this.last < 0 ? 1 : 0)',
  },
  {
    name: 'round robin skips a server',
    file: 'sim/balancer/schedule/round-robin.ts',
    find: '        this.last = at\n',
    become: '        this.last = at + 1\n',
  },
  {
    name: 'any segment begins a connection',
    file: 'sim/balancer/connections.ts',
    find: 'return (flags & tcp.SYN) !== 0 || this',
    become: 'return (flags & tcp.SYN) >= 0 || this',
  },
  {
    name: 'connections are forgotten as soon as they are made',
    file: 'sim/balancer/connections.ts',
    find: '    flows.touch(row, this.timeouts[after]!, this.context.clock.now)\n',
    become: '    flows.touch(row, this.timeouts[after]!, this.context.clock.now - 1e13)\n',
  },
]
