import { ACCEPT, type HookContext, type Packet, REROUTE, type Verdict } from '../hook/hook.ts'
import type { FlowTable } from '../nat/flow-table.ts'
import { NO_FLOW } from '../nat/flow-table.ts'
import { quoteAt, rewriteQuotedDestination, rewriteQuotedSource } from '../nat/quote.ts'
import { rewriteOuterDestination, rewriteOuterSource } from '../nat/rewrite.ts'
import * as icmp from '../wire/icmp.ts'
import * as ipv4 from '../wire/ipv4.ts'

/**
 * ICMP errors about balanced connections, translated outside and inside (Linux
 * net/netfilter/ipvs/ip_vs_core.c, ip_vs_in_icmp and ip_vs_out_icmp). Whoever sent it, the client
 * sees it come from the virtual address, quoting the packet as the client sent it.
 */
export class IcmpErrors {
  private readonly flows: FlowTable
  private readonly context: HookContext

  constructor(flows: FlowTable, context: HookContext) {
    this.flows = flows
    this.context = context
  }

  /** An error about a request, on its way to the client. */
  toClient(packet: Packet): Verdict {
    const at = this.quoteOfError(packet)
    if (at < 0) return ACCEPT
    // The quoted request runs from client to server: turned round, it is a reply's tuple.
    const found = this.findTurned(packet, at)
    if (found === NO_FLOW || (found & 1) === 0) return ACCEPT
    const row = found >> 1
    const { flows } = this
    const { trace, place } = this.context
    rewriteOuterSource(packet, flows.virtualAddress(row), trace, place)
    rewriteQuotedDestination(packet, at, flows.virtualAddress(row), flows.virtualPort(row))
    packet.balanced = true
    return ACCEPT
  }

  /** An error about a reply, on its way to the server: it has come to the virtual address. */
  toServer(packet: Packet): Verdict {
    const at = this.quoteOfError(packet)
    if (at < 0) return ACCEPT
    // The quoted reply runs from virtual address to client: turned round, a request's tuple.
    const found = this.findTurned(packet, at)
    if (found === NO_FLOW || (found & 1) === 1) return ACCEPT
    const row = found >> 1
    const { flows } = this
    const { trace, place } = this.context
    rewriteOuterDestination(packet, flows.serverAddress(row), trace, place)
    rewriteQuotedSource(packet, at, flows.serverAddress(row), flows.serverPort(row))
    packet.balanced = true
    return REROUTE
  }

  /** The flow of the quoted packet's answer: source and destination exchanged. */
  private findTurned(packet: Packet, at: number): number {
    const { view } = packet.frame
    const inner = at + ipv4.headerLen(view, at)
    return this.flows.find(
      ipv4.dst(view, at),
      ipv4.src(view, at),
      view.getUint16(inner + 2) * 0x1_0000 + view.getUint16(inner),
      ipv4.protocol(view, at),
      this.context.clock.now,
    )
  }

  private quoteOfError(packet: Packet): number {
    const { view } = packet.frame
    const { transport } = packet
    if (packet.end - transport < icmp.HEADER_LEN) return -1
    if ((ipv4.fragment(view, packet.network) & 0x1fff) !== 0) return -1
    const type = icmp.type(view, transport)
    const translated =
      type === icmp.UNREACHABLE || type === icmp.TIME_EXCEEDED || type === icmp.PARAMETER_PROBLEM
    return translated ? quoteAt(packet) : -1
  }
}
