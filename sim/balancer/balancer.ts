import {
  ACCEPT,
  FORWARD,
  type HookContext,
  type HookTable,
  INPUT,
  OUTPUT,
  type Packet,
  type Verdict,
} from '../hook/hook.ts'
import { NO_FLOW } from '../nat/flow-table.ts'
import { isIcmp } from '../nat/messages.ts'
import { dropCode } from '../trace/index.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as tcp from '../wire/tcp.ts'
import {
  drop,
  flagsOf,
  hasPorts,
  hopsExceeded,
  hopsLeft,
  portUnreachable,
  refuse,
} from './balanced-packet.ts'
import { type ConnectionRow, Connections } from './connections.ts'
import { Defence } from './defence.ts'
import { IcmpErrors } from './icmp-errors.ts'
import type { Machine } from './machine.ts'
import { Notes } from './notes.ts'
import { Outages } from './outages.ts'
import type { TemplateRow } from './persist/index.ts'
import type { ServerConfig, ServiceConfig } from './service.ts'
import { ServiceTable } from './service-table.ts'

export type { ConnectionRow } from './connections.ts'

const NO_SERVER = dropCode('no-server')
const NO_DESTINATION = dropCode('no-destination')
const TTL_EXCEEDED = dropCode('ttl-exceeded')
const NO_PORT = dropCode('nat-clash')
const DEFENDED = dropCode('defence')
const OLD_FLOW = dropCode('old-flow')

