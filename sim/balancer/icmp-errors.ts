import {
  ACCEPT,
  FORWARD,
  type HookContext,
  INPUT,
  OUTPUT,
  type Packet,
  REROUTE,
  type Verdict,
} from '../hook/hook.ts'
import type { FlowTable } from '../nat/flow-table.ts'
import { NO_FLOW } from '../nat/flow-table.ts'
import { isError } from '../nat/messages.ts'
import { Quote } from '../nat/quote.ts'
import { rewriteDestinationAddress, rewriteSourceAddress } from '../nat/rewrite.ts'
import * as ipv4 from '../wire/ipv4.ts'
import type { Connections } from './connections.ts'
import type { Forwarder } from './forward/index.ts'
import type { Outages } from './outages.ts'

/**
 * ICMP errors about balanced connections, translated outside and inside (Linux
 * net/netfilter/ipvs/ip_vs_core.c, ip_vs_in_icmp and ip_vs_out_icmp). Whoever sent it, the client
 * sees it come from the virtual address, quoting the packet as the client sent it.
 */
export class IcmpErrors {
  private readonly kept: Connections
  private readonly flows: FlowTable
  private readonly outages: Outages
  private readonly context: HookContext
  private readonly quote: Quote

  constructor(kept: Connections, context: HookContext, outages: Outages) {
    this.kept = kept
    this.outages = outages
    this.flows = kept.flows
    this.context = context
    this.quote = new Quote(context.addresses)
  }

  /** An ICMP error about a balanced packet: of somebody on the way, or of this machine itself. */
  translate(packet: Packet): Verdict {
    const found = this.find(packet)
    if (found === NO_FLOW) return ACCEPT
    const row = found >> 1
    const { forwarder } = this.kept.termsOf(row)
    if ((found & 1) === 1) {
      this.outages.unreachable(packet, row)
      return forwarder.seesReplies ? this.toClient(packet, row, forwarder) : ACCEPT
    }
    if (packet.hook === FORWARD) return ACCEPT
    if (forwarder.seesReplies) return this.toServer(packet, row, forwarder)
    if (packet.hook === OUTPUT) return ACCEPT
    packet.balanced = true
    return forwarder.request(packet, row, this.flows, this.context)
  }

  /**
   * Row x 2 + direction of the flow that the packet is an error about, or NO_FLOW: 1 when it is
   * about a request (and for the client, like a reply), 0 when it is about a reply.
   */
  private find(packet: Packet): number {
    if (!this.quotes(packet)) return NO_FLOW
    const { src, dst, answerPorts, protocol } = this.quote
    return this.flows.find(dst, src, answerPorts, protocol, this.context.clock.now)
  }

  /** The error just found is about a request: it goes to the client. */
  private toClient(packet: Packet, row: number, { changesSource }: Forwarder): Verdict {
    const { flows, quote, context } = this
    rewriteSourceAddress(packet, flows.virtualAddress(row), context)
    quote.rewriteDestination(packet, flows.virtualAddress(row), flows.virtualPort(row))
    packet.balanced = true
    if (!changesSource) return ACCEPT
    rewriteDestinationAddress(packet, flows.clientAddress(row), context)
    quote.rewriteSource(packet, flows.clientAddress(row), flows.clientPort(row))
    return packet.hook === INPUT ? REROUTE : ACCEPT
  }

  /** The error just found is about a reply: it goes to the server. */
  private toServer(packet: Packet, row: number, { changesSource }: Forwarder): Verdict {
    const { flows, quote, context } = this
    rewriteDestinationAddress(packet, flows.serverAddress(row), context)
    quote.rewriteSource(packet, flows.serverAddress(row), flows.serverPort(row))
    packet.balanced = true
    if (changesSource) {
      rewriteSourceAddress(packet, flows.outsideAddress(row), context)
      quote.rewriteDestination(packet, flows.outsideAddress(row), flows.outsidePort(row))
    }
    return packet.hook === INPUT ? REROUTE : ACCEPT
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
