import { formatPrefix, isNetworkPrefix } from '../sim/wire/address.ts'
import {
  CABLE_DEFAULTS,
  type Drawing,
  type DrawingProblems,
  laneOf,
  type NodeDrawing,
} from './drawing.ts'
import { checkAddresses, completeInterfaces, type Network } from './interfaces.ts'
import type { InterfacePlan, NetworkMember, NetworkPlan, NodePlan, Plan } from './plan.ts'
import { completeNeighbours, completeResolver, completeRoutes } from './routes.ts'

const DEFAULT_WAKE_NS = 50_000
const DEFAULT_TIME_WAIT_NS = 60_000_000_000

/** Completes a drawing: numbers machines, plugs cables by address, makes MACs and routes. */
export function completeDrawing(drawing: Drawing, problems: DrawingProblems): Plan {
  const names = Object.keys(drawing.nodes)
  const networks = checkNetworks(drawing, problems)
  const interfaces = names.map((name, i) =>
    completeInterfaces(drawing, name, i, networks, problems),
  )
  checkAddresses(names, interfaces, problems)
  const completed = networks.map((network) =>
    completeNetwork(drawing, network, names, interfaces, problems),
  )
  const nodes = names.map((name, i): NodePlan => {
    const node = drawing.nodes[name]!
    const nodeInterfaces = interfaces[i]!.map((iface) => withMtu(iface, completed))
    const context = { drawing, names, interfaces, problems, name, own: interfaces[i]! }
    return {
      name,
      index: i,
      role: node.role ?? 'host',
      interfaces: nodeInterfaces,
      routes: completeRoutes(context, node),
      sysctl: roleSysctl(node),
      neighbours: completeNeighbours(context, node),
      resolver: completeResolver(context, node),
      cores: node.cores ?? Number.POSITIVE_INFINITY,
      wakeNs: node.wake ?? DEFAULT_WAKE_NS,
      timeWaitNs: node['time-wait'] ?? DEFAULT_TIME_WAIT_NS,
      note: node.note,
    }
  })
  const entries = Object.entries(drawing.names ?? {})
  return {
    title: drawing.title ?? '',
    names: entries.map(([name, address]) => ({ name, address })),
    networks: completed,
    nodes,
  }
}

function checkNetworks(drawing: Drawing, problems: DrawingProblems): Network[] {
  return Object.entries(drawing.networks).map(([name, network], index) => {
    for (const [i, subnet] of network.subnets.entries()) {
      if (isNetworkPrefix(subnet)) continue
      const path = ['networks', name, 'subnets', i]
      problems.error(path, `${formatPrefix(subnet)} has bits behind its prefix; a subnet has none`)
    }
    if (Object.hasOwn(drawing.nodes, name)) {
      problems.error(['networks', name], `'${name}' names a network and a machine; choose another`)
    }
    return { name, index, subnets: network.subnets }
  })
}

function roleSysctl(node: NodeDrawing): Readonly<Record<string, number>> {
  const forwards = node.role === 'router' || node.role === 'balancer'
  const own = node.sysctl ?? {}
  if (!forwards) return own
  return { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1, ...own }
}

function completeNetwork(
  drawing: Drawing,
  network: Network,
  names: readonly string[],
  interfaces: readonly (readonly InterfacePlan[])[],
  problems: DrawingProblems,
): NetworkPlan {
  const written = drawing.networks[network.name]!
  const members: NetworkMember[] = []
  for (const [node, list] of interfaces.entries()) {
    for (const iface of list) {
      if (iface.network !== network.index) continue
      const cable = written.cables?.[names[node]!]
      members.push({ node, iface: iface.index, cable: cable === undefined ? {} : laneOf(cable) })
    }
  }
  const path = ['networks', network.name]
  for (const name of Object.keys(written.cables ?? {})) {
    if (members.some((member) => names[member.node] === name)) continue
    problems.error([...path, 'cables', name], `'${name}' has no cable in this network`)
  }
  if (members.length === 0) problems.warn(path, `nobody is plugged into '${network.name}'`)
  const wire = written.wire ?? (members.length <= 2 ? 'cable' : 'switch')
  if (wire === 'cable' && members.length > 2) {
    problems.error([...path, 'wire'], `a cable has two ends, and ${members.length} are plugged in`)
  }
  return {
    name: network.name,
    index: network.index,
    subnets: network.subnets,
    wire,
    members: inPortOrder(written.ports, members, names, path, problems),
    ...CABLE_DEFAULTS,
    ...laneOf(written),
  }
}

function inPortOrder(
  ports: readonly string[] | undefined,
  members: readonly NetworkMember[],
  names: readonly string[],
  path: readonly string[],
  problems: DrawingProblems,
): readonly NetworkMember[] {
  if (ports === undefined) return members
  for (const [i, name] of ports.entries()) {
    if (members.some((member) => names[member.node] === name)) continue
    problems.error([...path, 'ports', i], `'${name}' is not plugged into this network`)
  }
  const place = (member: NetworkMember): number => {
    const at = ports.indexOf(names[member.node]!)
    return at < 0 ? ports.length : at
  }
  return members
    .map((member, index) => ({ member, index }))
    .sort((p, q) => place(p.member) - place(q.member) || p.index - q.index)
    .map(({ member }) => member)
}

function withMtu(iface: InterfacePlan, networks: readonly NetworkPlan[]): InterfacePlan {
  if (iface.mtu !== 0) return iface
  return { ...iface, mtu: networks[iface.network]?.mtu ?? CABLE_DEFAULTS.mtu }
}
