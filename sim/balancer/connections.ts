import type { HookContext } from '../hook/hook.ts'
import { FlowTable, NO_FLOW } from '../nat/flow-table.ts'
import { PortPool, type SourceRange } from '../nat/port-pool.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as tcp from '../wire/tcp.ts'
import type { Machine } from './machine.ts'
import type { Server } from './service.ts'
import type { Service, ServiceTable } from './service-table.ts'
import type { Terms } from './terms.ts'
import {
  CLIENT_ONLY,
  CLOSE,
  FIN_WAIT,
  FROM_CLIENT,
  FROM_SERVER,
  isActive,
  NONE,
  nextState,
  SECURE_CLIENT_ONLY,
  SECURE_FROM_CLIENT,
  SECURE_FROM_SERVER,
  STATES,
  SYN_RECV,
  TIME_WAIT,
  TIMEOUTS_NS,
  type Transitions,
  UDP,
} from './states.ts'

const SYN_ACK = tcp.SYN | tcp.ACK
/** Packets of a connection are counted no further: in the column `flags`. */
const MOST_COUNTED = 9

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

/** The connections of a balancer: flows with a state, counted at their servers. */
export class Connections {
  readonly flows: FlowTable
  /** Whether states go by the tables of `secure_tcp`. */
  secure = false
  private readonly context: HookContext
  private readonly machine: Machine
  private readonly services: ServiceTable
  /** Finds sources for connections that get one of the balancer's. */
  private readonly ports: PortPool
  /** The machine's own address, as a range of sources: one object, used again for each. */
  private readonly own = { addresses: [0], firstPort: 0, lastPort: 0 }
  /** A connection that is being forgotten: one object, used again for each. */
  private readonly over = { client: 0, clientPort: 0, virtual: 0, virtualPort: 0 }
  /** Timeout of each state, as the flow table knows it. */
  private readonly timeouts: readonly number[]

  constructor(context: HookContext, machine: Machine, services: ServiceTable) {
    this.context = context
    this.machine = machine
    this.services = services
    this.flows = new FlowTable((row) => this.forget(row))
    const { clock, addresses } = context
    this.ports = new PortPool(this.flows, clock, addresses, () => machine.random16())
    this.timeouts = TIMEOUTS_NS.map((timeoutNs) => this.flows.timeout(timeoutNs))
  }

  /**
   * Begins the connection of a packet with this tuple; returns its row, or NO_FLOW when it should
   * get a source of the balancer's and none is free.
   */
  begin(
    src: number,
    dst: number,
    ports: number,
    protocol: number,
    service: Service,
    server: Server,
  ): number {
    const { flows } = this
    const state = protocol === ipv4.TCP ? NONE : UDP
    const { terms } = service
    const port = terms.forwarder.serverPort(server, ports & 0xffff)
    const to = server.address
    let from = src
    let outPorts = ((ports & 0xffff0000) | port) >>> 0
    if (terms.forwarder.changesSource) {
      const range = this.sourcesOf(terms, to, dst)
      if (!this.ports.choose(range, src, to, outPorts, protocol)) return NO_FLOW
      from = this.ports.address
      outPorts = this.ports.port * 0x1_0000 + port
    }
    const { now } = this.context.clock
    const timeout = this.timeouts[state]!
    const row = flows.add(src, dst, ports, protocol, from, to, outPorts, timeout, now)
    flows.state[row] = state
    flows.service[row] = terms.number
    flows.server[row] = server.number
    server.inactive++
    this.taken(server)
    return row
  }

  /** Where the source of a connection is taken from: the sheet's pool, or the machine's own. */
  private sourcesOf({ sources }: Terms, server: number, virtual: number): SourceRange {
    if (sources !== undefined && sources.addresses.length > 0) return sources
    const { own } = this
    const source = this.machine.sourceTowards(server)
    // Without a route the packet ends anyway, and the error about it has to find its way back.
    own.addresses[0] = source === 0 ? virtual : source
    own.firstPort = sources?.firstPort ?? 0
    own.lastPort = sources?.lastPort ?? 0
    return own
  }

  /** Whether a segment may begin a connection (net.ipv4.vs.sloppy_tcp). */
  mayBegin(flags: number): boolean {
    if ((flags & tcp.RST) !== 0) return false
    return (flags & tcp.SYN) !== 0 || this.machine.setting('net.ipv4.vs.sloppy_tcp') !== 0
  }

  /**
   * Whether a SYN for a connection begins a new one: it is over (net.ipv4.vs.conn_reuse_mode), or
   * its server shall get no more (net.ipv4.vs.expire_nodest_conn).
   */
  startsAgain(row: number, flags: number): boolean {
    if ((flags & tcp.SYN) === 0) return false
    const { service, forwarder } = this.termsOf(row)
    const { weight } = this.serverOf(row, service)
    if (weight === 0 && this.machine.setting('net.ipv4.vs.expire_nodest_conn') !== 0) return true
    const mode = this.machine.setting('net.ipv4.vs.conn_reuse_mode')
    if (mode === 0) return false
    const state = this.flows.state[row]!
    if (state === TIME_WAIT || state === CLOSE) return true
    return (mode & 2) !== 0 && state === FIN_WAIT && !forwarder.seesReplies
  }

