import { Connections } from '../../balancer/connections.ts'
import type { Machine } from '../../balancer/machine.ts'
import type { Dice } from '../../balancer/schedule/index.ts'
import type { ServerConfig } from '../../balancer/service.ts'
import { ServiceTable } from '../../balancer/service-table.ts'
import { SYSCTL_DEFAULTS } from '../../host/sysctl.ts'
import { NO_FLOW } from '../../nat/flow-table.ts'
import { Trace } from '../../trace/index.ts'
import { type Address, formatAddress } from '../../wire/address.ts'
import { AddressBook } from '../../wire/address-book.ts'
import * as ipv4 from '../../wire/ipv4.ts'
import { ACK, FIN, RST, SYN } from '../../wire/tcp.ts'
import {
  IPVS_NAMES,
  oneSpelling,
  type RecordedEvent,
  type RecordedServer,
  type Recording,
  servicePort,
} from './recording.ts'

const NS_PER_S = 1_000_000_000

/** A machine with the kernel's defaults; nothing here asks for a source of its own. */
const MACHINE: Machine = {
  setting: (name) => SYSCTL_DEFAULTS[name] ?? 0,
  isLocal: () => false,
  sourceTowards: () => 0,
  isKnown: () => false,
  forgetFlow: () => undefined,
  random16: () => 0,
  after: () => {},
  reset: () => {},
}

/** What our balancer did after one event. */
export interface Replayed {
  /** Of an event that opened a connection: the server chosen, or null for none. */
  readonly chosen?: string | null
  /** Active and inactive connections by address, of servers that are present. */
  readonly counts: Readonly<Record<string, readonly [number, number]>>
}

/**
 * Gives the connections of a recording to a service of ours, in the kernel's scan order: the same
 * scheduler, connection table and counters that a sheet's balancer uses, without the packets.
 */
export function replay(recording: Recording, dice: Dice): Replayed[] {
  const player = new Player(recording, dice)
  return recording.events.map((event) => player.play(event))
}

class Player {
  private readonly clock: { now: number } = { now: 0 }
  private readonly addresses = new AddressBook()
  private readonly table: ServiceTable
  private readonly kept: Connections
  private readonly port: number
  /** Addresses by server number, as the recording writes them. */
  private readonly names: string[] = []
  /** Rows of connections by client. */
  private readonly rows = new Map<string, number>()

  constructor(recording: Recording, dice: Dice) {
    const { clock, addresses } = this
    const context = { clock, trace: new Trace(clock), addresses, place: 0 }
    this.port = servicePort(recording)
    const { servers } = recording
    const order =
      recording.kernelListOrder?.map(oneSpelling) ??
      servers.map(({ addr }) => formatAddress(addr)).reverse()
    const scanned = order.map((name) => {
      return servers.find(({ addr }) => formatAddress(addr) === name) ?? servers[0]!
    })
    this.names = scanned.map(({ name }) => name)
    const service = {
      number: 0,
      name: 'recorded',
      vips: [],
      forward: 'dnat',
      schedule: IPVS_NAMES[recording.scheduler]!,
      scheduleSettings: {
        port: recording.flags.some((flag) => flag.endsWith('-port')),
        fallback: recording.flags.some((flag) => flag.endsWith('-fallback')),
      },
      dice,
      servers: scanned.map((server) => this.configOf(server)),
      persist: undefined,
      onePacket: false,
    }
    this.table = new ServiceTable(context, [service], 0)
    this.kept = new Connections(context, MACHINE, this.table)
  }

  play(event: RecordedEvent): Replayed {
    const { open, close, reset, add, edit, del, sleep } = event
    let chosen: string | null | undefined
    if (open !== undefined) chosen = this.open(open)
    if (close !== undefined) this.close(close)
    if (reset !== undefined) this.step(reset, RST, 0)
    if (add !== undefined) this.add(add)
    if (edit !== undefined) this.edit(edit)
    if (del !== undefined) this.table.removeServer(0, this.numberOf(del.addr))
    if (sleep !== undefined) this.clock.now += sleep * NS_PER_S
    this.kept.sweep()
    const counts = this.counts()
    return chosen === undefined ? { counts } : { chosen, counts }
  }

  private open(open: NonNullable<RecordedEvent['open']>): string | null {
    const client = this.addresses.number(open.saddr)
    const virtual = this.addresses.number(open.daddr)
    const ports = ((open.sport << 16) | open.dport) >>> 0
    const service = this.table.get(0)
    this.kept.sweep()
    const found = this.kept.flows.find(client, virtual, ports, ipv4.TCP, this.clock.now)
    if (found !== NO_FLOW) this.kept.end(found >> 1)
    const arrival = { client, clientPort: open.sport, virtual, virtualPort: open.dport }
    const server = service.choose(arrival)
    if (server === undefined) return null
    const row = this.kept.begin(client, virtual, ports, ipv4.TCP, service, server)
    this.rows.set(keyOf(open), row)
    this.step(open, SYN, SYN | ACK)
    this.step(open, ACK, 0)
    return this.names[server.number]!
  }

  /** The client's FIN, the server's, and the last ACK. */
  private close(client: { saddr: Address; sport: number }): void {
    this.step(client, FIN | ACK, FIN | ACK)
    this.step(client, ACK, 0)
  }

  /** A segment of the client, then one of the server; flags of 0 are no segment. */
  private step(client: { saddr: Address; sport: number }, request: number, reply: number): void {
    const row = this.rows.get(keyOf(client))
    if (row === undefined) return
    const service = this.kept.serviceOf(row)
    const server = this.kept.serverOf(row, service)
    this.kept.request(row, server, request)
    if (reply !== 0) this.kept.reply(row, server, reply)
  }

  private add(server: RecordedServer): void {
    const number = this.table.addServer(0, this.configOf(server))
    this.names[number] ??= server.name
  }

  /** `ipvsadm -e` sets weight and thresholds, to their defaults when it does not name them. */
  private edit({ addr, weight = 1, upper = 0, lower = 0 }: RecordedServer): void {
    const bounds = { weight, upperThreshold: upper, lowerThreshold: lower }
    this.table.setBounds(0, this.numberOf(addr), bounds)
  }

  private configOf({ addr, weight = 1, upper = 0, lower = 0 }: RecordedServer): ServerConfig {
    return {
      name: formatAddress(addr),
      address: this.addresses.number(addr),
      port: this.port,
      weight,
      upperThreshold: upper,
      lowerThreshold: lower,
      fromStart: true,
    }
  }

  private numberOf(address: Address): number {
    const written = formatAddress(address)
    return this.names.findIndex((name) => oneSpelling(name) === written)
  }

  private counts(): Record<string, readonly [number, number]> {
    const present = this.table.get(0).servers.filter((server) => server.present)
    return Object.fromEntries(
      present.map(({ number, active, inactive }) => [this.names[number]!, [active, inactive]]),
    )
  }
}

const keyOf = ({ saddr, sport }: { saddr: Address; sport: number }): string =>
  `${formatAddress(saddr)} ${sport}`
