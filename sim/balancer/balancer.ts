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
import { FlowTable, NO_FLOW } from '../nat/flow-table.ts'
import { DECIDED, dropCode, TRANSLATED } from '../trace/index.ts'
import * as icmp from '../wire/icmp.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as tcp from '../wire/tcp.ts'
import { type Forwarder, FORWARDERS } from './forward/index.ts'
import { IcmpErrors } from './icmp-errors.ts'
import { SCHEDULERS, type Turn } from './schedule/index.ts'
import { createService, newServer, type Server, type ServerConfig, type Service, type ServiceConfig } from './service.ts'
import { CLOSE, isActive, NONE, nextState, STATES, TIME_WAIT, TIMEOUTS_NS, UDP } from './states.ts'

const NO_SERVER = dropCode('no-server')
const NO_DESTINATION = dropCode('no-destination')
const TTL_EXCEEDED = dropCode('ttl-exceeded')

/** IPVS's priorities on its hooks (net/netfilter/ipvs/ip_vs_core.c). */
const PRIORITY_INPUT = 99
const PRIORITY_FORWARD = 100
const PRIORITY_OUTPUT = -98

/** A line of the connection table, as `ipvsadm -Lnc` shows it; addresses are numbers. */
export interface ConnectionRow {
  readonly protocol: 'tcp' | 'udp'
  readonly client: number
  readonly clientPort: number
  readonly virtual: number
  readonly virtualPort: number
  readonly server: number
  readonly serverPort: number
  readonly state: string
  readonly expiresNs: number
}

interface Running {
  readonly service: Service
  readonly forwarder: Forwarder
  readonly turn: Turn
  /** Number of the rule of its first server; a rule for each server follows. */
  readonly firstRule: number
}

/**
 * A transport-level balancer as IPVS is one: it hangs at INPUT, where packets for its virtual
 * addresses arrive, finds or makes the connection, and sends them on; replies meet it at FORWARD.
 */
export class Balancer {
  private readonly context: HookContext
  private readonly running: Running[]
  private readonly byNumber = new Map<number, Running>()
  private readonly flows: FlowTable
  private readonly errors: IcmpErrors
  private readonly ruleTexts: string[] = []

  /** `firstRule`: number of this balancer's first rule among all of the run. */
  constructor(context: HookContext, services: readonly ServiceConfig[], firstRule: number) {
    this.context = context
    this.flows = new FlowTable((row) => this.forget(row))
    this.errors = new IcmpErrors(this.flows, context)
    this.running = services.map((config) => {
      const service = createService(config)
      const forwarder = FORWARDERS.find((one) => one.name === config.forward)!
      const scheduler = SCHEDULERS.find((one) => one.name === config.schedule)!
      const running = {
        service,
        forwarder,
        turn: scheduler.start(service),
        firstRule: firstRule + this.ruleTexts.length,
      }
      for (const server of config.servers) {
        this.ruleTexts.push(`service ${config.name}: ${config.schedule} chose ${server.name}`)
      }
      this.byNumber.set(config.number, running)
      return running
    })
  }

  /** What each rule number of TRANSLATED events stands for, from `firstRule` on. */
  rules(): readonly string[] {
    return this.ruleTexts
  }

  attach(hooks: HookTable): void {
    hooks.add(INPUT, PRIORITY_INPUT, (packet) => this.request(packet))
    hooks.add(FORWARD, PRIORITY_FORWARD, (packet) => this.reply(packet))
    hooks.add(OUTPUT, PRIORITY_OUTPUT, (packet) => this.own(packet))
  }

  /** The connections that are remembered now. */
  connections(): ConnectionRow[] {
    const { flows } = this
    flows.sweep(this.context.clock.now)
    return flows.rows().map((row) => ({
      protocol: flows.protocol(row) === ipv4.TCP ? 'tcp' : 'udp',
      client: flows.clientAddress(row),
      clientPort: flows.clientPort(row),
      virtual: flows.virtualAddress(row),
      virtualPort: flows.virtualPort(row),
      server: flows.serverAddress(row),
      serverPort: flows.serverPort(row),
      state: STATES[flows.state[row]!]!,
      expiresNs: flows.expiry(row),
    }))
  }

  /** Connections remembered now. */
  get size(): number {
    this.flows.sweep(this.context.clock.now)
    return this.flows.size
  }

