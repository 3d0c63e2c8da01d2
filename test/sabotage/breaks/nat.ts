import type { Break } from '../break.ts'

/** Connection tracking and address translation. */
export const NAT: readonly Break[] = [
  {
    name: 'a port of the gateway is given away although another connection has it',
    file: 'sim/nat/port-pool.ts',
    find: '    if (found === NO_FLOW) return true\n',
    become: '    if (found >= NO_FLOW) return true\n',
  },
  {
    name: 'the source port of a forwarded connection changes although it is free',
    file: 'sim/nat/port-pool.ts',
    find: '      if (this.isFree(dst, ports, protocol)) return true\n',
    become:
      '      if (ports < 0) return true\n      if (this.search(range, dst, ports, protocol)) return true\n',
  },
  {
    name: 'the answers of a masqueraded connection keep the public address',
    file: 'sim/nat/translation.ts',
    find: '(reply ? CHANGES_SOURCE : CHANGES_DESTINATION)) === 0) return',
    become: '(reply ? 0 : CHANGES_DESTINATION)) === 0) return',
  },
  {
    name: 'a quoted packet keeps the translated destination although its error is translated',
    file: 'sim/nat/translation.ts',
    find: 'if (isReport && this.quote.read(packet)) this.quote.rewriteDestination(packet, address, kept)',
    become: 'if (isReport) this.quote.read(packet)',
  },
  {
    name: 'the identifier of an echo stays although another machine has it outside',
    file: 'sim/nat/rewrite.ts',
    find: '  view.setUint16(transport + 4, ident)\n',
    become: '  view.setUint16(transport + 4, before)\n',
  },
  {
    name: 'a refused connection is remembered although nobody will speak of it again',
    file: 'sim/nat/tracker.ts',
    find: '    if (became === ENDS) this.ended = row\n',
    become: '    if (became === ENDS) flows.touch(row, tcp.timeout, this.clock.now)\n',
  },
  {
    name: 'a rule passes over every second server although it has turns for all',
    file: 'sim/nat/rules.ts',
    find: 'this.turns[index] = (turn + 1) % targets.length',
    become: 'this.turns[index] = (turn + 2) % targets.length',
  },
  {
    name: 'what a service balances is tracked although the machine is told not to',
    file: 'sim/nat/bindings.ts',
    find: 'rule?.onlyTranslated !== true) return UNTRACKED',
    become: 'rule?.onlyTranslated !== true && packet.flow < 0) return UNTRACKED',
  },
  {
    name: 'a full table gives up what is established although others are not',
    file: 'sim/nat/conntrack.ts',
    find: '        if ((flows.flags[row]! & ASSURED) === 0) {',
    become: '        if ((flows.flags[row]! & ASSURED) >= 0) {',
  },
  {
    name: 'the ICMP checksum is not mended when the quote changes',
    file: 'sim/nat/quote.ts',
    find: '      icmp.changed32(view, packet.transport, before, after)\n',
    become: '',
  },
  {
    name: 'the checksum inside a quote stays as it was',
    file: 'sim/nat/quote.ts',
    find: '      if (this.protocol !== ipv4.ICMP) {\n',
    become: '      if (this.protocol === ipv4.ICMP) {\n',
  },
  {
    name: 'the checksum of the quoted header stays as it was',
    file: 'sim/nat/quote.ts',
    find: '      change16(packet, header, update32(view.getUint16(header), before, after))\n',
    become: '',
  },
  {
    name: 'a rule acts before it was added',
    file: 'sim/nat/rules.ts',
    find: '      startsNs <= packet.nowNs &&\n',
    become: '      (startsNs <= packet.nowNs || true) &&\n',
  },
]
