import type { Break } from '../break.ts'

/** Transports, programs and names where there are two families. */
export const FAMILIES: readonly Break[] = [
  {
    name: 'a machine of both families asks for the addresses of IPv4 only',
    file: 'sim/app/resolver.ts',
    find: 'return family === undefined ? speaks(this.host, own) : own === family',
    become: 'return family === undefined ? own === 4 : own === family',
  },
  {
    name: 'an address of IPv4 is taken before one of IPv6',
    file: 'sim/app/resolver.ts',
    find: '(one.family === 6 ? 0 : 1)',
    become: '(one.family === 6 ? 1 : 0)',
  },
  {
    name: 'an address without a route comes first all the same',
    file: 'sim/app/resolver.ts',
    find: '(reached(one) ? 0 : 2)',
    become: '(reached(one) ? 0 : 0)',
  },
  {
    name: 'TCP takes the header of IPv6 for one of 20 octets when it offers a segment size',
    file: 'sim/host/tcp/identity.ts',
    find: 'ip.headerLen(familyOf(remote))',
    become: 'ip.headerLen(familyOf(remote) && 4)',
  },
  {
    name: 'a connection over IPv6 has another flow label in each packet',
    file: 'sim/host/tcp/segment.ts',
    find: 'const ident = family === 6 ? c.flowLabel[s]! : c.ipIdent[s]!',
    become: 'const ident = family === 6 ? t.host.flowLabels.draw() : c.ipIdent[s]!',
  },
  {
    name: 'a script does not put the address of its caller in brackets',
    file: 'sim/wire/address-book.ts',
    find: 'return isIpv6(number) ? ',
    become: 'return number < 0 ? ',
  },
]
