import { Balancer, type ConnectionRow } from '../../balancer/balancer.ts'
import type { Machine } from '../../balancer/machine.ts'
import { serverRows } from '../../balancer/server-rows.ts'
import { Timers } from '../../host/timers.ts'
import { type AddressBook, isIpv6 } from '../../wire/address-book.ts'
import type { Decision } from '../expect/decisions.ts'
import type { ConnectionCounts } from '../expect/snapshot.ts'
import type { Row } from '../expect/table.ts'
import type { ServiceSettings, Sheet } from '../sheet/types.ts'
import type { Network } from './machines.ts'
import { configOf, rangeOf } from './service-config.ts'

const NS_PER_S = 1_000_000_000

/**
 * The balancers of a sheet, hung on the hooks of their machines. Services keep the sheet's
 * numbers.
 */
export class Balancers {
  /** Sentences for the rule numbers of TRANSLATED events. */
  readonly rules: readonly string[]
  private readonly sheet: Sheet
  private readonly network: Network
  private readonly byNode = new Map<number, Balancer>()
  private readonly timers: Timers

  constructor(sheet: Sheet, network: Network) {
    this.sheet = sheet
    this.network = network
    this.timers = new Timers(network.world.agenda)
    const rules: string[] = []
    for (const node of new Set(sheet.services.map((service) => service.node))) {
      const firstRule = rules.length
      const start = (): Balancer => this.start(node, firstRule)
      rules.push(...start().rules())
      network.atBoot.push((booted) => {
        if (booted === node) start()
      })
    }
    this.rules = rules
  }

  /** Hangs the balancer of a machine on its hooks: at first, and each time it starts anew. */
  private start(node: number, firstRule: number): Balancer {
    const { network } = this
    const host = network.hosts[node]!
    const configs = this.sheet.services.flatMap((service, number) =>
      service.node === node ? [configOf(service, number, network)] : [],
    )
    const machine = machineOf(node, network, this.timers)
    const balancer = new Balancer(host, machine, configs, firstRule)
    // A later fragment carries no ports: the balancer needs whole packets, in both directions.
    host.ipv4.defragments = true
    host.ipv6.defragments = true
    balancer.attach(host.hooks)
    host.atConfigure.push(() => balancer.configure())
    this.byNode.set(node, balancer)
    return balancer
  }

  /** What a DECIDED event says. */
  readonly decision = (_place: number, service: number, server: number): Decision | undefined => {
    const chosen = this.sheet.services[service]?.servers[server]
    return chosen === undefined ? undefined : { service, node: chosen.node }
  }

  /** The balancer of a service, by the sheet's number. */
  of(service: number): Balancer {
    return this.byNode.get(this.sheet.services[service]!.node)!
  }

  /** Gives a service other settings. */
  change(service: number, { sources, ...settings }: Partial<ServiceSettings>): void {
    const { addresses } = this.network.world
    const more = sources === undefined ? {} : { sources: rangeOf(sources, addresses) }
    this.of(service).services.change(service, { ...settings, ...more })
  }

  /** Numbers of the servers that a service has now. */
  present(service: number): number[] {
    return this.of(service)
      .services.get(service)
      .order.map(({ number }) => number)
  }

  /** Takes a server of a service out, or in again; by the sheet's numbers. */
  readonly setUp = (service: number, server: number, up: boolean): void => {
    this.of(service).services.setUp(service, server, up)
  }

  /** Connections of each server of a service, as `ipvsadm -L` counts them. */
  readonly counts = (service: number): ConnectionCounts[] => {
    const { node, servers } = this.sheet.services[service]!
    const balancer = this.byNode.get(node)!
    return servers.map((server, number) => {
      return { node: server.node, ...balancer.counts(service, number) }
    })
  }

  /** Ends all connections of a machine's balancer, as when its table is lost. */
  flush(node: number): void {
    this.byNode.get(node)?.flush()
  }

  /** Connections of a machine's balancer, with the columns of `ipvsadm -Lnc`. */
  connections(node: number): Row[] {
    const { agenda, addresses } = this.network.world
    const rows = this.byNode.get(node)?.connections() ?? []
    return rows.map((row) => shown(row, addresses, agenda.now))
  }

  /** Servers of a machine's services, with columns much as those of `ipvsadm -Ln`. */
  servers(node: number): Row[] {
    const { addresses } = this.network.world
    const services = this.byNode.get(node)?.services.list ?? []
    return serverRows(services).map((row) => ({
      service: row.service,
      server: addresses.endpoint(row.server, row.port),
      forward: row.forward,
      weight: String(row.weight),
      counts: `${row.tenths * 10}%`,
      active: String(row.active),
      inactive: String(row.inactive),
      state: row.state,
    }))
  }

  /** Templates of a machine's balancer, with the same columns; their clients have no port. */
  templates(node: number): Row[] {
    const { agenda, addresses } = this.network.world
    const rows = this.byNode.get(node)?.templates() ?? []
    return rows.map((row) => {
      return shown({ ...row, clientPort: 0, state: 'ASSURED' }, addresses, agenda.now)
    })
  }
}

function machineOf(node: number, { hosts, trackers, world }: Network, timers: Timers): Machine {
  const host = hosts[node]!
  const chance = world.chance.stream(`${host.name} source ports`)
  return {
    setting: (name) => host.sysctl.number(name),
    isLocal: (address) => host.routes.isLocal(address),
    sourceTowards: (address) => host.ip.sourceFor(address),
    random16: () => chance.below(0x1_0000),
    isKnown: (flow) => trackers.get(node)?.isKnown(flow) ?? false,
    forgetFlow: (flow) => trackers.get(node)?.forget(flow),
    after: (delayNs, run) => {
      const due = (): void => {
        if (!host.down) run()
      }
      timers.after(delayNs, { due }, 0)
    },
    reset: (from, fromPort, to, toPort, sequence, ack) =>
      host.tcp.reset(from, fromPort, to, toPort, sequence, ack),
  }
}

/** A connection, or a template that looks like one. */
type ShownRow = Omit<ConnectionRow, 'protocol'> & { readonly protocol: 'tcp' | 'udp' | 'ip' }

function shown(row: ShownRow, addresses: AddressBook, nowNs: number): Row {
  const end = (address: number, port: number): string => {
    const text = addresses.format(address)
    return isIpv6(address) ? `[${text}]:${port}` : `${text}:${port}`
  }
  const seconds = Math.max(0, Math.floor((row.expiresNs - nowNs) / NS_PER_S))
  const two = (value: number): string => String(value).padStart(2, '0')
  return {
    pro: row.protocol.toUpperCase(),
    expire: `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`,
    state: row.state,
    source: end(row.client, row.clientPort),
    virtual: end(row.virtual, row.virtualPort),
    destination: end(row.server, row.serverPort),
  }
}
