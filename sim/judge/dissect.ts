/**
 * The second decoder. It shares no code with `wire/`, reads by its own eyes and never throws: what
 * is wrong with a frame is named in `problems`. Names and values are Wireshark's.
 *
 * Left out: reassembly of IP fragments and of TCP streams (a header of DNS over TCP or of HTTP is
 * recognised at the beginning of a segment only); VLAN tags; IPv6 extension headers but fragments.
 */

import { dissectIpv4 } from './dissect-ipv4.ts'
import { dissectIpv6 } from './dissect-ipv6.ts'
import {
  add,
  complain,
  type Dissection,
  type Layer,
  openLayer,
  readMac,
  type Scope,
} from './dissection.ts'

const ETHERNET_LEN = 14
const ARP_LEN = 28
const TYPE_IPV4 = 0x0800
const TYPE_ARP = 0x0806
const TYPE_IPV6 = 0x86dd
const BROADCAST = 0xffffffffffff

/** Decodes the Ethernet frame `bytes[start .. end)`. */
export function dissect(bytes: Uint8Array, start: number, end: number): Dissection {
  const d: Dissection = { bytes, start, end, layers: [], problems: [] }
  const v = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const scope: Scope = { v, bytes, problems: d.problems, quoted: false }
  const frame = openLayer(d.layers, 'frame', start, end)
  add(frame, 'frame.len', end - start, start, 0)
  add(frame, 'frame.cap_len', end - start, start, 0)
  if (end - start < ETHERNET_LEN) {
    complain(scope, 'ethernet-truncated')
    return d
  }
  const eth = openLayer(d.layers, 'eth', start, end)
  const type = v.getUint16(start + 12)
  add(eth, 'eth.dst', readMac(scope, start), start, 6)
  add(eth, 'eth.src', readMac(scope, start + 6), start + 6, 6)
  add(eth, 'eth.type', type, start + 12, 2)
  if (Math.floor(readMac(scope, start + 6) / 0x10000000000) % 2 === 1) {
    complain(scope, 'ethernet-group-source')
  }
  const at = start + ETHERNET_LEN
  if (type === TYPE_IPV4) trailer(eth, d, dissectIpv4(scope, at, end, d.layers))
  else if (type === TYPE_IPV6) trailer(eth, d, dissectIpv6(scope, at, end, d.layers))
  else if (type === TYPE_ARP) trailer(eth, d, dissectArp(scope, at, end, d.layers))
  else complain(scope, 'ethernet-unknown-type')
  return d
}

/** Octets after the packet; ours have none, others pad to 60. */
function trailer(eth: Layer, d: Dissection, packetEnd: number): void {
  if (packetEnd >= d.end) return
  add(eth, 'eth.trailer', d.bytes.subarray(packetEnd, d.end), packetEnd, d.end - packetEnd)
}

/** ARP for IPv4 over Ethernet (RFC 826). Returns where it ends. */
function dissectArp(scope: Scope, at: number, end: number, into: Layer[]): number {
  const { v } = scope
  if (end - at < ARP_LEN) {
    complain(scope, 'arp-truncated')
    return end
  }
  const arp = openLayer(into, 'arp', at, at + ARP_LEN)
  const hardware = v.getUint16(at)
  const protocol = v.getUint16(at + 2)
  const opcode = v.getUint16(at + 6)
  const sender = v.getUint32(at + 14)
  const target = v.getUint32(at + 24)
  add(arp, 'arp.hw.type', hardware, at, 2)
  add(arp, 'arp.proto.type', protocol, at + 2, 2)
  add(arp, 'arp.hw.size', v.getUint8(at + 4), at + 4, 1)
  add(arp, 'arp.proto.size', v.getUint8(at + 5), at + 5, 1)
  add(arp, 'arp.opcode', opcode, at + 6, 2)
  add(arp, 'arp.src.hw_mac', readMac(scope, at + 8), at + 8, 6)
  add(arp, 'arp.src.proto_ipv4', sender, at + 14, 4)
  add(arp, 'arp.dst.hw_mac', readMac(scope, at + 18), at + 18, 6)
  add(arp, 'arp.dst.proto_ipv4', target, at + 24, 4)
  announcements(scope, arp, at, opcode, sender, target)
  const ours = hardware === 1 && protocol === TYPE_IPV4
  if (!ours || v.getUint8(at + 4) !== 6 || v.getUint8(at + 5) !== 4) complain(scope, 'arp-not-ipv4')
  if (opcode !== 1 && opcode !== 2) complain(scope, 'arp-unknown-opcode')
  if (opcode === 2 && readMac(scope, at + 8) === BROADCAST) complain(scope, 'arp-broadcast-sender')
  return at + ARP_LEN
}

/** Wireshark's three flags on requests and replies that nobody asked for (RFC 5227). */
function announcements(
  scope: Scope,
  arp: Layer,
  at: number,
  opcode: number,
  sender: number,
  target: number,
): void {
  const toZero = readMac(scope, at + 18) === 0
  if (sender === target) {
    add(arp, 'arp.isgratuitous', true, at, 0)
    if (opcode === 1 && toZero) add(arp, 'arp.isannouncement', true, at, 0)
  }
  if (opcode === 1 && sender === 0) add(arp, 'arp.isprobe', true, at, 0)
}
