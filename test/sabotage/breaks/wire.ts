import type { Break } from '../break.ts'

/** Headers and their checksums. */
export const WIRE: readonly Break[] = [
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
    name: 'the header checksum is not mended when the source changes',
    file: 'sim/wire/ipv4.ts',
    find: '  v.setUint16(at + 10, update32(v.getUint16(at + 10), v.getUint32(at + 12), to))\n',
    become: '',
  },
  {
    name: 'the header checksum is not mended when the destination changes',
    file: 'sim/wire/ipv4.ts',
    find: '  v.setUint16(at + 10, update32(v.getUint16(at + 10), v.getUint32(at + 16), to))\n',
    become: '',
  },
  {
    name: 'the UDP checksum is not mended when a port changes',
    file: 'sim/wire/udp.ts',
    find: '  const sum = update16(old, from, to)\n',
    become: '  const sum = from === to ? update16(old, from, to) : old\n',
  },
]
