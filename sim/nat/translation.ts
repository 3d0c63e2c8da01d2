import type { HookContext, Packet } from '../hook/hook.ts'
import { TRANSLATED } from '../trace/index.ts'
import type { FlowTable } from './flow-table.ts'
import { isError, isIcmp } from './messages.ts'
import type { Quote } from './quote.ts'
import { rewriteDestination, rewriteSource } from './rewrite.ts'
import { CHANGES_DESTINATION, CHANGES_SOURCE } from './tracker.ts'

/** Neither the packet nor its quote gets another port. */
const KEEP = -1

/**
 * Rewrites packets as their flow says, in both directions, ICMP errors outside and inside: what
 * changed the destination of requests changes the source of answers (Linux nf_nat_core.c,
 * nf_nat_packet; nf_nat_proto.c, nf_nat_icmp_reply_translation).
 *
 * Column `server` of the flow table: the rules behind a flow, each + 1, that for the destination in
 * the low half and that for the source in the high half.
 */
export class Translation {
  private readonly context: HookContext
  private readonly flows: FlowTable
  private readonly quote: Quote
  private readonly firstRule: number

  constructor(context: HookContext, flows: FlowTable, quote: Quote, firstRule: number) {
    this.context = context
    this.flows = flows
    this.quote = quote
    this.firstRule = firstRule
  }

  /** Remembers the rule that changes the destination of a flow. */
  destinationRule(row: number, rule: number): void {
    this.flows.server[row] = (this.flows.server[row]! & ~0xffff) | (rule + 1)
  }

  /** Remembers the rule that changes the source of a flow. */
  sourceRule(row: number, rule: number): void {
    this.flows.server[row] = (this.flows.server[row]! & 0xffff) | ((rule + 1) << 16)
  }

  /** Before routing: the destination of requests, and of answers what was the source. */
  destination(packet: Packet): void {
    const { flows } = this
    const row = packet.flow >> 1
    const reply = (packet.flow & 1) === 1
    if ((flows.flags[row]! & (reply ? CHANGES_SOURCE : CHANGES_DESTINATION)) === 0) return
    const address = reply ? flows.clientAddress(row) : flows.serverAddress(row)
    const port = reply ? flows.clientPort(row) : flows.serverPort(row)
    this.say(packet, reply)
    // The identifier of an echo belongs to its source.
    const kept = isIcmp(flows.protocol(row)) && !reply ? KEEP : port
    const isReport = isError(packet)
    rewriteDestination(packet, address, isReport ? KEEP : kept, this.context)
    if (isReport && this.quote.read(packet)) this.quote.rewriteSource(packet, address, kept)
  }

  /** After routing: the source of requests, and of answers what was the destination. */
  source(packet: Packet): void {
    const { flows } = this
    const row = packet.flow >> 1
    const reply = (packet.flow & 1) === 1
    if ((flows.flags[row]! & (reply ? CHANGES_DESTINATION : CHANGES_SOURCE)) === 0) return
    const address = reply ? flows.virtualAddress(row) : flows.outsideAddress(row)
    const port = reply ? flows.virtualPort(row) : flows.outsidePort(row)
    this.say(packet, !reply)
    const kept = isIcmp(flows.protocol(row)) && reply ? KEEP : port
    const isReport = isError(packet)
    rewriteSource(packet, address, isReport ? KEEP : kept, this.context)
    if (isReport && this.quote.read(packet)) this.quote.rewriteDestination(packet, address, kept)
  }

  /** `bySource`: the rule for the source is behind the change, else that for the destination. */
  private say(packet: Packet, bySource: boolean): void {
    const { trace, place } = this.context
    if ((trace.mask & TRANSLATED) === 0) return
    const row = packet.flow >> 1
    const rules = this.flows.server[row]!
    const rule = (bySource ? rules >>> 16 : rules & 0xffff) - 1
    const serial = this.flows.serial(row)
    trace.emit(TRANSLATED, place, packet.frame, this.firstRule + rule, serial, packet.flow & 1)
  }
}
