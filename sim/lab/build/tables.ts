import type { Plan } from '../../../topology/plan.ts'
import type { Host } from '../../host/host.ts'
import { NEIGHBOUR_STATES } from '../../host/neighbour-entry.ts'
import type { Switch } from '../../link/switch.ts'
import { formatIpv4, formatIpv6, formatMac } from '../../wire/address.ts'
import type { Row } from '../expect/table.ts'
import type { TableName } from '../sheet/types.ts'
import type { Network } from './machines.ts'
import type { Translators } from './nat.ts'
import type { Balancers } from './services.ts'

/** All tables of a run, by the names that sheets use. */
export class Tables {
  private readonly plan: Plan
  private readonly network: Network
  private readonly balancers: Balancers
  private readonly translators: Translators

  constructor(plan: Plan, network: Network, balancers: Balancers, translators: Translators) {
    this.plan = plan
    this.network = network
    this.balancers = balancers
    this.translators = translators
  }

  /** Rows of a table as they are now. */
  readonly read = (name: TableName): Row[] => {
    const { hosts, switches } = this.network
    if (name.network !== undefined) return fdbRows(this.plan, name.network, switches[name.network])
    const host = hosts[name.node!]!
    switch (name.table) {
      case 'neighbours':
        return neighbourRows(host, name.iface)
      case 'routes':
        return routeRows(host, name.iface)
      case 'connections':
        return this.balancers.connections(host.index)
      case 'servers':
        return this.balancers.servers(host.index)
      case 'templates':
        return this.balancers.templates(host.index)
      case 'sockets':
        return socketRows(host)
      case 'conntrack':
        return this.translators.rows(host.index)
      case 'fdb':
        return []
    }
  }

  /** Empties a table; false for one that this version cannot empty. */
  flush(name: TableName): boolean {
    const { hosts, switches } = this.network
    if (name.network !== undefined) {
      switches[name.network]?.flush()
      return true
    }
    const host = hosts[name.node!]!
    if (name.table === 'conntrack') {
      this.translators.flush(host.index)
      return true
    }
    if (name.table === 'connections') {
      this.balancers.flush(host.index)
      return true
    }
    if (name.table === 'routes') {
      // As `ip route flush cache`: what the machine was given stays.
      host.routes.exceptions.clear()
      host.routes.changed()
      return true
    }
    if (name.table !== 'neighbours') return false
    host.neighbours.flush(name.iface === undefined ? undefined : host.interfaces[name.iface])
    return true
  }
}

const MAC_LO = 0x1_0000_0000

/** Neighbour table, with the columns of `ip neighbour`. */
export function neighbourRows(host: Host, iface: number | undefined): Row[] {
  const rows: Row[] = []
  for (const each of host.neighbours.list()) {
    if (iface !== undefined && each.iface.index !== iface) continue
    rows.push({
      address: host.addresses.format(each.address),
      interface: each.iface.name,
      mac: each.hasMac ? formatMac(each.macHi * MAC_LO + each.macLo) : 'none',
      state: NEIGHBOUR_STATES[each.state] ?? '?',
    })
  }
  return rows
}

/**
 * Routing tables of both families, IPv4 first, with the columns of `ip route`; then what ICMP has
 * taught about single destinations.
 */
export function routeRows(host: Host, iface: number | undefined): Row[] {
  return [...givenRows(host, iface), ...learnedRows(host, iface)]
}

function learnedRows(host: Host, iface: number | undefined): Row[] {
  const { routes, addresses, now } = host
  return [...routes.exceptions.entries(now)].flatMap(([destination, { mtu }]) => {
    const path = routes.find(destination)
    if (path === undefined || (iface !== undefined && path.iface.index !== iface)) return []
    const via = path.nextHop === destination ? 'none' : addresses.format(path.nextHop)
    const row = { to: addresses.format(destination), via, dev: path.iface.name }
    return [{ ...row, mtu: mtu === 0 ? 'none' : String(mtu) }]
  })
}

function givenRows(host: Host, iface: number | undefined): Row[] {
  const { routes, addresses } = host
  const v4 = routes.list().map((route) => ({ ...route, text: formatIpv4(route.prefix) }))
  const v6 = routes.ipv6.list().map((route) => ({ ...route, text: formatIpv6(route.prefix) }))
  return [...v4, ...v6]
    .filter((route) => iface === undefined || route.iface.index === iface)
    .map(({ text, prefixLen, via, iface: { name } }) => ({
      to: prefixLen === 0 ? 'default' : `${text}/${prefixLen}`,
      via: via === 0 ? 'none' : addresses.format(via),
      dev: name,
      mtu: 'none',
    }))
}

/** What a switch has learned, with the columns of `bridge fdb`; `port` is the machine there. */
export function fdbRows(plan: Plan, network: number, center: Switch | undefined): Row[] {
  if (center === undefined) return []
  const members = plan.networks[network]?.members ?? []
  return [...center.entries()].map((entry) => {
    const member = members[center.ports.indexOf(entry.port)]
    const node = member === undefined ? undefined : plan.nodes[member.node]
    return {
      mac: formatMac(entry.hi * MAC_LO + entry.lo),
      port: node === undefined ? '?' : `${node.name}.${node.interfaces[member!.iface]!.name}`,
    }
  })
}

/** Sockets of a machine, with the columns of `ss`. */
export function socketRows(host: Host): Row[] {
  const { addresses } = host
  return host.tcp.sockets().map(({ state, local, localPort, remote, remotePort }) => ({
    state,
    local: local === 0 ? `*:${localPort}` : addresses.endpoint(local, localPort),
    peer: remotePort === 0 ? '*' : addresses.endpoint(remote, remotePort),
  }))
}
