import {
  type Address,
  formatAddress,
  formatPrefix,
  isNetworkPrefix,
  parseAddress,
  type Prefix,
  prefixHolds,
  sameAddress,
} from '../sim/wire/address.ts'
import {
  CABLE_DEFAULTS,
  type Drawing,
  type DrawingProblems,
  type InterfaceDrawing,
  laneOf,
  type NodeDrawing,
} from './drawing.ts'
import type {
  InterfacePlan,
  NeighbourPlan,
  NetworkMember,
  NetworkPlan,
  NodePlan,
  Plan,
  ResolverPlan,
  RoutePlan,
} from './plan.ts'

const FIRST_MAC = 0x0200_0000_0000
const DEFAULT_WAKE_NS = 50_000
const DEFAULT_TIME_WAIT_NS = 60_000_000_000
const LO_MTU = 65536

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

interface Network {
  readonly name: string
  readonly index: number
  readonly subnets: readonly Prefix[]
}

interface Context {
  readonly drawing: Drawing
  readonly names: readonly string[]
  readonly interfaces: readonly (readonly InterfacePlan[])[]
  readonly problems: DrawingProblems
  readonly name: string
  readonly own: readonly InterfacePlan[]
}

function checkNetworks(drawing: Drawing, problems: DrawingProblems): Network[] {
  return Object.entries(drawing.networks).map(([name, network], index) => {
    for (const [i, subnet] of network.subnets.entries()) {
      if (isNetworkPrefix(subnet)) continue
      const path = ['networks', name, 'subnets', i]
      problems.error(path, `${formatPrefix(subnet)} has bits behind its prefix; a subnet has none`)
    }
    if (name in drawing.nodes) {
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

function completeInterfaces(
  drawing: Drawing,
  name: string,
  nodeIndex: number,
  networks: readonly Network[],
  problems: DrawingProblems,
): InterfacePlan[] {
  const written = drawing.nodes[name]!.interfaces
  const lo: InterfacePlan = {
    name: 'lo',
    index: 0,
    loopback: true,
    network: -1,
    addresses: [
      { address: { family: 4, v4: 0x7f000001 }, length: 8 },
      ...(written['lo']?.addresses ?? []),
    ],
    mac: 0,
    mtu: LO_MTU,
  }
  const list = [lo]
  for (const [ifaceName, iface] of Object.entries(written)) {
    if (ifaceName === 'lo') continue
    const path = ['nodes', name, 'interfaces', ifaceName]
    const number = list.length - 1
    list.push({
      name: ifaceName,
      index: list.length,
      loopback: false,
      network: chooseNetwork(iface, networks, path, problems),
      addresses: iface.addresses ?? [],
      mac: iface.mac ?? FIRST_MAC + (nodeIndex + 1) * 256 + number,
      mtu: iface.mtu ?? 0,
    })
  }
  if (list.length === 1) problems.warn(['nodes', name], `'${name}' has no interface with a cable`)
  return list
}

function chooseNetwork(
  iface: InterfaceDrawing,
  networks: readonly Network[],
  path: readonly string[],
  problems: DrawingProblems,
): number {
  if (iface.network !== undefined) {
    const named = networks.find((network) => network.name === iface.network)
    if (named !== undefined) return named.index
    const known = networks.map((network) => network.name).join(', ')
    problems.error([...path, 'network'], `there is no network '${iface.network}'; known: ${known}`)
    return -1
  }
  const first = iface.addresses?.[0]
  if (first === undefined) {
    problems.error(path, 'an interface without an address must name its network')
    return -1
  }
  const holding = networks.filter((network) =>
    network.subnets.some((subnet) => prefixHolds(subnet, first.address)),
  )
  if (holding.length === 1) return holding[0]!.index
  const text = formatAddress(first.address)
  if (holding.length === 0) {
    const known = networks.flatMap((network) =>
      network.subnets.map((subnet) => formatPrefix(subnet)),
    )
    problems.error(path, `${text} lies in no network`, `networks: ${known.join(', ')}`)
  } else {
    const both = holding.map((network) => network.name).join(' and ')
    problems.error(path, `${text} lies in ${both}; say which by 'network'`)
  }
  return -1
}

/** The same address twice on one wire, or the same MAC anywhere, is a mistake and no lesson yet. */
function checkAddresses(
  names: readonly string[],
  interfaces: readonly (readonly InterfacePlan[])[],
  problems: DrawingProblems,
): void {
  const addresses = new Map<string, string>()
  const macs = new Map<number, string>()
  for (const [i, list] of interfaces.entries()) {
    for (const iface of list) {
      if (iface.loopback) continue
      const own = `${names[i]}.${iface.name}`
      const path = ['nodes', names[i]!, 'interfaces', iface.name]
      for (const { address } of iface.addresses) {
        const key = `${iface.network} ${formatAddress(address)}`
        const other = addresses.get(key)
        if (other !== undefined) {
          problems.error(path, `${formatAddress(address)} is the address of ${other} already`)
        }
        addresses.set(key, own)
      }
      const twin = macs.get(iface.mac)
      if (twin !== undefined) problems.error(path, `this MAC is the one of ${twin} already`)
      macs.set(iface.mac, own)
    }
  }
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

function completeRoutes(context: Context, node: NodeDrawing): RoutePlan[] {
  const { name, own, problems } = context
  const routes: RoutePlan[] = []
  for (const [i, route] of (node.routes ?? []).entries()) {
    const path = ['nodes', name, 'routes', i]
    const found = route.via === undefined ? [] : nextHops(context, route.via, [...path, 'via'])
    const hop = found.find((candidate) => candidate.via.family === route.to.address.family)
    const dev = own.findIndex((iface) => iface.name === route.dev)
    if (route.dev !== undefined && dev < 0) {
      const known = own.map((iface) => iface.name).join(', ')
      problems.error([...path, 'dev'], `${name} has no interface '${route.dev}'; known: ${known}`)
    } else if (hop === undefined && dev < 0) {
      if (route.via === undefined) problems.error(path, `a route needs 'via' or 'dev'`)
    } else routes.push({ to: route.to, via: hop?.via, iface: dev < 0 ? hop!.iface : dev })
  }
  for (const [i, gateway] of (node.gateway ?? []).entries()) {
    for (const { via, iface } of nextHops(context, gateway, ['nodes', name, 'gateway', i])) {
      const zero: Address =
        via.family === 4 ? { family: 4, v4: 0 } : { family: 6, words: [0, 0, 0, 0] }
      routes.push({ to: { address: zero, length: 0 }, via, iface })
    }
  }
  return routes
}

interface Hop {
  readonly via: Address
  readonly iface: number
}

/** Addresses by which `target` (a machine or an address) can be reached in one of our subnets. */
function nextHops(context: Context, target: string, path: readonly (string | number)[]): Hop[] {
  const { names, interfaces, own, problems, name } = context
  const address = parseAddress(target)
  const candidates: Address[] = []
  if (address !== undefined) candidates.push(address)
  else {
    const index = names.indexOf(target)
    if (index < 0) {
      problems.error(path, `there is no machine '${target}'; known: ${names.join(', ')}`)
      return []
    }
    for (const iface of interfaces[index]!) {
      if (!iface.loopback) candidates.push(...iface.addresses.map((prefix) => prefix.address))
    }
  }
  const hops: Hop[] = []
  for (const via of candidates) {
    const iface = own.findIndex(
      (candidate) =>
        !candidate.loopback && candidate.addresses.some((prefix) => prefixHolds(prefix, via)),
    )
    const sameFamily = hops.some((hop) => hop.via.family === via.family)
    if (iface >= 0 && !sameFamily) hops.push({ via, iface })
  }
  if (hops.length === 0) {
    problems.error(path, `${name} has no address in a subnet of '${target}'`)
  }
  return hops
}

function completeNeighbours(context: Context, node: NodeDrawing): NeighbourPlan[] {
  return Object.entries(node.neighbours ?? {}).flatMap(([target, mac]) =>
    nextHops(context, target, ['nodes', context.name, 'neighbours', target]).map((hop) => ({
      iface: hop.iface,
      address: hop.via,
      mac,
    })),
  )
}

function completeResolver(context: Context, node: NodeDrawing): ResolverPlan | undefined {
  const { resolver } = node
  if (resolver === undefined) return undefined
  const { cache = true, ttl = 'obey', use = 'first' } = resolver
  const address = parseAddress(resolver.server)
  if (address !== undefined) return { server: address, cache, ttl, use }
  const index = context.names.indexOf(resolver.server)
  const first = index < 0 ? undefined : firstAddress(context.interfaces[index]!)
  if (first === undefined) {
    const path = ['nodes', context.name, 'resolver', 'server']
    const known = context.names.join(', ')
    context.problems.error(path, `there is no machine '${resolver.server}'; known: ${known}`)
    return undefined
  }
  return { server: first, cache, ttl, use }
}

/** First address that is not on `lo`, of one family when given. */
export function firstAddress(
  interfaces: readonly InterfacePlan[],
  family?: 4 | 6,
): Address | undefined {
  for (const iface of interfaces) {
    if (iface.loopback) continue
    for (const { address } of iface.addresses) {
      if (family === undefined || address.family === family) return address
    }
  }
  return undefined
}

/** Machine that owns `address`, or undefined. */
export function ownerOf(plan: Plan, address: Address): NodePlan | undefined {
  return plan.nodes.find((node) =>
    node.interfaces.some((iface) =>
      iface.addresses.some((prefix) => sameAddress(prefix.address, address)),
    ),
  )
}