const EXPIRE_NODEST = 'net.ipv4.vs.expire_nodest_conn'
const EXPIRE_QUIESCENT = 'net.ipv4.vs.expire_quiescent_template'
const CONNTRACK = 'net.ipv4.vs.conntrack'
const NAT_ICMP_SEND = 'net.ipv4.vs.nat_icmp_send'

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
  private readonly machine: Machine
  /** The services of this balancer, to be looked at and changed. */
  readonly services: ServiceTable
  private readonly kept: Connections
  private readonly defence: Defence
  private readonly notes: Notes
  private readonly errors: IcmpErrors
  private readonly outages: Outages
  /** The connection that is being given to a server: one object, used again for each. */
  private readonly arrival = { client: 0, clientPort: 0, virtual: 0, virtualPort: 0 }

  /** `firstRule`: number of this balancer's first rule among all of the run. */
  constructor(
    context: HookContext,
    machine: Machine,
    configs: readonly ServiceConfig[],
    firstRule: number,
  ) {
    this.context = context
    this.machine = machine
    this.services = new ServiceTable(context, configs, firstRule)
    this.kept = new Connections(context, machine, this.services)
    this.notes = new Notes(context, this.kept)
    this.defence = new Defence(context, machine, this.kept)
    this.outages = new Outages(context, machine, this.kept)
    this.errors = new IcmpErrors(this.kept, context, this.outages)
    this.services.onDown = (service, server) => this.outages.down(service, server)
  }

  /** Settings of the machine have changed. */
  configure(): void {
    this.defence.configure()
  }

  /** What each rule number of TRANSLATED events stands for, from `firstRule` on. */
  rules(): readonly string[] {
    return this.services.rules
  }

  attach(hooks: HookTable): void {
    hooks.add(INPUT, PRIORITY_INPUT, (packet) => this.arrived(packet))
    hooks.add(FORWARD, PRIORITY_FORWARD, (packet) => this.passing(packet))
    hooks.add(OUTPUT, PRIORITY_OUTPUT, (packet) => this.passing(packet))
  }

  /** Forgets all connections. */
  flush(): void {
    this.kept.clear()
  }

  /** The connections that are remembered now, oldest first. */
  connections(): ConnectionRow[] {
    return this.present().rows()
  }

  /** Templates of all services with persistence, service by service. */
  templates(): TemplateRow[] {
    this.kept.sweep()
    const all = new Set(this.services.allTerms.map(({ templates }) => templates))
    return [...all].flatMap((templates) => templates?.rows() ?? [])
  }

  /** Connections remembered now. */
  get size(): number {
    return this.present().flows.size
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
    this.present()
    const { active, inactive } = this.services.get(service).servers[server]!
    return { active, inactive }
  }

  /** Adds a server at the head of the scan order, as `ipvsadm -a` does; returns its number. */
  addServer(service: number, config: ServerConfig): number {
    return this.services.addServer(service, config)
  }

  /**
   * Takes a server out; its connections stay and lead nowhere, or end with it
   * (net.ipv4.vs.expire_nodest_conn).
   */
  removeServer(service: number, server: number): void {
    this.services.removeServer(service, server)
    if (this.machine.setting(EXPIRE_NODEST) !== 0) this.kept.endAll(service, server)
  }

  setWeight(service: number, server: number, weight: number): void {
    this.services.setWeight(service, server, weight)
  }

  /** The connections as they are now. */
  private present(): Connections {
    this.defence.keepUp()
    this.kept.sweep()
    return this.kept
  }

  /** A packet to an address of this machine: a request, a reply to our source, or an error. */
  private arrived(packet: Packet): Verdict {
    if (packet.balanced) return ACCEPT
    if (isIcmp(packet.protocol)) return this.errors.translate(packet)
    if (!hasPorts(packet)) return ACCEPT
    const found = this.find(packet)
    if (found === NO_FLOW) return this.begin(packet)
    const row = found >> 1
    if ((found & 1) === 1) return this.answer(packet, row)
    const flags = flagsOf(packet)
    if (!this.kept.startsAgain(row, flags)) return this.send(packet, row, flags, false)
    this.kept.end(row)
    const isTracked = this.machine.setting(CONNTRACK) !== 0
    if (!isTracked || !this.machine.isKnown(packet.flow)) return this.begin(packet)
    // The flow would lead to the old server: only when it is forgotten another may be chosen.
    this.machine.forgetFlow(packet.flow)
    return drop(packet, OLD_FLOW)
  }

  /** A packet that this machine forwards, or sends itself: perhaps a reply. */
  private passing(packet: Packet): Verdict {
    if (packet.balanced) return ACCEPT
    if (isIcmp(packet.protocol)) return this.errors.translate(packet)
    if (!hasPorts(packet)) return ACCEPT
    const found = this.find(packet)
    if (found !== NO_FLOW && (found & 1) === 1) return this.answer(packet, found >> 1)
    return packet.hook === FORWARD && found === NO_FLOW ? this.stray(packet) : ACCEPT
  }

  private find(packet: Packet): number {
    this.defence.keepUp()
    const ports = tcp.ports(packet.frame.view, packet.transport)
    const { src, dst, protocol } = packet
    return this.kept.flows.find(src, dst, ports, protocol, this.context.clock.now)
  }

  /** A packet to a virtual address that belongs to no connection yet. */
  private begin(packet: Packet): Verdict {
    const { src, dst, protocol } = packet
    const ports = tcp.ports(packet.frame.view, packet.transport)
    const flags = flagsOf(packet)
    // Only a SYN begins a connection: anything else is for this machine's own stack to answer.
    if (protocol === ipv4.TCP && !this.kept.mayBegin(flags)) return ACCEPT
    const service = this.services.find(dst, ports & 0xffff, protocol === ipv4.TCP)
    if (service === undefined) return ACCEPT
    if (this.defence.refuses()) return drop(packet, DEFENDED)
    // Schedulers count connections: those whose time is over must not count any more.
    this.kept.sweep()
    this.arrival.client = src
    this.arrival.clientPort = ports >>> 16
    this.arrival.virtual = dst
    this.arrival.virtualPort = ports & 0xffff
    const quiescentExpires = this.machine.setting(EXPIRE_QUIESCENT) !== 0
    const known = service.remembered(this.arrival, quiescentExpires)
    const server = known ?? service.choose(this.arrival)
    if (server === undefined) return refuse(packet, portUnreachable(packet), NO_SERVER)
    const row = this.kept.begin(src, dst, ports, protocol, service, server)
    if (row === NO_FLOW) return drop(packet, NO_PORT)
    service.remember(this.arrival, server)
    this.notes.decided(packet, service, server, known !== undefined)
    return this.send(packet, row, flags, true)
  }

  private send(packet: Packet, row: number, flags: number, isNew: boolean): Verdict {
    const { service, forwarder, onePacket } = this.kept.termsOf(row)
    const server = this.kept.serverOf(row, service)
    if (service.leadsNowhere(server)) {
      if (this.machine.setting(EXPIRE_NODEST) !== 0) this.kept.end(row)
      return drop(packet, NO_DESTINATION)
    }
    if (service.watches) this.outages.request(packet, row, service, flags, isNew)
    this.kept.request(row, server, flags)
    // Looked at before anything is rewritten, so that the error quotes what the client sent.
    if (forwarder.isHop && hopsLeft(packet) <= 1 && !this.machine.isLocal(server.address)) {
      return refuse(packet, hopsExceeded(packet), TTL_EXCEEDED)
    }
    this.notes.translated(packet, row, server, 0)
    const verdict = forwarder.request(packet, row, this.kept.flows, this.context)
    packet.balanced = true
    if (onePacket && packet.protocol !== ipv4.TCP) this.kept.end(row)
    return verdict
  }

  private answer(packet: Packet, row: number): Verdict {
    const { service, forwarder } = this.kept.termsOf(row)
    if (!forwarder.seesReplies) return ACCEPT
    const server = this.kept.serverOf(row, service)
    const flags = flagsOf(packet)
    if (service.watches) this.outages.reply(packet, row, service, server, flags)
    this.kept.reply(row, server, flags)
    // A reply that came to this machine has the hop still before it.
    if (forwarder.changesSource && packet.hook === INPUT && hopsLeft(packet) <= 1) {
      return refuse(packet, hopsExceeded(packet), TTL_EXCEEDED)
    }
    this.notes.translated(packet, row, server, 1)
    packet.balanced = true
    return forwarder.reply(packet, row, this.kept.flows, this.context)
  }

  /** A packet of a server that answers nothing we know of (net.ipv4.vs.nat_icmp_send). */
  private stray(packet: Packet): Verdict {
    if (this.machine.setting(NAT_ICMP_SEND) === 0) return ACCEPT
    const { frame, transport, protocol, src } = packet
    const port = tcp.ports(frame.view, transport) >>> 16
    if (!this.services.isServer(src, port, protocol === ipv4.TCP)) return ACCEPT
    if ((flagsOf(packet) & tcp.RST) !== 0) return ACCEPT
    return refuse(packet, portUnreachable(packet), NO_DESTINATION)
  }
}
