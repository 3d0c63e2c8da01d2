import type { NodePlan, Plan, RoutePlan } from '../../../topology/plan.ts'
import { Agenda } from '../../engine/agenda.ts'
import { Chance } from '../../engine/chance.ts'
import { Host } from '../../host/host.ts'
import { type Interface, maskOf } from '../../host/interface.ts'
import type { World } from '../../host/world.ts'
import { Cabling } from '../../link/port.ts'
import type { Switch } from '../../link/switch.ts'
import { Places, Trace } from '../../trace/index.ts'
import type { Prefix } from '../../wire/address.ts'
import { AddressBook } from '../../wire/address-book.ts'
import * as ethernet from '../../wire/ethernet.ts'
import { FramePool } from '../../wire/frame.ts'
import { LOOPBACK } from '../../wire/ipv6-scope.ts'
import { Wires } from './wires.ts'

/** Everything that stands on the drawing, ready to run. */
/** Flows that a machine tracks, named as a packet's `flow` does. */
export interface FlowKeeper {
  /** Whether the flow was there before the packet that is passing. */
  isKnown(flow: number): boolean
  forget(flow: number): void
}

export interface Network {
  readonly world: World
  readonly cabling: Cabling
  /** In the order of the plan. */
  readonly hosts: Host[]
  /** Called with the number of a machine that has been built anew after a crash. */
  readonly atBoot: ((node: number) => void)[]
  /** Connection tracking of the machines that have it, by their numbers. */
  readonly trackers: Map<number, FlowKeeper>
  /** In the order of the plan's networks; undefined for a cable. */
  readonly switches: readonly (Switch | undefined)[]
}

/** Smallest room of a frame; fragments of larger cables need more. */
const USUAL_MTU = 1500

/**
 * Builds machines and cables of a drawing. Names of chance streams follow the drawing's names.
 * `midnightMs`: from midnight, universal time, to `0s`.
 */
export function buildNetwork(plan: Plan, seed: number, midnightMs = 0): Network {
  const agenda = new Agenda()
  const trace = new Trace(agenda)
  const places = new Places()
  const mtus = plan.networks.map((network) => network.mtu)
  const pool = new FramePool(Math.max(USUAL_MTU, ...mtus) + ethernet.HEADER_LEN)
  const world: World = {
    agenda,
    chance: new Chance(seed),
    trace,
    pool,
    places,
    addresses: new AddressBook(),
    midnightMs,
  }
  const cabling = new Cabling(agenda, trace, pool)
  const networkPlaces = plan.networks.map(({ name }) => places.add(name, -1, undefined))
  const hosts = plan.nodes.map((node) => buildHost(world, node))
  const wires = new Wires(plan, hosts, cabling, world.chance)
  const switches = plan.networks.map((network, i) => wires.plug(network, networkPlaces[i]!))
  for (const [i, host] of hosts.entries()) settle(host, plan.nodes[i]!)
  return { world, cabling, hosts, atBoot: [], trackers: new Map(), switches }
}

/**
 * Builds a machine that was down as it was before the run, with nothing learned and nothing open,
 * and plugs it in. The old one stays silent for ever.
 */
export function rebuildHost(network: Network, plan: Plan, index: number): void {
  const old = network.hosts[index]!
  const node = plan.nodes[index]!
  const host = buildHost(network.world, node)
  for (const iface of host.interfaces) {
    const { port } = old.interfaces[iface.index]!
    if (port === undefined) continue
    iface.port = port
    port.receiver = iface
    port.power(true)
  }
  settle(host, node)
  network.hosts[index] = host
  for (const start of network.atBoot) start(index)
}

function buildHost(world: World, node: NodePlan): Host {
  const { name, index, sysctl, wakeNs } = node
  const host = new Host(world, { name, index, sysctl, wakeNs })
  host.tcp.timeWaitNs = node.timeWaitNs
  host.ipv6.link(host.interfaces[0]!).add(host.addresses.numberOf(...LOOPBACK), 128)
  for (const plan of node.interfaces) {
    const iface = plan.loopback
      ? host.interfaces[0]!
      : host.addInterface(plan.name, false, plan.mac, plan.mtu)
    for (const prefix of plan.addresses) addAddress(host, iface, prefix)
  }
  return host
}

function addAddress(host: Host, iface: Interface, { address, length }: Prefix): void {
  if (address.family === 6) {
    host.ipv6.link(iface).add(host.addresses.number(address), length)
  } else {
    iface.addresses.push({ address: address.v4, prefixLen: length, mask: maskOf(length) })
  }
}

/** Routes and known neighbours: what a machine has before the run begins. */
function settle(host: Host, node: NodePlan): void {
  host.ready()
  for (const route of node.routes) addRoute(host, route)
  for (const { iface, address, mac } of node.neighbours) {
    const hi = Math.floor(mac / 0x1_0000_0000)
    const number = host.addresses.number(address)
    host.neighbours.know(host.interfaces[iface]!, number, hi, mac % 0x1_0000_0000)
  }
}

function addRoute({ routes, addresses, interfaces }: Host, route: RoutePlan): void {
  const { address, length } = route.to
  const iface = interfaces[route.iface]!
  const via = route.via === undefined ? 0 : addresses.number(route.via)
  if (address.family === 4) {
    routes.add({ prefix: address.v4, prefixLen: length, via, iface, source: 0 })
  } else {
    routes.ipv6.add({ prefix: address.words, prefixLen: length, via, iface, source: 0 })
  }
}
