/**
 * One deliberate break: in `file`, the text `find` (which must stand there once) becomes `become`.
 */
export interface Break {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly become: string
}

/** What must never go unnoticed. Each is a mistake that somebody could make. */
export const BREAKS: readonly Break[] = [
  {
    name: 'a router forgets to lower the TTL',
    file: 'sim/host/forwarding.ts',
    find: '  ipv4.decrementTtl(view, network)\n',
    become: '',
  },
  {
    name: 'the header checksum is not mended when the TTL falls',
    file: 'sim/wire/ipv4.ts',
    find: '  v.setUint16(at + 10, update16(v.getUint16(at + 10), before, before - 0x100))\n',
    become: '',
  },
  {
    name: 'the TCP checksum is not mended when an address changes',
    file: 'sim/wire/tcp.ts',
    find: 'v.setUint16(at + 16, update32(v.getUint16(at + 16), from, to))',
    become: 'void (v.getUint16(at + 16) + from + to), void update32',
  },
  {
    name: 'the UDP checksum is not mended when an address changes',
    file: 'sim/wire/udp.ts',
    find: '  const sum = update32(old, from, to)\n',
    become: '  void update32\n  void from\n  void to\n  const sum = old\n',
  },
  {
    name: 'the switch loses every tenth known frame',
    file: 'sim/link/switch.ts',
    find: '    entry.port.transmit(frame)\n',
    become:
      '    if (frame.id % 10 !== 0) entry.port.transmit(frame)\n' +
      '    else this.cabling.pool.release(frame)\n',
  },
  {
    name: 'the switch floods what it knows',
    file: 'sim/link/switch.ts',
    find: 'if (entry === undefined || this.cabling.agenda.now - entry.seenNs > AGEING_NS) {',
    become: 'if (entry === undefined || entry !== undefined) {',
  },
  {
    name: 'a request teaches the asked machine nothing',
    file: 'sim/host/neighbour.ts',
    find: '      if (sender !== 0) this.update(this.entry(iface, sender), hi, lo, STALE, true)\n',
    become: '',
  },
  {
    name: 'packets that wait for ARP are forgotten when the answer comes',
    file: 'sim/host/neighbour.ts',
    find: '    if (!known) this.release(n)\n',
    become: '    if (!known) n.waiting.length = 0\n',
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
