import type { AddressBook } from '../../wire/address-book.ts'
import * as arp from '../../wire/arp.ts'
import * as ethernet from '../../wire/ethernet.ts'
import * as icmp from '../../wire/icmp.ts'
import * as icmpv6 from '../../wire/icmpv6.ts'
import * as ip from '../../wire/ip.ts'
import * as ipv4 from '../../wire/ipv4.ts'
import * as ipv6 from '../../wire/ipv6.ts'
import * as tcp from '../../wire/tcp.ts'
import * as udp from '../../wire/udp.ts'

const OFFSET_MASK = 0x1fff

/**
 * Where the headers of one packet lie: filled once for a frame, then asked by every line that
 * watches its place. Used again for each frame; allocates nothing.
 */
export class Reading {
  /** Gives the addresses of IPv6 their numbers. */
  readonly addresses: AddressBook
  view: DataView = new DataView(new ArrayBuffer(0))
  /** Place where the frame is seen. */
  place = -1
  /** Offset of the network header. */
  network = 0
  /** Ethernet type; of a quoted packet that of its family. */
  etherType = 0
  /** Protocol number of what IP carries, -1 for a packet that is not IP. */
  protocol = -1
  /** Offset of the transport header, -1 where it is not in this packet (a later fragment). */
  transport = -1
  /** Octets of the datagram from the transport header on, even where a quote cuts it. */
  private carried = 0
  /** One past the last octet of the packet that is there. */
  end = 0

  constructor(addresses: AddressBook) {
    this.addresses = addresses
  }

  /** Reads the Ethernet frame `[start .. end)` of `view`. */
  readFrame(view: DataView, start: number, end: number): void {
    this.clear(view, start + ethernet.HEADER_LEN, end)
    this.etherType = end - start < ethernet.HEADER_LEN ? 0 : ethernet.type(view, start)
    if (this.etherType === ethernet.TYPE_IPV4) this.readIpv4()
    else if (this.etherType === ethernet.TYPE_IPV6) this.readIpv6()
    else if (this.etherType === ethernet.TYPE_ARP && end - this.network < arp.LEN)
      this.etherType = 0
  }

  /** Reads the IP packet at `at`, such as an ICMP error quotes. It may be cut short. */
  readPacket(view: DataView, at: number, end: number): void {
    this.clear(view, at, end)
    const version = end > at ? ip.version(view, at) : 0
    if (version === 4) this.readIpv4()
    else if (version === 6) this.readIpv6()
  }

  private clear(view: DataView, network: number, end: number): void {
    this.view = view
    this.network = network
    this.end = end
    this.etherType = 0
    this.protocol = -1
    this.transport = -1
    this.carried = 0
  }

  private readIpv4(): void {
    const { view, network: at, end } = this
    this.etherType = ethernet.TYPE_IPV4
    if (end - at < ipv4.MIN_LEN) return
    this.protocol = ipv4.protocol(view, at)
    const total = ipv4.totalLen(view, at)
    const header = ipv4.headerLen(view, at)
    this.carried = total - header
    if (at + total < end) this.end = at + total
    if ((ipv4.fragment(view, at) & OFFSET_MASK) !== 0) return
    this.found(at + header)
  }

  private readIpv6(): void {
    const { view, network: at, end } = this
    this.etherType = ethernet.TYPE_IPV6
    if (end - at < ipv6.HEADER_LEN) return
    const total = ipv6.HEADER_LEN + ipv6.payloadLen(view, at)
    if (at + total < end) this.end = at + total
    this.protocol = ipv6.nextHeader(view, at)
    this.carried = total - ipv6.HEADER_LEN
    const walked = ipv6.walk(view, at, this.end)
    if (walked === ipv6.MALFORMED) return
    let offset = ipv6.walkOffset(walked)
    this.protocol = ipv6.walkProtocol(walked)
    if (this.protocol === ipv6.FRAGMENT) {
      this.protocol = ipv6.fragmentNext(view, offset)
      const isFirst = ipv6.fragmentOffset(view, offset) === 0
      offset += ipv6.FRAGMENT_LEN
      this.carried = at + total - offset
      if (!isFirst) return
    }
    this.carried = at + total - offset
    this.found(offset)
  }

