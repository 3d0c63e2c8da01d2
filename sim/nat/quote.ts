import type { Packet } from '../hook/hook.ts'
import type { AddressBook } from '../wire/address-book.ts'
import { update16, update32 } from '../wire/checksum.ts'
import * as icmp from '../wire/icmp.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as ipv6 from '../wire/ipv6.ts'
import { echoPorts, isIcmp } from './messages.ts'
import { turned } from './tuple.ts'

/** Octets of the transport header that tell the flow. */
const TRANSPORT_PART = 8
/**
 * The packet that an ICMP error quotes, of either family (RFC 792, RFC 4443; RFC 5508 §4.2 on
 * translating it). Only its first octets are there: the transport's checksum can be mended when it
 * is among them and is never verified. Every change is carried into the ICMP checksum, which covers
 * the quote.
 *
 * One object per machine is used again for every error: `read` it, then ask and rewrite.
 */
export class Quote {
  protocol = 0
  src = 0
  dst = 0
  /** Source x 65536 + destination port, of an echo as `echoPorts` has them. */
  ports = 0
  private network = 0
  private transport = 0
  private readonly addresses: AddressBook

  constructor(addresses: AddressBook) {
    this.addresses = addresses
  }

  /** Reads what an ICMP error quotes; false when too little is there to tell the flow. */
  read(packet: Packet): boolean {
    const { view } = packet.frame
    const at = packet.transport + icmp.HEADER_LEN
    this.network = at
    const told = packet.family === 4 ? this.read4(packet, at) : this.read6(packet, at)
    if (!told || packet.end - this.transport < TRANSPORT_PART) return false
    if (isIcmp(this.protocol)) {
      this.ports = echoPorts(view, this.transport, this.protocol)
      return this.ports >= 0
    }
    this.ports = view.getUint32(this.transport)
    return this.protocol === ipv4.TCP || this.protocol === ipv4.UDP
  }

  /** Ports of the answer to the quoted packet. */
  get answerPorts(): number {
    return turned(this.ports)
  }

  /** Replaces the quoted source address and port, of an echo the identifier; -1 keeps it. */
  rewriteSource(packet: Packet, address: number, port: number): void {
    this.rewriteAddress(packet, packet.family === 4 ? 12 : ipv6.SRC, this.src, address)
    this.rewritePort(packet, 0, port)
  }

  /** Replaces the quoted destination address and port. */
  rewriteDestination(packet: Packet, address: number, port: number): void {
    this.rewriteAddress(packet, packet.family === 4 ? 16 : ipv6.DST, this.dst, address)
    this.rewritePort(packet, 2, port)
  }

  private read4(packet: Packet, at: number): boolean {
    const { view } = packet.frame
    if (packet.end - at < ipv4.MIN_LEN || view.getUint8(at) >> 4 !== 4) return false
    // What follows the header of a later fragment are no ports.
    if ((ipv4.fragment(view, at) & 0x1fff) !== 0) return false
    this.transport = at + ipv4.headerLen(view, at)
    this.protocol = ipv4.protocol(view, at)
    this.src = ipv4.src(view, at)
    this.dst = ipv4.dst(view, at)
    return true
  }

  private read6(packet: Packet, at: number): boolean {
    const { view } = packet.frame
    if (packet.end - at < ipv6.HEADER_LEN || view.getUint8(at) >> 4 !== 6) return false
    this.src = this.addresses.read(view, at + ipv6.SRC)
    this.dst = this.addresses.read(view, at + ipv6.DST)
    const walked = ipv6.walk(view, at, packet.end)
    if (walked === ipv6.MALFORMED) return false
    this.transport = ipv6.walkOffset(walked)
    this.protocol = ipv6.walkProtocol(walked)
    if (this.protocol !== ipv6.FRAGMENT) return true
    if (ipv6.fragmentOffset(view, this.transport) !== 0) return false
    this.protocol = ipv6.fragmentNext(view, this.transport)
    this.transport += ipv6.FRAGMENT_LEN
    return true
  }

  private rewriteAddress(packet: Packet, offset: number, before: number, after: number): void {
    if (before === after) return
    const { view } = packet.frame
    const at = this.network + offset
    if (packet.family === 4) {
      // The quoted header's checksum changes with its address, and the ICMP sum sees both changes.
      const header = this.network + 10
      change16(packet, header, update32(view.getUint16(header), before, after))
      icmp.changed32(view, packet.transport, before, after)
      view.setUint32(at, after)
      if (this.protocol !== ipv4.ICMP) {
        this.mendInner(
          packet,
          (before >>> 16) + (before & 0xffff),
          (after >>> 16) + (after & 0xffff),
        )
      }
    } else {
      const from = this.addresses.sum(before)
      const to = this.addresses.sum(after)
      icmp.changed16(view, packet.transport, from, to)
      this.addresses.write(view, at, after)
      this.mendInner(packet, from, to)
    }
  }

  private rewritePort(packet: Packet, offset: number, port: number): void {
    if (port < 0) return
    const { view } = packet.frame
    // An echo has an identifier, whichever way it goes.
    const at = this.transport + (isIcmp(this.protocol) ? 4 : offset)
    const before = view.getUint16(at)
    if (before === port) return
    this.mendInner(packet, before, port)
    change16(packet, at, port)
  }

  /** Mends the quoted transport's checksum, when it is among what is quoted. */
  private mendInner(packet: Packet, from: number, to: number): void {
    const { view } = packet.frame
    const isUdp = this.protocol === ipv4.UDP
    const offset = this.protocol === ipv4.TCP ? 16 : isUdp ? 6 : 2
    const at = this.transport + offset
    if (at + 2 > packet.end || (isUdp && view.getUint16(at) === 0)) return
    const sum = update16(view.getUint16(at), folded(from), folded(to))
    change16(packet, at, isUdp && sum === 0 ? 0xffff : sum)
  }
}

function folded(sum: number): number {
  return sum > 0xffff ? (sum & 0xffff) + (sum >>> 16) : sum
}

function change16(packet: Packet, at: number, to: number): void {
  const { view } = packet.frame
  icmp.changed16(view, packet.transport, view.getUint16(at), to)
  view.setUint16(at, to)
}
