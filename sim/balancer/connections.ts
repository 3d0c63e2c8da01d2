import type { HookContext } from '../hook/hook.ts'
import { FlowTable } from '../nat/flow-table.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as tcp from '../wire/tcp.ts'
import type { Server } from './service.ts'
import type { Service, ServiceTable } from './service-table.ts'
import {
  CLIENT_ONLY,
  CLOSE,
  FROM_CLIENT,
  FROM_SERVER,
  isActive,
  NONE,
  nextState,
  STATES,
  TIME_WAIT,
  TIMEOUTS_NS,
  type Transitions,
  UDP,
} from './states.ts'

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
  private readonly context: HookContext
  private readonly services: ServiceTable
  /** Timeout of each state, as the flow table knows it. */
  private readonly timeouts: readonly number[]

  constructor(context: HookContext, services: ServiceTable) {
    this.context = context
    this.services = services
    this.flows = new FlowTable((row) => this.forget(row))
    this.timeouts = TIMEOUTS_NS.map((timeoutNs) => this.flows.timeout(timeoutNs))
  }

  /** Begins the connection of a packet with this tuple; returns its row. */
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
    const port = service.forwarder.serverPort(server, ports & 0xffff)
    const outPorts = ((ports & 0xffff0000) | port) >>> 0
    const { now } = this.context.clock
    const timeout = this.timeouts[state]!
    const to = server.address
    const row = flows.add(src, dst, ports, protocol, src, to, outPorts, timeout, now)
    flows.state[row] = state
    flows.service[row] = service.config.number
    flows.server[row] = server.number
    server.inactive++
    this.taken(server)
    return row
  }

  /** A SYN for a connection that is over begins a new one (conn_reuse_mode = 1). */
  startsAgain(row: number, flags: number): boolean {
    if ((flags & tcp.SYN) === 0) return false
    const state = this.flows.state[row]!
    return state === TIME_WAIT || state === CLOSE
  }

  serviceOf(row: number): Service {
    return this.services.get(this.flows.service[row]!)
  }

  serverOf(row: number, service: Service): Server {
    return service.servers[this.flows.server[row]!]!
  }

  /** A packet of the client has come: the connection's state and time move. */
  request(row: number, service: Service, server: Server, flags: number): void {
    this.advance(row, server, flags, service.forwarder.seesReplies ? FROM_CLIENT : CLIENT_ONLY)
  }

  /** A packet of the server has come. */
  reply(row: number, server: Server, flags: number): void {
    this.advance(row, server, flags, FROM_SERVER)
  }

  end(row: number): void {
    this.forget(row)
    this.flows.remove(row)
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
      }
    }
    flows.touch(row, this.timeouts[after]!, this.context.clock.now)
  }

  /** Before a row ends: its server has one connection less. */
  private forget(row: number): void {
    const server = this.serverOf(row, this.serviceOf(row))
    if (isActive(this.flows.state[row]!)) server.active--
    else server.inactive--
    this.given(server)
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
