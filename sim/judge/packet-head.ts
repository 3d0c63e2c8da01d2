const TYPE_IPV4 = 0x0800
const TYPE_IPV6 = 0x86dd
const FRAGMENT = 44

/**
 * Where the parts of an IP packet of either family lie, for the invariants. Used again for each
 * frame; allocates nothing.
 */
export class PacketHead {
  family: 4 | 6 = 4
  /** Offsets of the addresses. */
  src = 0
  dst = 0
  protocol = 0
  /** Offset of what IP carries. */
  transport = 0

  /** The packet in an Ethernet frame `[start .. end)`; false for what is none. */
  readFrame(view: DataView, start: number, end: number): boolean {
    if (end - start < 34) return false
    const type = view.getUint16(start + 12)
    return (type === TYPE_IPV4 || type === TYPE_IPV6) && this.readAt(view, start + 14, end)
  }

  /** The packet at `at`, such as an ICMP error quotes; false when its header is not whole. */
  readAt(view: DataView, at: number, end: number): boolean {
    if (end - at < 20) return false
    const version = view.getUint8(at) >> 4
    if (version === 4) {
      this.family = 4
      this.src = at + 12
      this.dst = at + 16
      this.protocol = view.getUint8(at + 9)
      this.transport = at + (view.getUint8(at) & 15) * 4
      return true
    }
    if (version !== 6 || end - at < 40) return false
    const next = view.getUint8(at + 6)
    const isPart = next === FRAGMENT && end - at >= 48
    this.family = 6
    this.src = at + 8
    this.dst = at + 24
    this.protocol = isPart ? view.getUint8(at + 40) : next
    this.transport = at + (isPart ? 48 : 40)
    return true
  }

  /** Whether its message is an ICMP error, which quotes a packet 8 octets on. */
  isIcmpError(view: DataView): boolean {
    const type = view.getUint8(this.transport)
    if (this.family === 6) return type < 128
    return type === 3 || type === 5 || type === 11 || type === 12
  }
}
