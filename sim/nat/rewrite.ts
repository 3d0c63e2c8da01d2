import type { Packet } from '../hook/hook.ts'
import {
  FIELD_IP_DST,
  FIELD_IP_SRC,
  FIELD_TCP_DST_PORT,
  FIELD_TCP_SRC_PORT,
  FIELD_UDP_DST_PORT,
  FIELD_UDP_SRC_PORT,
  REWRITTEN,
  type Trace,
} from '../trace/index.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as tcp from '../wire/tcp.ts'
import * as udp from '../wire/udp.ts'

/**
 * Replaces addresses and ports of a packet in place and mends every checksum that covers them
 * (RFC 1624; RFC 3022 §4.2). Each field that changes is said, with before and after.
 */

/** New source of a TCP or UDP packet; what is the same already stays untouched. */
export function rewriteSource(
  packet: Packet,
  address: number,
  port: number,
  trace: Trace,
  place: number,
): void {
  const { view } = packet.frame
  const { network, transport } = packet
  const isTcp = packet.protocol === ipv4.TCP
  const oldAddress = ipv4.src(view, network)
  if (oldAddress !== address) {
    ipv4.rewriteSrc(view, network, address)
    if (isTcp) tcp.addressChanged(view, transport, oldAddress, address)
    else udp.addressChanged(view, transport, oldAddress, address)
    packet.src = address
    say(trace, place, packet, FIELD_IP_SRC, oldAddress, address)
  }
  const oldPort = view.getUint16(transport)
  if (oldPort !== port) {
    if (isTcp) tcp.rewriteSrcPort(view, transport, port)
    else udp.rewriteSrcPort(view, transport, port)
    say(trace, place, packet, isTcp ? FIELD_TCP_SRC_PORT : FIELD_UDP_SRC_PORT, oldPort, port)
  }
}

/** New destination of a TCP or UDP packet. */
export function rewriteDestination(
  packet: Packet,
  address: number,
  port: number,
  trace: Trace,
  place: number,
): void {
  const { view } = packet.frame
  const { network, transport } = packet
  const isTcp = packet.protocol === ipv4.TCP
  const oldAddress = ipv4.dst(view, network)
  if (oldAddress !== address) {
    ipv4.rewriteDst(view, network, address)
    if (isTcp) tcp.addressChanged(view, transport, oldAddress, address)
    else udp.addressChanged(view, transport, oldAddress, address)
    packet.dst = address
    say(trace, place, packet, FIELD_IP_DST, oldAddress, address)
  }
  const oldPort = view.getUint16(transport + 2)
  if (oldPort !== port) {
    if (isTcp) tcp.rewriteDstPort(view, transport, port)
    else udp.rewriteDstPort(view, transport, port)
    say(trace, place, packet, isTcp ? FIELD_TCP_DST_PORT : FIELD_UDP_DST_PORT, oldPort, port)
  }
}

/** New source address in the IP header alone: what carries an ICMP error. */
export function rewriteOuterSource(
  packet: Packet,
  address: number,
  trace: Trace,
  place: number,
): void {
  const { view } = packet.frame
  const before = ipv4.src(view, packet.network)
  if (before === address) return
  ipv4.rewriteSrc(view, packet.network, address)
  packet.src = address
  say(trace, place, packet, FIELD_IP_SRC, before, address)
}

/** New destination address in the IP header alone. */
export function rewriteOuterDestination(
  packet: Packet,
  address: number,
  trace: Trace,
  place: number,
): void {
  const { view } = packet.frame
  const before = ipv4.dst(view, packet.network)
  if (before === address) return
  ipv4.rewriteDst(view, packet.network, address)
  packet.dst = address
  say(trace, place, packet, FIELD_IP_DST, before, address)
}

function say(
  trace: Trace,
  place: number,
  packet: Packet,
  field: number,
  before: number,
  after: number,
): void {
  if ((trace.mask & REWRITTEN) !== 0) {
    trace.emit(REWRITTEN, place, packet.frame, field, before, after)
  }
}
