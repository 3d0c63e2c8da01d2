import type { HookContext, Packet } from '../hook/hook.ts'
import * as icmp from '../wire/icmp.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as tcp from '../wire/tcp.ts'
import type { Connections } from './connections.ts'
import type { Machine } from './machine.ts'
import { Sequences } from './sequences.ts'
import type { Server } from './service.ts'
import type { Service } from './service-table.ts'
import { NONE, SYN_RECV } from './states.ts'

/** Code of "unreachable" for a packet that may not be cut (RFC 792). */
const TOO_BIG = 4
/** ICMPv6 type (RFC 4443 §3.1). */
const UNREACHABLE_V6 = 1
const EXPIRE_NODEST = 'net.ipv4.vs.expire_nodest_conn'

/**
 * What connections say about their servers, and what becomes of them when one goes down. Packets of
 * services that want neither do not come here.
 */
export class Outages {
  private readonly context: HookContext
  private readonly machine: Machine
  private readonly kept: Connections
  private readonly sequences = new Sequences()

  constructor(context: HookContext, machine: Machine, kept: Connections) {
    this.context = context
    this.machine = machine
    this.kept = kept
  }

  /** A packet of the client, before it moves the state of its connection; `isNew`: its first. */
  request(packet: Packet, row: number, service: Service, flags: number, isNew: boolean): void {
    if (packet.protocol !== ipv4.TCP) return
    if (service.resets) this.sequences.request(row, packet, flags)
    // It asks again: the server has left the first SYN without an answer.
    const again = !isNew && (flags & tcp.SYN) !== 0 && this.isOpening(row)
    if (again) this.failed(service, this.kept.serverOf(row, service))
  }

  /** A packet of the server, before it moves the state of its connection. */
  reply(packet: Packet, row: number, service: Service, server: Server, flags: number): void {
    const { passive } = service
    if (packet.protocol !== ipv4.TCP) {
      passive?.worked(server)
      return
    }
    if (service.resets) this.sequences.reply(row, packet, flags)
    if ((flags & tcp.SYN) !== 0) passive?.worked(server)
    else if ((flags & tcp.RST) !== 0 && this.isOpening(row)) this.failed(service, server)
  }

  /** An ICMP error says that a packet to the server has not arrived. */
  unreachable(packet: Packet, row: number): void {
    if (!saysUnreachable(packet)) return
    const service = this.kept.serviceOf(row)
    if (service.passive === undefined) return
    const isStream = this.kept.flows.protocol(row) === ipv4.TCP
    if (isStream && !this.isOpening(row)) return
    this.failed(service, this.kept.serverOf(row, service))
  }

  /** A server has gone down: its connections end as the service wants. */
  down(service: Service, server: Server): void {
    const { number, whenDown } = service.config
    if (whenDown === 'drop' && this.machine.setting(EXPIRE_NODEST) !== 0) {
      this.kept.endAll(number, server.number)
    }
    if (whenDown !== 'reset') return
    for (const row of this.kept.rowsOf(number, server.number)) {
      if (this.kept.flows.protocol(row) === ipv4.TCP) this.reset(row)
      this.kept.end(row)
    }
  }

  /** Tells both ends that the connection is over; where answers pass by, only the client. */
  private reset(row: number): void {
    const { flows } = this.kept
    const client = this.sequences.ofClient(row)
    const server = this.sequences.ofServer(row)
    const to = flows.clientAddress(row)
    const toPort = flows.clientPort(row)
    const virtual = flows.virtualAddress(row)
    const virtualPort = flows.virtualPort(row)
    // Before any answer a client takes a reset only with an ACK of its SYN (RFC 9293 §3.10.7.3).
    if (server >= 0) this.machine.reset(virtual, virtualPort, to, toPort, server, -1)
    else if (client >= 0) this.machine.reset(virtual, virtualPort, to, toPort, 0, client)
    if (client < 0 || !this.kept.termsOf(row).forwarder.seesReplies) return
    const from = flows.outsideAddress(row)
    const fromPort = flows.outsidePort(row)
    const real = flows.serverAddress(row)
    this.machine.reset(from, fromPort, real, flows.serverPort(row), client, -1)
  }

  private failed(service: Service, server: Server): void {
    const { passive } = service
    if (passive === undefined || !server.up) return
    const { clock } = this.context
    const forNs = passive.failed(server, service.order, clock.now)
    if (forNs === 0) return
    service.setEjected(server, true)
    this.machine.after(forNs, () => {
      if (passive.isOver(server, clock.now)) service.setEjected(server, false)
    })
  }

  private isOpening(row: number): boolean {
    const state = this.kept.flows.state[row]!
    return state === SYN_RECV || state === NONE
  }
}

/** Not every error is a failure of the server: a packet that is too big is none. */
function saysUnreachable({ family, frame, transport }: Packet): boolean {
  const type = frame.view.getUint8(transport)
  if (family === 6) return type === UNREACHABLE_V6
  return type === icmp.UNREACHABLE && frame.view.getUint8(transport + 1) !== TOO_BIG
}
