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
  {
    name: 'a machine answers ARP for whatever is asked',
    file: 'sim/host/arp.ts',
    find: 'operation === arp.REQUEST && this.host.routes.isLocal(target)',
    become: 'operation === arp.REQUEST',
  },
  {
    name: 'arp_ignore is not heeded',
    file: 'sim/host/arp-policy.ts',
    find: '  if (ignores(arpIgnore, iface, sender, target)) return false\n',
    become: '',
  },
  {
    name: 'a machine never asks for a MAC in the name of the packet that waits',
    file: 'sim/host/arp-policy.ts',
    find: '    if (arpAnnounce === 0 || iface.sharesSubnet(target, packetSource)) return packetSource\n',
    become:
      '    if (arpAnnounce < 0 || iface.sharesSubnet(target, packetSource)) return packetSource\n',
  },
  {
    name: 'an old entry is never asked about again',
    file: 'sim/host/neighbour.ts',
    find: 'if (neighbour.state !== STALE) return',
    become: 'if (neighbour.state !== STALE || neighbour.hasMac) return',
  },
  {
    name: 'a MAC is asked for only once',
    file: 'sim/host/neighbour.ts',
    find: '    this.startTimer(n, now + settings.retransNs)\n    this.probe(n)\n',
    become: '    this.startTimer(n, now + settings.retransNs)\n    n.probes++\n',
  },
  {
    name: 'the last of several answers wins',
    file: 'sim/host/arp.ts',
    find: 'const override = gratuitous || now > neighbour.updatedNs + locktimeNs',
    become: 'const override = now >= 0 || locktimeNs >= 0',
  },
  {
    name: 'nobody is told that a neighbour does not answer',
    file: 'sim/host/neighbour.ts',
    find: 'for (const frame of waiting) ip.linkFailed(frame, neighbour.iface, UNREACHABLE)',
    become:
      'for (const frame of waiting) this.host.drop(frame, neighbour.iface.place, UNREACHABLE)',
  },
]