  /** What the service did for new connections when this one began. */
  termsOf(row: number): Terms {
    return this.services.termsOf(this.flows.service[row]!)
  }

  serviceOf(row: number): Service {
    return this.termsOf(row).service
  }

  serverOf(row: number, service: Service): Server {
    return service.servers[this.flows.server[row]!]!
  }

  /** A packet of the client has come: the connection's state and time move. */
  request(row: number, server: Server, flags: number): void {
    const { flows, secure } = this
    if (flows.flags[row]! < MOST_COUNTED) flows.flags[row]!++
    const both = secure ? SECURE_FROM_CLIENT : FROM_CLIENT
    const half = secure ? SECURE_CLIENT_ONLY : CLIENT_ONLY
    this.advance(row, server, flags, this.termsOf(row).forwarder.seesReplies ? both : half)
  }

  /** A packet of the server has come. */
  reply(row: number, server: Server, flags: number): void {
    const isAnswer = (flags & SYN_ACK) === SYN_ACK && this.flows.state[row] === SYN_RECV
    // Since the last SYN, which is when the connection was touched last.
    if (isAnswer) {
      const tookNs = this.context.clock.now - this.flows.touchedNs(row)
      this.serviceOf(row).answered(server, tookNs)
    }
    this.advance(row, server, flags, this.secure ? SECURE_FROM_SERVER : FROM_SERVER)
  }

  /** Ends all connections of a server. */
  endAll(service: number, server: number): void {
    for (const row of this.rowsOf(service, server)) this.end(row)
  }

  /** Connections of a server, oldest first. */
  rowsOf(service: number, server: number): number[] {
    return this.flows.rows().filter((row) => {
      return this.serviceOf(row).config.number === service && this.flows.server[row] === server
    })
  }

  /** Ends all connections. */
  clear(): void {
    for (const row of this.flows.rows()) this.end(row)
  }

  end(row: number): void {
    this.forget(row)
    this.flows.remove(row)
  }

  /** Packets that the client has sent, counted up to 9. */
  packets(row: number): number {
    return this.flows.flags[row]!
  }

  /** Forgets what was over at an instant that has passed. */
  sweepUntil(atNs: number): void {
    this.flows.sweep(atNs)
  }

  sweep(most?: number): void {
    this.flows.sweep(this.context.clock.now, most)
  }

  /** Those remembered now, oldest first. */
  rows(): ConnectionRow[] {
    this.sweep()
    const { flows } = this
    return flows.rows().map((row) => ({
      protocol: flows.protocol(row) === ipv4.TCP ? 'tcp' : 'udp',
      client: flows.clientAddress(row),
      clientPort: flows.clientPort(row),
      virtual: flows.virtualAddress(row),
      virtualPort: flows.virtualPort(row),
      server: flows.serverAddress(row),
      serverPort: flows.serverPort(row),
      state: STATES[flows.state[row]!]!,
      expiresNs: flows.expiresNs(row),
    }))
  }

  private advance(row: number, server: Server, flags: number, table: Transitions): void {
    const { flows } = this
    const before = flows.state[row]!
    const after = before === UDP ? UDP : nextState(table, before, flags)
    if (after !== before) {
      flows.state[row] = after
      if (isActive(before) !== isActive(after)) {
        const up = isActive(after) ? 1 : -1
        server.active += up
        server.inactive -= up
        this.serviceOf(row).counted(server)
      }
    }
    flows.touch(row, this.timeouts[after]!, this.context.clock.now)
  }

  /** Before a row ends: its server has one connection less. */
  private forget(row: number): void {
    const { service, templates } = this.termsOf(row)
    const server = this.serverOf(row, service)
    if (isActive(this.flows.state[row]!)) {
      server.active--
      service.counted(server)
    } else server.inactive--
    this.given(server)
    if (templates === undefined) return
    const { flows, over } = this
    over.client = flows.clientAddress(row)
    over.virtual = flows.virtualAddress(row)
    // One that is ended before its time is forgotten now.
    templates.release(over, server, Math.min(flows.expiresNs(row), this.context.clock.now))
  }

  /** One connection more: perhaps it is now as many as it may have. */
  private taken(server: Server): void {
    const { upperThreshold } = server
    if (upperThreshold !== 0 && server.active + server.inactive >= upperThreshold) {
      server.overloaded = true
    }
  }

  /** One less: below the lower threshold, or three quarters of the upper, it gets some again. */
  private given(server: Server): void {
    const total = server.active + server.inactive
    const { upperThreshold, lowerThreshold } = server
    if (lowerThreshold !== 0 ? total < lowerThreshold : total * 4 < upperThreshold * 3) {
      server.overloaded = false
    }
  }
}
