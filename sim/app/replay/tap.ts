import {
  ACCEPT,
  DROP,
  INPUT,
  type Packet,
  PRIORITY_NAT_SRC,
  STOLEN,
  type Verdict,
} from '../../hook/hook.ts'
import type { Host } from '../../host/host.ts'
import { BY_REPLAY, dropCode } from '../../trace/index.ts'
import * as icmp from '../../wire/icmp.ts'
import * as icmpv6 from '../../wire/icmpv6.ts'
import * as ipv4 from '../../wire/ipv4.ts'
import * as ipv6 from '../../wire/ipv6.ts'
import * as tcp from '../../wire/tcp.ts'
import * as udp from '../../wire/udp.ts'

/** Who a replayed conversation is between, as its machine sees it. */
export interface Ends {
  /** IP protocol number. */
  readonly protocol: number
  readonly local: number
  /** For ICMP both ports are the identifier. */
  readonly localPort: number
  readonly remote: number
  readonly remotePort: number
}

/** Takes the packets that come for a replayed conversation. */
export interface Taker extends Ends {
  /** A packet with sound checksums; its transport octets are `[at .. end)` of the view. */
  arrived(view: DataView, at: number, end: number): void
}

const NO_TCP_SOCKET = dropCode('tcp-no-socket')
const NO_UDP_SOCKET = dropCode('udp-no-socket')

/**
 * Holds ports of a machine for replayed conversations. What comes for them ends here, at the hook
 * INPUT, so that the machine's own stack, which knows nothing of them, answers with neither RST nor
 * "port unreachable". What comes for such a port from a stranger is dropped in silence.
 */
export class ReplayTap {
  readonly host: Host
  private readonly takers = new Map<number, Taker[]>()

  constructor(host: Host) {
    this.host = host
    host.hooks.add(INPUT, PRIORITY_NAT_SRC + 1, (packet) => this.judge(packet))
  }

  /** From now on what comes for `taker` is given to it; of two alike the later one. */
  hold(taker: Taker): void {
    const key = keyOf(taker.protocol, taker.localPort)
    const list = this.takers.get(key)
    if (list === undefined) this.takers.set(key, [taker])
    else list.unshift(taker)
  }

  private judge(packet: Packet): Verdict {
    const { frame, protocol, transport, end, src, dst } = packet
    const port = this.portOf(packet)
    if (port < 0) return ACCEPT
    const list = this.takers.get(keyOf(protocol, port))
    if (list === undefined || !this.isSound(packet)) return ACCEPT
    const isTcp = protocol === ipv4.TCP
    const isIcmp = !isTcp && protocol !== ipv4.UDP
    const from = isIcmp ? port : udp.srcPort(frame.view, transport)
    for (const taker of list) {
      if (taker.local !== dst || taker.remote !== src || taker.remotePort !== from) continue
      taker.arrived(frame.view, transport, end)
      this.host.consume(frame, BY_REPLAY)
      return STOLEN
    }
    if (isIcmp) return ACCEPT
    packet.reason = isTcp ? NO_TCP_SOCKET : NO_UDP_SOCKET
    return DROP
  }

  /** The port that a packet came for, of an echo reply its identifier; -1 for others. */
  private portOf({ frame, protocol, transport, end }: Packet): number {
    const { view } = frame
    if (end - transport < udp.HEADER_LEN) return -1
    if (protocol === ipv4.TCP || protocol === ipv4.UDP) return udp.dstPort(view, transport)
    const type = view.getUint8(transport)
    const reply =
      (protocol === ipv4.ICMP && type === icmp.ECHO_REPLY) ||
      (protocol === ipv6.ICMPV6 && type === icmpv6.ECHO_REPLY)
    return reply ? icmp.ident(view, transport) : -1
  }

  /** Whether its checksum holds; the stack drops what is damaged and says why. */
  private isSound({ frame, family, protocol, transport, end, src, dst }: Packet): boolean {
    const { bytes, view, words } = frame
    const theirs = this.host.addresses.sum(src)
    const ours = this.host.addresses.sum(dst)
    if (protocol === ipv4.TCP) {
      return tcp.check(bytes, view, words, transport, end, theirs, ours) === undefined
    }
    if (protocol !== ipv4.UDP) return true
    return udp.check(bytes, view, words, transport, end, theirs, ours, family) === undefined
  }
}

const keyOf = (protocol: number, port: number): number => protocol * 0x1_0000 + port
