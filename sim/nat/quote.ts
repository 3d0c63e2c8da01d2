import type { Packet } from '../hook/hook.ts'
import { update16, update32 } from '../wire/checksum.ts'
import * as icmp from '../wire/icmp.ts'
import * as ipv4 from '../wire/ipv4.ts'

/**
 * The packet that an ICMP error quotes (RFC 792; RFC 5508 §4.2 on translating it). Only its first
 * octets are there: the transport's checksum can be mended when it is among them and is never
 * verified. Every change is carried into the ICMP checksum, which covers the quote.
 */

/** Offset of the quoted IP header, or -1 when too little of it is there to tell the flow. */
export function quoteAt(packet: Packet): number {
  const { view } = packet.frame
  const at = packet.transport + icmp.HEADER_LEN
  if (packet.end - at < ipv4.MIN_LEN || view.getUint8(at) >> 4 !== 4) return -1
  // What follows the header of a later fragment are no ports.
  if ((ipv4.fragment(view, at) & 0x1fff) !== 0) return -1
  const transport = at + ipv4.headerLen(view, at)
  if (packet.end - transport < 8) return -1
  const protocol = ipv4.protocol(view, at)
  return protocol === ipv4.TCP || protocol === ipv4.UDP ? at : -1
}

/** Replaces the quoted destination address and port. */
export function rewriteQuotedDestination(
  packet: Packet,
  at: number,
  address: number,
  port: number,
): void {
  rewriteQuoted(packet, at, at + 16, address, 2, port)
}

/** Replaces the quoted source address and port. */
export function rewriteQuotedSource(
  packet: Packet,
  at: number,
  address: number,
  port: number,
): void {
  rewriteQuoted(packet, at, at + 12, address, 0, port)
}

function rewriteQuoted(
  packet: Packet,
  at: number,
  addressAt: number,
  address: number,
  portOffset: number,
  port: number,
): void {
  const { view } = packet.frame
  const message = packet.transport
  const transport = at + ipv4.headerLen(view, at)
  const portAt = transport + portOffset
  const oldAddress = view.getUint32(addressAt)
  const oldPort = view.getUint16(portAt)
  // The quoted header's checksum changes with its address, and the ICMP sum sees both changes.
  const oldHeader = view.getUint16(at + 10)
  const newHeader = update32(oldHeader, oldAddress, address)
  change16(view, message, at + 10, newHeader)
  icmp.changed32(view, message, oldAddress, address)
  view.setUint32(addressAt, address)
  const checksumAt = transport + (ipv4.protocol(view, at) === ipv4.TCP ? 16 : 6)
  const isUdp = ipv4.protocol(view, at) === ipv4.UDP
  if (checksumAt + 2 <= packet.end && !(isUdp && view.getUint16(checksumAt) === 0)) {
    const moved = update32(view.getUint16(checksumAt), oldAddress, address)
    const sum = update16(moved, oldPort, port)
    change16(view, message, checksumAt, isUdp && sum === 0 ? 0xffff : sum)
  }
  change16(view, message, portAt, port)
}

function change16(view: DataView, message: number, at: number, to: number): void {
  icmp.changed16(view, message, view.getUint16(at), to)
  view.setUint16(at, to)
}
