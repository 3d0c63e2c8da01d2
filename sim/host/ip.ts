import { isIpv6 } from '../wire/address-book.ts'
import type { Frame } from '../wire/frame.ts'
import * as icmp from '../wire/icmp.ts'
import * as ipv4 from '../wire/ipv4.ts'
import type { Host } from './host.ts'

/** Octets of the IPv6 header (RFC 8200 §3), extension headers not counted. */
const IPV6_HEADER_LEN = 40

/** 4 or 6: the family of an address number. */
export const familyOf = (address: number): 4 | 6 => (isIpv6(address) ? 6 : 4)

/**
 * The network layer as transports see it: one interface for both families. Addresses are numbers
 * (wire/address-book.ts); the destination's number says which family a packet is of.
 */
export class Ip {
  private readonly host: Host

  constructor(host: Host) {
    this.host = host
  }

  /** Octets between `frame.network` and the transport header of a packet of ours. */
  headerLen(family: number): number {
    return family === 4 ? ipv4.MIN_LEN : IPV6_HEADER_LEN
  }

  /**
   * A new frame for a packet of `family`; its transport header goes to
   * `frame.network + headerLen(family)`, then set `frame.end`. `octets`: of transport header and
   * payload, when they may be more than a cable carries.
   */
  allocate(family: number, octets = 0): Frame {
    return family === 4 ? this.host.ipv4.allocate(octets) : this.host.ipv6.allocate(octets)
  }

  /**
   * Sends a frame whose transport octets are complete, checksum included.
   *
   * `hopLimit` 0 takes the machine's default. `ident` is the identification of IPv4 and the flow
   * label of IPv6. `flags`: `ipv4.DF` forbids this machine to cut the packet, in either family;
   * with `FIRM` (dont-fragment.ts) even where the path is said to be narrower than is believed.
   * False when there is no route; the frame has been dropped then.
   */
  send(
    frame: Frame,
    src: number,
    dst: number,
    protocol: number,
    trafficClass: number,
    hopLimit: number,
    ident: number,
    flags: number,
  ): boolean {
    if (isIpv6(dst)) {
      return this.host.ipv6.send(frame, src, dst, protocol, trafficClass, hopLimit, ident, flags)
    }
    const ttl = hopLimit || this.host.ipv4.defaultTtl
    return this.host.ipv4.send(frame, src, dst, protocol, trafficClass, ttl, ident, flags)
  }

  isLocal(address: number): boolean {
    return this.host.routes.isLocal(address)
  }

  /** Source address that a packet towards `dst` would carry; 0 without a route. */
  sourceFor(dst: number): number {
    return this.host.routes.find(dst)?.source ?? 0
  }

  /** Path MTU in octets of IP; 0 without a route. */
  mtuTowards(dst: number): number {
    return this.host.routes.find(dst)?.mtu ?? 0
  }

  /** New data was acknowledged from `dst`: its next hop is alive (the kernel's dst_confirm). */
  confirm(dst: number): void {
    const path = this.host.routes.find(dst)
    if (path !== undefined) this.host.neighbours.confirm(path)
  }

  /** Tells the sender of a received packet that nobody listens on the port it went to. */
  portUnreachable(about: Frame): void {
    if (about.view.getUint8(about.network) >> 4 === 4) {
      this.host.icmp.sendError(about, icmp.UNREACHABLE, icmp.PORT_UNREACHABLE, 0)
    } else {
      this.host.ipv6.portUnreachable(about)
    }
  }
}
