import type { Break } from '../break.ts'

/** What must not be taken for granted where something is looked at only once. */
export const SPEED: readonly Break[] = [
  {
    name: 'a router changes the last octet of what it passes on',
    file: 'sim/host/forwarding.ts',
    find: '  ipv4.decrementTtl(view, network)\n',
    become: '  ipv4.decrementTtl(view, network)\n  frame.bytes[frame.end - 1]! ^= 1\n',
  },
  {
    name: 'every request that a server has read before is taken for the first of them',
    file: 'sim/wire/http-heads.ts',
    find: '    if (octets[i] !== head[i]) return false',
    become: '    if (octets[i] === 256) return false',
  },
]
