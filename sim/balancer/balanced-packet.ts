import { DROP, type Packet, REJECT, type Verdict } from '../hook/hook.ts'
import * as icmp from '../wire/icmp.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as tcp from '../wire/tcp.ts'
import * as udp from '../wire/udp.ts'

/** What a balancer reads in a packet of either family, and how it refuses one. */

/** Offset of the hop limit in an IPv6 header (RFC 8200 §3). */
const HOP_LIMIT = 7
/** ICMPv6 type x 256 + code (RFC 4443 §3.1, §3.3). */
const PORT_UNREACHABLE_V6 = (1 << 8) | 4
const HOPS_EXCEEDED_V6 = 3 << 8

/** Whether this is a TCP or UDP packet whose ports and flags can be read. */
export function hasPorts({ family, protocol, frame, network, transport, end }: Packet): boolean {
  if (family === 4 && (ipv4.fragment(frame.view, network) & 0x1fff) !== 0) return false
  if (protocol === ipv4.TCP) return end - transport >= tcp.MIN_LEN
  return protocol === ipv4.UDP && end - transport >= udp.HEADER_LEN
}

/** Flags of a TCP segment; 0 for a datagram. */
export function flagsOf({ protocol, frame, transport }: Packet): number {
  return protocol === ipv4.TCP ? tcp.flags(frame.view, transport) : 0
}

/** TTL or hop limit. */
export function hopsLeft({ family, frame, network }: Packet): number {
  return family === 4 ? ipv4.ttl(frame.view, network) : frame.view.getUint8(network + HOP_LIMIT)
}

/** ICMP type x 256 + code that refuses a connection. */
export function portUnreachable({ family }: Packet): number {
  return family === 4 ? (icmp.UNREACHABLE << 8) | icmp.PORT_UNREACHABLE : PORT_UNREACHABLE_V6
}

/** ICMP type x 256 + code for a packet that may not go on. */
export function hopsExceeded({ family }: Packet): number {
  return family === 4 ? icmp.TIME_EXCEEDED << 8 : HOPS_EXCEEDED_V6
}

/** The packet ends here, and its sender is told by this ICMP error. */
export function refuse(packet: Packet, error: number, reason: number): Verdict {
  packet.icmp = error
  packet.reason = reason
  return REJECT
}

/** The packet ends here, and nobody is told. */
export function drop(packet: Packet, reason: number): Verdict {
  packet.reason = reason
  return DROP
}
