import type { Break } from '../break.ts'

/** Who asks whom for a MAC, and what is kept of the answer. */
export const NEIGHBOURS: readonly Break[] = [
  {
    name: 'a request teaches the asked machine nothing',
    file: 'sim/host/arp.ts',
    find: '      if (sender !== 0) neighbours.update(neighbours.entry(iface, sender), hi, lo, STALE, true)\n',
    become: '',
  },
  {
    name: 'packets that wait for ARP are forgotten when the answer comes',
    file: 'sim/host/neighbour.ts',
    find: '    if (!known) this.release(n)\n',
    become: '    if (!known) n.waiting.length = 0\n',
  },
  {
    name: 'an announcement does not replace a MAC that was just learned',
    file: 'sim/host/arp.ts',
    find: '    const override = gratuitous || now > neighbour.updatedNs + locktimeNs\n',
    become: '    const override = now > neighbour.updatedNs + locktimeNs\n',
  },
]
