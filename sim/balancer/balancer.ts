import {
  ACCEPT,
  DROP,
  FORWARD,
  type HookContext,
  type HookTable,
  INPUT,
  OUTPUT,
  type Packet,
  REJECT,
  type Verdict,
} from '../hook/hook.ts'
import { NO_FLOW } from '../nat/flow-table.ts'
import { DECIDED, dropCode, TRANSLATED } from '../trace/index.ts'
import * as icmp from '../wire/icmp.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as tcp from '../wire/tcp.ts'
import * as udp from '../wire/udp.ts'
import { type ConnectionRow, Connections } from './connections.ts'
import { IcmpErrors } from './icmp-errors.ts'
import type { Server, ServerConfig, ServiceConfig } from './service.ts'
import { type Service, ServiceTable } from './service-table.ts'

export type { ConnectionRow } from './connections.ts'

const NO_SERVER = dropCode('no-server')
const NO_DESTINATION = dropCode('no-destination')
const TTL_EXCEEDED = dropCode('ttl-exceeded')

/** IPVS's priorities on its hooks (net/netfilter/ipvs/ip_vs_core.c). */
const PRIORITY_INPUT = 99
const PRIORITY_FORWARD = 100
const PRIORITY_OUTPUT = -98

/**
 * A transport-level balancer as IPVS is one: it hangs at INPUT, where packets for its virtual
 * addresses arrive, finds or makes the connection, and sends them on; replies meet it at FORWARD.
 *
 * Read net/netfilter/ipvs/ip_vs_core.c, ip_vs_in_hook and ip_vs_out_hook, beside it. Here are TCP,
 * UDP and errors of ICMP; the machine has to hand over whole packets, since only the first fragment
 * of a packet has ports.
 */
export class Balancer {
  private readonly context: HookContext
  private readonly services: ServiceTable
  private readonly kept: Connections
  private readonly errors: IcmpErrors
  /** The connection that is being given to a server: one object, used again for each. */
  private readonly arrival = { client: 0, clientPort: 0, virtual: 0, virtualPort: 0 }

  /** `firstRule`: number of this balancer's first rule among all of the run. */
  constructor(context: HookContext, configs: readonly ServiceConfig[], firstRule: number) {
    this.context = context
    this.services = new ServiceTable(context, configs, firstRule)
    this.kept = new Connections(context, this.services)
    this.errors = new IcmpErrors(this.kept.flows, context)
  }

  /** What each rule number of TRANSLATED events stands for, from `firstRule` on. */
  rules(): readonly string[] {
    return this.services.rules
  }

  attach(hooks: HookTable): void {
    hooks.add(INPUT, PRIORITY_INPUT, (packet) => this.request(packet))
    hooks.add(FORWARD, PRIORITY_FORWARD, (packet) => this.reply(packet))
    hooks.add(OUTPUT, PRIORITY_OUTPUT, (packet) => this.own(packet))
  }

  /** The connections that are remembered now, oldest first. */
  connections(): ConnectionRow[] {
    return this.kept.rows()
  }

  /** Connections remembered now. */
  get size(): number {
    this.kept.sweep()
    return this.kept.flows.size
  }

  /** When the next connection will be forgotten, Infinity when none will. */
  get nextExpiryNs(): number {
    return this.kept.flows.nextExpiryNs
  }

  /** Forgets connections whose time is over. It need not be called: whoever asks sweeps first. */
  sweep(most: number): void {
    this.kept.sweep(most)
  }

  /** Active and inactive connections of a server, as `ipvsadm -L` counts them. */
  counts(service: number, server: number): { active: number; inactive: number } {
    this.kept.sweep()
    const { active, inactive } = this.services.get(service).servers[server]!
    return { active, inactive }
  }

  /** Adds a server at the head of the scan order, as `ipvsadm -a` does; returns its number. */
  addServer(service: number, config: ServerConfig): number {
    return this.services.addServer(service, config)
  }

  /** Takes a server out; its connections stay and lead nowhere. */
  removeServer(service: number, server: number): void {
    this.services.removeServer(service, server)
  }

  setWeight(service: number, server: number, weight: number): void {
    this.services.setWeight(service, server, weight)
  }