  private found(transport: number): void {
    if (transport + 8 <= this.end) this.transport = transport
  }

  get isIpv6(): boolean {
    return this.protocol >= 0 && this.etherType === ethernet.TYPE_IPV6
  }

  get isTcp(): boolean {
    return this.protocol === ipv4.TCP && this.transport >= 0
  }

  get isUdp(): boolean {
    return this.protocol === ipv4.UDP && this.transport >= 0
  }

  /** ICMP of either family. */
  get isIcmp(): boolean {
    if (this.transport < 0) return false
    return this.protocol === (this.isIpv6 ? ipv6.ICMPV6 : ipv4.ICMP)
  }

  get isArp(): boolean {
    return this.etherType === ethernet.TYPE_ARP
  }

  /** Number of the source address, -1 without one. */
  get src(): number {
    return this.protocol < 0 ? -1 : ip.src(this.addresses, this.view, this.network)
  }

  get dst(): number {
    return this.protocol < 0 ? -1 : ip.dst(this.addresses, this.view, this.network)
  }

  /** TTL or hop limit, -1 for a packet that is not IP. */
  get hopLimit(): number {
    return this.protocol < 0 ? -1 : ip.hopLimit(this.view, this.network)
  }

  /** Type of service or traffic class. */
  get trafficClass(): number {
    if (this.protocol < 0) return -1
    const { view, network } = this
    return this.isIpv6 ? ipv6.trafficClass(view, network) : ipv4.tos(view, network)
  }

  /** Identification; of IPv6 only fragments have one. */
  get ident(): number {
    if (this.protocol < 0) return -1
    const { view, network } = this
    if (!this.isIpv6) return ipv4.id(view, network)
    const walked = ipv6.walk(view, network, this.end)
    const isFragment = walked >= 0 && ipv6.walkProtocol(walked) === ipv6.FRAGMENT
    return isFragment ? ipv6.fragmentId(view, ipv6.walkOffset(walked)) : -1
  }

  /** Whether routers must not cut the packet: those of IPv6 never do, and there is no such bit. */
  get dontFragment(): boolean {
    if (this.protocol < 0 || this.isIpv6) return false
    return (ipv4.fragment(this.view, this.network) & ipv4.DF) !== 0
  }

  /** Port, or -1. TCP and UDP have it at the same place. */
  get srcPort(): number {
    return this.isTcp || this.isUdp ? udp.srcPort(this.view, this.transport) : -1
  }

  get dstPort(): number {
    return this.isTcp || this.isUdp ? udp.dstPort(this.view, this.transport) : -1
  }

  /** TCP flags, or -1; a quote may hold only the first eight octets of the header. */
  get flags(): number {
    return this.hasTcpHeader ? tcp.flags(this.view, this.transport) : -1
  }

  get hasTcpHeader(): boolean {
    return this.isTcp && this.end - this.transport >= tcp.MIN_LEN
  }

  get icmpType(): number {
    return this.isIcmp ? icmp.type(this.view, this.transport) : -1
  }

  get icmpCode(): number {
    return this.isIcmp ? icmp.code(this.view, this.transport) : -1
  }

  get isEchoRequest(): boolean {
    return this.icmpType === (this.isIpv6 ? icmpv6.ECHO_REQUEST : icmp.ECHO_REQUEST)
  }

  /** Whether it is an ICMP error, which quotes a packet. */
  get quotes(): boolean {
    if (!this.isIcmp) return false
    return this.isIpv6 ? icmpv6.isError(this.icmpType) : icmp.isError(this.icmpType)
  }

  /**
   * Octets the transport carries: of the datagram itself, even where a quote cuts it. -1 for
   * none.
   */
  get payloadLen(): number {
    if (this.protocol < 0) return -1
    const { view, transport } = this
    if (this.isUdp) return udp.length(view, transport) - udp.HEADER_LEN
    if (this.hasTcpHeader) return this.carried - tcp.headerLen(view, transport)
    if (this.isIcmp) return this.carried - icmp.HEADER_LEN
    return this.carried
  }
}
