import type { Plan } from '../../../topology/plan.ts'
import { ICMP_NAMES } from './packet-line.ts'
import type { HostPattern, PacketPattern } from './packet-pattern.ts'

/** What is wrong with the families of a packet line: no packet could ever fit it. */
export interface FamilyProblem {
  readonly problem: string
  readonly hint?: string
}

/** A line that mixes IPv4 and IPv6, or asks one for what only the other has. */
export function familyProblem(packet: PacketPattern, plan: Plan): FamilyProblem | undefined {
  if (packet.kind === 'arp') {
    const isArp = familyOf(packet.address, plan) !== 6 && familyOf(packet.tell, plan) !== 6
    if (isArp) return undefined
    const hint = 'IPv6 asks by icmp neighbour-solicitation and answers by neighbour-advertisement'
    return { problem: 'ARP speaks of addresses of IPv4 only', hint }
  }
  const [from, to] =
    packet.kind === 'transport' ? [packet.from.host, packet.to.host] : [packet.from, packet.to]
  const [source, destination] = [familyOf(from, plan), familyOf(to, plan)]
  if (source !== undefined && destination !== undefined && source !== destination) {
    return { problem: `no packet goes from IPv${source} to IPv${destination}` }
  }
  const family = source ?? destination
  if (family === 6 && packet.details.df === true) {
    return { problem: 'IPv6 has no DF: its routers never cut a packet' }
  }
  if (packet.kind !== 'icmp' || family === undefined) return undefined
  if ((family === 4 ? packet.type : packet.type6) >= 0) return undefined
  const known = Object.entries(ICMP_NAMES)
    .filter(([, numbers]) => numbers[family === 4 ? 0 : 2] >= 0)
    .map(([name]) => name)
  return {
    problem: `IPv${family} has no ICMP message '${packet.name}'`,
    hint: `it has: ${known.join(' ')}`,
  }
}

/** The only family a pattern can mean; undefined when it may be either. */
function familyOf(host: HostPattern, plan: Plan): 4 | 6 | undefined {
  switch (host.kind) {
    case 'any':
      return undefined
    case 'address':
    case 'prefix':
      return host.address.family
    case 'reference':
      return host.reference.endsWith('.ip6') ? 6 : 4
    case 'node': {
      const node = plan.nodes.find(({ name }) => name === host.node)
      const own = node?.interfaces.filter(({ loopback }) => !loopback) ?? []
      const families = new Set(
        own.flatMap(({ addresses }) => addresses.map((a) => a.address.family)),
      )
      return families.size === 1 ? [...families][0] : undefined
    }
  }
}