  /** Active and inactive connections of a server, as `ipvsadm -L` counts them. */
  counts(service: number, server: number): { active: number; inactive: number } {
    this.flows.sweep(this.context.clock.now)
    const { active, inactive } = this.byNumber.get(service)!.service.servers[server]!
    return { active, inactive }
  }

  /** Adds a server at the head of the scan order, as `ipvsadm -a` does; returns its number. */
  addServer(service: number, config: ServerConfig): number {
    const { service: kept, turn } = this.byNumber.get(service)!
    const known = kept.servers.find(
      (server) => server.address === config.address && server.port === config.port,
    )
    const server = known ?? newServer(config, kept.servers.length)
    if (known === undefined) kept.servers.push(server)
    server.present = true
    server.weight = config.weight
    kept.scan = [server, ...kept.scan.filter((other) => other !== server)]
    turn.changed()
    return server.number
  }

  /** Takes a server out; its connections stay and lead nowhere. */
  removeServer(service: number, number: number): void {
    const { service: kept, turn } = this.byNumber.get(service)!
    const server = kept.servers[number]!
    server.present = false
    kept.scan = kept.scan.filter((other) => other !== server)
    turn.changed()
  }

  setWeight(service: number, number: number, weight: number): void {
    const { service: kept, turn } = this.byNumber.get(service)!
    kept.servers[number]!.weight = weight
    turn.changed()
  }

  private request(packet: Packet): Verdict {
    const { protocol } = packet
    if (protocol === ipv4.ICMP) return this.errors.toServer(packet)
    const isTcp = protocol === ipv4.TCP
    if (!isTcp && protocol !== ipv4.UDP) return ACCEPT
    if (packet.end - packet.transport < (isTcp ? tcp.MIN_LEN : 8)) return ACCEPT
    const { view } = packet.frame
    const { now } = this.context.clock
    const src = ipv4.src(view, packet.network)
    const dst = ipv4.dst(view, packet.network)
    const ports = tcp.ports(view, packet.transport)
    const flags = isTcp ? tcp.flags(view, packet.transport) : 0
    const found = this.flows.find(src, dst, ports, protocol, now)
    if (found !== NO_FLOW && (found & 1) === 1) return ACCEPT
    let row = found === NO_FLOW ? NO_FLOW : found >> 1
    if (row !== NO_FLOW && this.startsAgain(row, flags)) {
      this.forget(row)
      this.flows.remove(row)
      row = NO_FLOW
    }
    if (row === NO_FLOW) {
      // Only a SYN begins a connection: anything else is for this machine's own stack to answer.
      if (isTcp && (flags & (tcp.SYN | tcp.ACK | tcp.RST)) !== tcp.SYN) return ACCEPT
      const running = this.serviceFor(dst, ports & 0xffff, isTcp)
      if (running === undefined) return ACCEPT
      // The TTL is looked at before anything is rewritten, so that an error quotes the virtual address.
      if (ipv4.ttl(view, packet.network) <= 1) return this.ttlExceeded(packet)
      row = this.connect(packet, running, src, dst, ports)
      if (row === NO_FLOW) return REJECT
    } else if (ipv4.ttl(view, packet.network) <= 1) return this.ttlExceeded(packet)
    return this.send(packet, row, flags, isTcp)
  }

  /** A SYN for a connection that is over begins a new one (conn_reuse_mode = 1). */
  private startsAgain(row: number, flags: number): boolean {
    if ((flags & (tcp.SYN | tcp.ACK | tcp.RST)) !== tcp.SYN) return false
    const state = this.flows.state[row]!
    return state === TIME_WAIT || state === CLOSE
  }

  private ttlExceeded(packet: Packet): Verdict {
    packet.icmp = icmp.TIME_EXCEEDED << 8
    packet.reason = TTL_EXCEEDED
    return REJECT
  }

  /** Makes the connection of a first packet, or prepares the rejection and returns NO_FLOW. */
  private connect(
    packet: Packet,
    running: Running,
    src: number,
    dst: number,
    ports: number,
  ): number {
    const server = running.turn.choose(src, ports >>> 16)
    if (server === undefined) {
      packet.icmp = (icmp.UNREACHABLE << 8) | icmp.PORT_UNREACHABLE
      packet.reason = NO_SERVER
      return NO_FLOW
    }
    const { clock, trace, place } = this.context
    this.flows.sweep(clock.now, 4)
    const serverPort = running.forwarder.serverPort(server, ports & 0xffff)
    const outPorts = (ports & 0xffff0000) + serverPort
    const state = packet.protocol === ipv4.TCP ? NONE : UDP
    const timeoutNs = TIMEOUTS_NS[state]!
    const { protocol } = packet
    const row = this.flows.add(
      src, dst, ports >>> 0, protocol, src, server.address, outPorts >>> 0, timeoutNs, clock.now,
    )
    this.flows.state[row] = state
    this.flows.service[row] = running.service.config.number
    this.flows.server[row] = server.number
    server.inactive++
    if ((trace.mask & DECIDED) !== 0) {
      trace.emit(DECIDED, place, packet.frame, running.service.config.number, server.number, row)
    }
    return row
  }

