import type { HookContext, Packet } from '../hook/hook.ts'
import {
  FIELD_ICMP_IDENT,
  FIELD_ICMPV6_IDENT,
  FIELD_IP_DST,
  FIELD_IP_SRC,
  FIELD_IPV6_DST,
  FIELD_IPV6_SRC,
  FIELD_TCP_DST_PORT,
  FIELD_TCP_SRC_PORT,
  FIELD_UDP_DST_PORT,
  FIELD_UDP_SRC_PORT,
  REWRITTEN,
} from '../trace/index.ts'
import { update16 } from '../wire/checksum.ts'
import * as icmp from '../wire/icmp.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as ipv6 from '../wire/ipv6.ts'
import * as tcp from '../wire/tcp.ts'
import * as udp from '../wire/udp.ts'
import { isEcho } from './messages.ts'

/**
 * Replaces addresses and ports of a packet of either family in place and mends every checksum that
 * covers them (RFC 1624; RFC 3022 §4.2, RFC 8200 §8.1). Addresses are numbers of the book.
 * Each field that changes is said, with before and after.
 *
 * The packet must be whole: a later fragment has no transport header to mend.
 */

/**
 * New source address and port; what is the same already stays untouched. The port of an echo is
 * its identifier; a port of -1 is kept.
 */
export function rewriteSource(
  packet: Packet,
  address: number,
  port: number,
  context: HookContext,
): void {
  rewriteSourceAddress(packet, address, context)
  if (port < 0) return
  const { view } = packet.frame
  const { transport } = packet
  if (packet.protocol === ipv4.TCP) {
    const before = tcp.srcPort(view, transport)
    if (before === port) return
    tcp.rewriteSrcPort(view, transport, port)
    say(packet, FIELD_TCP_SRC_PORT, before, port, context)
  } else if (packet.protocol === ipv4.UDP) {
    const before = udp.srcPort(view, transport)
    if (before === port) return
    udp.rewriteSrcPort(view, transport, port)
    say(packet, FIELD_UDP_SRC_PORT, before, port, context)
  } else if (isEcho(packet)) rewriteIdent(packet, port, context)
}

/** New destination address and port, as `rewriteSource` takes them. */
export function rewriteDestination(
  packet: Packet,
  address: number,
  port: number,
  context: HookContext,
): void {
  rewriteDestinationAddress(packet, address, context)
  if (port < 0) return
  const { view } = packet.frame
  const { transport } = packet
  if (packet.protocol === ipv4.TCP) {
    const before = tcp.dstPort(view, transport)
    if (before === port) return
    tcp.rewriteDstPort(view, transport, port)
    say(packet, FIELD_TCP_DST_PORT, before, port, context)
  } else if (packet.protocol === ipv4.UDP) {
    const before = udp.dstPort(view, transport)
    if (before === port) return
    udp.rewriteDstPort(view, transport, port)
    say(packet, FIELD_UDP_DST_PORT, before, port, context)
  } else if (isEcho(packet)) rewriteIdent(packet, port, context)
}

/** New source address and no other field: all that changes outside in an ICMP error. */
export function rewriteSourceAddress(packet: Packet, address: number, context: HookContext): void {
  const before = packet.src
  if (before === address) return
  const { network } = packet
  if (packet.family === 4) {
    ipv4.rewriteSrc(packet.frame.view, network, address)
    mendTransport4(packet, before, address)
  } else {
    context.addresses.write(packet.frame.view, network + ipv6.SRC, address)
    mendTransport6(packet, context.addresses.sum(before), context.addresses.sum(address))
  }
  packet.src = address
  say(packet, packet.family === 4 ? FIELD_IP_SRC : FIELD_IPV6_SRC, before, address, context)
}

/** New destination address and no other field. */
export function rewriteDestinationAddress(
  packet: Packet,
  address: number,
  context: HookContext,
): void {
  const before = packet.dst
  if (before === address) return
  const { network } = packet
  if (packet.family === 4) {
    ipv4.rewriteDst(packet.frame.view, network, address)
    mendTransport4(packet, before, address)
  } else {
    context.addresses.write(packet.frame.view, network + ipv6.DST, address)
    mendTransport6(packet, context.addresses.sum(before), context.addresses.sum(address))
  }
  packet.dst = address
  say(packet, packet.family === 4 ? FIELD_IP_DST : FIELD_IPV6_DST, before, address, context)
}

/** The pseudo header of TCP and UDP holds the addresses. */
function mendTransport4({ frame, transport, protocol }: Packet, from: number, to: number): void {
  if (protocol === ipv4.TCP) tcp.addressChanged(frame.view, transport, from, to)
  else if (protocol === ipv4.UDP) udp.addressChanged(frame.view, transport, from, to)
}

/** In IPv6 ICMP has a pseudo header too. `from`, `to`: folded sums of the addresses. */
function mendTransport6({ frame, transport, protocol }: Packet, from: number, to: number): void {
  const { view } = frame
  if (protocol === ipv4.TCP) mend16(view, transport + 16, from, to)
  else if (protocol === ipv6.ICMPV6) mend16(view, transport + 2, from, to)
  else if (protocol === ipv4.UDP && udp.checksum(view, transport) !== 0) {
    mend16(view, transport + 6, from, to)
    if (udp.checksum(view, transport) === 0) view.setUint16(transport + 6, 0xffff)
  }
}

function mend16(view: DataView, at: number, from: number, to: number): void {
  view.setUint16(at, update16(view.getUint16(at), from, to))
}

/** New identifier of an echo. */
function rewriteIdent(packet: Packet, ident: number, context: HookContext): void {
  const { view } = packet.frame
  const { transport } = packet
  const before = icmp.ident(view, transport)
  if (before === ident) return
  icmp.changed16(view, transport, before, ident)
  view.setUint16(transport + 4, ident)
  const field = packet.family === 4 ? FIELD_ICMP_IDENT : FIELD_ICMPV6_IDENT
  say(packet, field, before, ident, context)
}

function say(
  packet: Packet,
  field: number,
  before: number,
  after: number,
  { trace, place }: HookContext,
): void {
  if ((trace.mask & REWRITTEN) !== 0) {
    trace.emit(REWRITTEN, place, packet.frame, field, before, after)
  }
}
