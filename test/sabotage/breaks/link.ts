import type { Break } from '../break.ts'

/** Cables and switches. */
export const LINK: readonly Break[] = [
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
    name: 'the switch learns who is asked instead of who speaks',
    file: 'sim/link/switch.ts',
    find: 'this.learn(ethernet.srcHi(view, start), ethernet.srcLo(view, start), from)',
    become: 'this.learn(ethernet.dstHi(view, start), ethernet.dstLo(view, start), from)',
  },
  {
    name: 'the switch floods to the port plugged in first',
    file: 'sim/link/switch.ts',
    find: 'for (let i = this.ports.length - 1; i >= 0; i--) {',
    become: 'for (let i = 0; i < this.ports.length; i++) {',
  },
  {
    name: 'a cable takes no time',
    file: 'sim/link/port.ts',
    find: 'const arrival = this.busyUntilNs + settings.delayNs',
    become: 'const arrival = this.busyUntilNs',
  },
]
