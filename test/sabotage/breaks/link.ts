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
]