  private send(packet: Packet, row: number, flags: number, isTcp: boolean): Verdict {
    const running = this.byNumber.get(this.flows.service[row]!)!
    const server = running.service.servers[this.flows.server[row]!]!
    if (!server.present) {
      packet.reason = NO_DESTINATION
      return DROP
    }
    this.advance(row, server, flags, false, isTcp)
    this.sayTranslated(packet, row, running, 0)
    const verdict = running.forwarder.request(packet, row, this.flows, this.context)
    packet.balanced = true
    if (running.service.config.onePacket && !isTcp) {
      this.forget(row)
      this.flows.remove(row)
    }
    return verdict
  }

  private reply(packet: Packet): Verdict {
    const { protocol } = packet
    if (packet.balanced) return ACCEPT
    if (protocol === ipv4.ICMP) return this.errors.toClient(packet)
    const isTcp = protocol === ipv4.TCP
    if (!isTcp && protocol !== ipv4.UDP) return ACCEPT
    if (packet.end - packet.transport < (isTcp ? tcp.MIN_LEN : 8)) return ACCEPT
    const { view } = packet.frame
    const src = ipv4.src(view, packet.network)
    const dst = ipv4.dst(view, packet.network)
    const ports = tcp.ports(view, packet.transport)
    const found = this.flows.find(src, dst, ports, protocol, this.context.clock.now)
    if (found === NO_FLOW || (found & 1) === 0) return ACCEPT
    const row = found >> 1
    const running = this.byNumber.get(this.flows.service[row]!)!
    const server = running.service.servers[this.flows.server[row]!]!
    const flags = isTcp ? tcp.flags(view, packet.transport) : 0
    this.advance(row, server, flags, true, isTcp)
    this.sayTranslated(packet, row, running, 1)
    packet.balanced = true
    return running.forwarder.reply(packet, row, this.flows, this.context)
  }

  /** An ICMP error of this machine's own about a packet that it has rewritten already. */
  private own(packet: Packet): Verdict {
    if (packet.protocol !== ipv4.ICMP || packet.balanced) return ACCEPT
    return this.errors.toClient(packet)
  }

  private advance(row: number, server: Server, flags: number, reply: boolean, isTcp: boolean): void {
    const { flows } = this
    const before = flows.state[row]!
    const after = isTcp ? nextState(before, flags, reply) : UDP
    if (after !== before) {
      flows.state[row] = after
      if (isActive(before) !== isActive(after)) {
        const up = isActive(after) ? 1 : -1
        server.active += up
        server.inactive -= up
      }
    }
    flows.touch(row, TIMEOUTS_NS[after]!, this.context.clock.now)
  }

  private sayTranslated(packet: Packet, row: number, running: Running, direction: number): void {
    const { trace, place } = this.context
    if ((trace.mask & TRANSLATED) === 0) return
    const rule = running.firstRule + this.flows.server[row]!
    trace.emit(TRANSLATED, place, packet.frame, rule, row, direction)
  }

  private serviceFor(address: number, port: number, isTcp: boolean): Running | undefined {
    const protocol = isTcp ? 'tcp' : 'udp'
    let whole: Running | undefined
    for (const running of this.running) {
      for (const vip of running.service.config.vips) {
        if (vip.address !== address || port < vip.port || port > vip.lastPort) continue
        if (vip.protocol !== 'any' && vip.protocol !== protocol) continue
        // A service of one port goes before one of all ports.
        if (vip.port === vip.lastPort) return running
        whole ??= running
      }
    }
    return whole
  }

  /** Before a row ends: its server has one connection less. */
  private forget(row: number): void {
    const running = this.byNumber.get(this.flows.service[row]!)!
    const server = running.service.servers[this.flows.server[row]!]!
    if (isActive(this.flows.state[row]!)) server.active--
    else server.inactive--
  }

}
