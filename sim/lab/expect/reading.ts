import * as arp from '../../wire/arp.ts'
import * as ethernet from '../../wire/ethernet.ts'
import * as icmp from '../../wire/icmp.ts'
import * as ipv4 from '../../wire/ipv4.ts'
import * as tcp from '../../wire/tcp.ts'
import * as udp from '../../wire/udp.ts'

const OFFSET_MASK = 0x1fff

/**
 * Where the headers of one packet lie: filled once for a frame, then asked by every line that
 * watches its place. Used again for each frame; allocates nothing.
 */
export class Reading {
  view: DataView = new DataView(new ArrayBuffer(0))
  /** Place where the frame is seen. */
  place = -1
  /** Offset of the network header. */
  network = 0
  /** Ethernet type; of a quoted packet that of IPv4. */
  etherType = 0
  /** IP protocol number, -1 for a packet that is not IPv4. */
  protocol = -1
  /** Offset of the transport header, -1 where it is not in this packet (a later fragment). */
  transport = -1
  /** One past the last octet of the packet that is there. */
  end = 0

  /** Reads the Ethernet frame `[start .. end)` of `view`. */
  readFrame(view: DataView, start: number, end: number): void {
    this.view = view
    this.protocol = -1
    this.transport = -1
    this.network = start + ethernet.HEADER_LEN
    this.end = end
    this.etherType = end - start < ethernet.HEADER_LEN ? 0 : ethernet.type(view, start)
    if (this.etherType === ethernet.TYPE_IPV4) this.readIpv4(view, this.network, end)
    else if (this.etherType === ethernet.TYPE_ARP && end - this.network < arp.LEN)
      this.etherType = 0
  }

  /** Reads the IPv4 packet at `at`, such as an ICMP error quotes. It may be cut short. */
  readIpv4(view: DataView, at: number, end: number): void {
    this.view = view
    this.network = at
    this.end = end
    this.protocol = -1
    this.transport = -1
    this.etherType = ethernet.TYPE_IPV4
    if (end - at < ipv4.MIN_LEN) return
    this.protocol = ipv4.protocol(view, at)
    const total = ipv4.totalLen(view, at)
    if (at + total < end) this.end = at + total
    if ((ipv4.fragment(view, at) & OFFSET_MASK) !== 0) return
    const transport = at + ipv4.headerLen(view, at)
    if (transport + 8 <= this.end) this.transport = transport
  }

  get isTcp(): boolean {
    return this.protocol === ipv4.TCP && this.transport >= 0
  }

  get isUdp(): boolean {
    return this.protocol === ipv4.UDP && this.transport >= 0
  }

  get isIcmp(): boolean {
    return this.protocol === ipv4.ICMP && this.transport >= 0
  }

  get isArp(): boolean {
    return this.etherType === ethernet.TYPE_ARP
  }

  get src(): number {
    return this.protocol < 0 ? -1 : ipv4.src(this.view, this.network)
  }

  get dst(): number {
    return this.protocol < 0 ? -1 : ipv4.dst(this.view, this.network)
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

  /**
   * Octets the transport carries: of the datagram itself, even where a quote cuts it. -1 for
   * none.
   */
  get payloadLen(): number {
    if (this.protocol < 0) return -1
    const { view, network, transport } = this
    const octets = ipv4.totalLen(view, network) - ipv4.headerLen(view, network)
    if (this.isUdp) return udp.length(view, transport) - udp.HEADER_LEN
    if (this.hasTcpHeader) return octets - tcp.headerLen(view, transport)
    if (this.isIcmp) return octets - icmp.HEADER_LEN
    return octets
  }
}
