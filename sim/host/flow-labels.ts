import type { Stream } from '../engine/chance.ts'
import type { Host } from './host.ts'

const LABEL_MASK = 0xf_ffff

/**
 * IPv6 flow labels of one machine (RFC 6437; Linux ip6_make_flowlabel with auto_flowlabels = 1).
 */
export class FlowLabels {
  private readonly host: Host
  private readonly stream: Stream
  private secret = 0

  constructor(host: Host) {
    this.host = host
    this.stream = host.world.chance.stream(`${host.name} flow label`)
  }

  /** One for a socket that keeps it. */
  draw(): number {
    return this.stream.uint32() & LABEL_MASK
  }

  /**
   * The one of packets without such a socket: the same for the same ends. ICMPv6 has type and code
   * in the place of ports.
   */
  of(protocol: number, src: number, dst: number, srcPort: number, dstPort: number): number {
    if (this.secret === 0) this.secret = this.stream.uint32() | 1
    const { addresses } = this.host
    let h = Math.imul(addresses.mix(src) ^ this.secret, 0x9e3779b1)
    h = Math.imul(h ^ (h >>> 15) ^ addresses.mix(dst), 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 13) ^ ((srcPort << 16) | dstPort), 0xc2b2ae35)
    h = Math.imul(h ^ (h >>> 16) ^ protocol, 0x7feb352d)
    return (h ^ (h >>> 15)) & LABEL_MASK
  }
}
