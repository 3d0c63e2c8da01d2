import { ACCEPT, type HookContext, type Packet, REROUTE, type Verdict } from '../hook/hook.ts'
import type { FlowTable } from '../nat/flow-table.ts'
import { NO_FLOW } from '../nat/flow-table.ts'
import { isError } from '../nat/messages.ts'
import { Quote } from '../nat/quote.ts'
import { rewriteDestinationAddress, rewriteSourceAddress } from '../nat/rewrite.ts'
import * as ipv4 from '../wire/ipv4.ts'

/**
 * ICMP errors about balanced connections, translated outside and inside (Linux
 * net/netfilter/ipvs/ip_vs_core.c, ip_vs_in_icmp and ip_vs_out_icmp). Whoever sent it, the client
 * sees it come from the virtual address, quoting the packet as the client sent it.
 */
export class IcmpErrors {
  private readonly flows: FlowTable
  private readonly context: HookContext
  private readonly quote: Quote

  constructor(flows: FlowTable, context: HookContext) {
    this.flows = flows
    this.context = context
    this.quote = new Quote(context.addresses)
  }

  /** An error about a request, on its way to the client. */
  toClient(packet: Packet): Verdict {
    if (!this.quotes(packet)) return ACCEPT
    // The quoted request runs from client to server: turned round, it is a reply's tuple.
    const found = this.findTurned()
    if (found === NO_FLOW || (found & 1) === 0) return ACCEPT
    const row = found >> 1
    const { flows } = this
    rewriteSourceAddress(packet, flows.virtualAddress(row), this.context)
    this.quote.rewriteDestination(packet, flows.virtualAddress(row), flows.virtualPort(row))
    packet.balanced = true
    return ACCEPT
  }

  /** An error about a reply, on its way to the server: it has come to the virtual address. */
  toServer(packet: Packet): Verdict {
    if (!this.quotes(packet)) return ACCEPT
    // The quoted reply runs from virtual address to client: turned round, a request's tuple.
    const found = this.findTurned()
    if (found === NO_FLOW || (found & 1) === 1) return ACCEPT
    const row = found >> 1
    const { flows } = this
    rewriteDestinationAddress(packet, flows.serverAddress(row), this.context)
    this.quote.rewriteSource(packet, flows.serverAddress(row), flows.serverPort(row))
    packet.balanced = true
    return REROUTE
  }

  /** The flow of the quoted packet's answer: source and destination exchanged. */
  private findTurned(): number {
    const { src, dst, answerPorts, protocol } = this.quote
    return this.flows.find(dst, src, answerPorts, protocol, this.context.clock.now)
  }

  /** Whether the packet is an error about a packet that can be told. */
  private quotes(packet: Packet): boolean {
    if (packet.family === 4) {
      const { view } = packet.frame
      if ((ipv4.fragment(view, packet.network) & 0x1fff) !== 0) return false
    }
    return isError(packet) && this.quote.read(packet)
  }
}