  private request(packet: Packet): Verdict {
    const { protocol } = packet
    if (protocol === ipv4.ICMP) return this.errors.toServer(packet)
    if (!hasPorts(packet)) return ACCEPT
    const { view } = packet.frame
    const src = ipv4.src(view, packet.network)
    const dst = ipv4.dst(view, packet.network)
    const ports = tcp.ports(view, packet.transport)
    const flags = protocol === ipv4.TCP ? tcp.flags(view, packet.transport) : 0
    const found = this.kept.flows.find(src, dst, ports, protocol, this.context.clock.now)
    if (found !== NO_FLOW && (found & 1) === 1) return ACCEPT
    let row = found >> 1
    if (found !== NO_FLOW && this.kept.startsAgain(row, flags)) {
      this.kept.end(row)
      row = NO_FLOW
    }
    if (row === NO_FLOW) {
      // Only a SYN begins a connection: anything else is for this machine's own stack to answer.
      if (protocol === ipv4.TCP && (flags & tcp.SYN) === 0) return ACCEPT
      const service = this.services.find(dst, ports & 0xffff, protocol === ipv4.TCP)
      if (service === undefined) return ACCEPT
      row = this.connect(packet, service, src, dst, ports)
      if (row === NO_FLOW) return REJECT
    }
    return this.send(packet, row, flags)
  }

  /** Makes the connection of a first packet, or prepares the rejection and returns NO_FLOW. */
  private connect(
    packet: Packet,
    service: Service,
    src: number,
    dst: number,
    ports: number,
  ): number {
    const { trace, place } = this.context
    // Schedulers count connections: those whose time is over must not count any more.
    this.kept.sweep()
    this.arrival.client = src
    this.arrival.clientPort = ports >>> 16
    this.arrival.virtual = dst
    this.arrival.virtualPort = ports & 0xffff
    const server = service.turn.choose(this.arrival)
    if (server === undefined) {
      packet.icmp = (icmp.UNREACHABLE << 8) | icmp.PORT_UNREACHABLE
      packet.reason = NO_SERVER
      return NO_FLOW
    }
    const row = this.kept.begin(src, dst, ports, packet.protocol, service, server)
    if ((trace.mask & DECIDED) !== 0) {
      const serial = this.kept.flows.serial(row)
      const { number } = service.config
      trace.emit(DECIDED, place, packet.frame, number, server.number, serial)
    }
    return row
  }

  private send(packet: Packet, row: number, flags: number): Verdict {
    const service = this.kept.serviceOf(row)
    const server = this.kept.serverOf(row, service)
    if (!server.present) {
      packet.reason = NO_DESTINATION
      return DROP
    }
    this.kept.request(row, service, server, flags)
    // Looked at before anything is rewritten, so that the error quotes what the client sent.
    if (ipv4.ttl(packet.frame.view, packet.network) <= 1) {
      packet.icmp = icmp.TIME_EXCEEDED << 8
      packet.reason = TTL_EXCEEDED
      return REJECT
    }
    this.sayTranslated(packet, row, server, 0)
    const verdict = service.forwarder.request(packet, row, this.kept.flows, this.context)
    packet.balanced = true
    if (service.config.onePacket && packet.protocol !== ipv4.TCP) this.kept.end(row)
    return verdict
  }

  private reply(packet: Packet): Verdict {
    const { protocol } = packet
    if (packet.balanced) return ACCEPT
    if (protocol === ipv4.ICMP) return this.errors.toClient(packet)
    if (!hasPorts(packet)) return ACCEPT
    const { view } = packet.frame
    const src = ipv4.src(view, packet.network)
    const dst = ipv4.dst(view, packet.network)
    const ports = tcp.ports(view, packet.transport)
    const found = this.kept.flows.find(src, dst, ports, protocol, this.context.clock.now)
    if (found === NO_FLOW || (found & 1) === 0) return ACCEPT
    const row = found >> 1
    const service = this.kept.serviceOf(row)
    const server = this.kept.serverOf(row, service)
    const flags = protocol === ipv4.TCP ? tcp.flags(view, packet.transport) : 0
    this.kept.reply(row, server, flags)
    this.sayTranslated(packet, row, server, 1)
    packet.balanced = true
    return service.forwarder.reply(packet, row, this.kept.flows, this.context)
  }

  /** An ICMP error of this machine's own about a packet that it has rewritten already. */
  private own(packet: Packet): Verdict {
    if (packet.protocol !== ipv4.ICMP || packet.balanced) return ACCEPT
    return this.errors.toClient(packet)
  }

  private sayTranslated(packet: Packet, row: number, server: Server, direction: number): void {
    const { trace, place } = this.context
    if ((trace.mask & TRANSLATED) === 0) return
    trace.emit(TRANSLATED, place, packet.frame, server.rule, this.kept.flows.serial(row), direction)
  }
}

/** Whether this is a TCP or UDP packet whose ports and flags can be read. */
function hasPorts({ protocol, frame, network, transport, end }: Packet): boolean {
  if ((ipv4.fragment(frame.view, network) & 0x1fff) !== 0) return false
  if (protocol === ipv4.TCP) return end - transport >= tcp.MIN_LEN
  return protocol === ipv4.UDP && end - transport >= udp.HEADER_LEN
}
