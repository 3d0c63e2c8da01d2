import type { Packet } from '../hook/hook.ts'
import { BY_ICMP, dropCode } from '../trace/index.ts'
import { ANSWERS, type Frame, REPORTS } from '../wire/frame.ts'
import * as icmpv6 from '../wire/icmpv6.ts'
import * as ipv6 from '../wire/ipv6.ts'
import { isLinkLocal, isMulticast } from '../wire/ipv6-scope.ts'
import type { Host } from './host.ts'
import type { Interface } from './interface.ts'
import { Peers } from './peers.ts'
import { Path } from './route.ts'

const NS_PER_MS = 1_000_000
const NS_PER_S = 1_000_000_000
/** Errors to one destination that may be sent at once before the rate bites. */
const BURST = 6

const IGNORED = dropCode('icmp-ignored')
const UNMATCHED = dropCode('icmp-unmatched')

/**
 * ICMPv6 of one machine (RFC 4443; Linux net/ipv6/icmp.c): echo, errors sent and received. An error
 * quotes as much as fits into the least MTU, 1280 octets. `packet too big` is not counted by the
 * rate.
 */
export class Icmpv6 {
  private readonly host: Host
  private readonly peers: Peers
  private intervalNs = 0
  private ignoresEcho = false
  private ignoresGroupEcho = false
  /** Errors that were not sent because of the rate. */
  suppressed = 0

  constructor(host: Host) {
    this.host = host
    this.peers = new Peers(host.clock)
  }

  /** Reads the machine's settings; called again when a step changes them. */
  configure(): void {
    const setting = (key: string): number => this.host.sysctl.number(`net.ipv6.icmp.${key}`)
    this.intervalNs = setting('ratelimit') * NS_PER_MS
    this.ignoresEcho = setting('echo_ignore_all') !== 0
    this.ignoresGroupEcho = setting('echo_ignore_multicast') !== 0
  }

  input(packet: Packet, iface: Interface): void {
    const { host } = this
    const { frame, transport: at, src, dst } = packet
    const { bytes, view, words, end } = frame
    const book = host.addresses
    const problem = icmpv6.check(bytes, words, at, end, book.sum(src), book.sum(dst))
    if (problem !== undefined) return host.drop(frame, host.place, dropCode(problem))
    const type = icmpv6.type(view, at)
    if (type === icmpv6.ECHO_REQUEST) {
      const isGroup = isMulticast(book.word(dst, 0))
      if (this.ignoresEcho || (isGroup && this.ignoresGroupEcho)) {
        return host.drop(frame, host.place, IGNORED)
      }
      this.answer(packet, iface)
    } else if (type === icmpv6.ECHO_REPLY) {
      const heard = host.icmp.echo.answered(frame, at, end, src)
      if (!heard) return host.drop(frame, host.place, UNMATCHED)
    } else if (icmpv6.isError(type)) {
      if (!this.report(packet, type)) return host.drop(frame, host.place, UNMATCHED)
    } else {
      return host.drop(frame, host.place, IGNORED)
    }
    host.consume(frame, BY_ICMP)
  }

  /**
   * Sends an ICMPv6 error about a received packet, unless RFC 4443 §2.4 (e) or the rate forbids it.
   * `rest`: the four octets behind the checksum (an MTU or a pointer).
   */
  sendError(about: Frame, type: number, code: number, rest: number): void {
    const { host } = this
    const book = host.addresses
    const { view, network } = about
    const to = book.read(view, network + ipv6.SRC)
    const dst = book.read(view, network + ipv6.DST)
    if (!this.mayReport(about, to, dst, type, code)) return
    if (type !== icmpv6.PACKET_TOO_BIG && !this.isWithinRate(to)) {
      this.suppressed++
      return
    }
    const path = this.pathTo(to, host.ipv6.arrivalOf(about))
    if (path === undefined) return
    const source = this.errorSource(about, path, to, dst)
    if (source === 0) return
    const frame = host.ipv6.allocate()
    frame.cause = about.id
    frame.relation = REPORTS
    const at = frame.network + ipv6.HEADER_LEN
    const room = ipv6.MIN_MTU - ipv6.HEADER_LEN - icmpv6.HEADER_LEN
    const quoted = Math.min(about.end - network, room)
    frame.bytes.set(about.bytes.subarray(network, network + quoted), at + icmpv6.HEADER_LEN)
    frame.end = at + icmpv6.HEADER_LEN + quoted
    icmpv6.write(frame.view, at, type, code, rest)
    this.send(frame, source, path, 0)
  }

  /** RFC 4443 §2.4 (e): no errors about errors, redirects, groups, or from nobody. */
  private mayReport(about: Frame, to: number, dst: number, type: number, code: number): boolean {
    const book = this.host.addresses
    const isAboutGroup = isMulticast(book.word(dst, 0))
    const evenToGroups =
      type === icmpv6.PACKET_TOO_BIG ||
      (type === icmpv6.PARAMETER_PROBLEM && code === icmpv6.UNKNOWN_OPTION)
    if (isAboutGroup && !evenToGroups) return false
    if (isMulticast(book.word(to, 0))) return false
    const isUnspecified = [0, 1, 2, 3].every((i) => book.word(to, i) === 0)
    if (isUnspecified) return false
    const { view, network, end } = about
    const walked = ipv6.walk(view, network, end)
    if (walked === ipv6.MALFORMED) return true
    let at = ipv6.walkOffset(walked)
    let protocol = ipv6.walkProtocol(walked)
    if (protocol === ipv6.FRAGMENT) {
      if (ipv6.fragmentOffset(view, at) !== 0) return true
      protocol = ipv6.fragmentNext(view, at)
      at += ipv6.FRAGMENT_LEN
    }
    if (protocol !== ipv6.ICMPV6) return true
    if (at >= end) return false
    const inner = icmpv6.type(view, at)
    return !icmpv6.isError(inner) && inner !== icmpv6.REDIRECT
  }

  private isWithinRate(to: number): boolean {
    if (!this.host.icmp.rate.allowsOne()) return false
    if (this.intervalNs === 0) return true
    return this.peers.take(this.peers.of(to), this.intervalNs, BURST * this.intervalNs)
  }

  /** The address asked, if it is ours; else the one for the way the packet came, as in Linux. */
  private errorSource(about: Frame, path: Path, to: number, dst: number): number {
    const { ipv6: own, routes } = this.host
    if (routes.isLocal(dst)) return dst
    return own.sourceOn(own.arrivalOf(about) ?? path.iface, to)
  }

  private answer(packet: Packet, iface: Interface): void {
    const { host } = this
    const { frame: request, transport: at, end, src, dst } = packet
    const path = this.pathTo(src, iface)
    const frame = host.ipv6.allocate(end - at)
    frame.cause = request.id
    frame.relation = ANSWERS
    const to = frame.network + ipv6.HEADER_LEN
    frame.bytes.set(request.bytes.subarray(at, end), to)
    frame.end = to + (end - at)
    frame.view.setUint16(to, icmpv6.ECHO_REPLY << 8)
    const trafficClass = ipv6.trafficClass(request.view, request.network)
    if (path === undefined) return host.drop(frame, host.place, dropCode('no-route'))
    const source = host.routes.isLocal(dst) ? dst : host.ipv6.sourceOn(path.iface, src)
    this.send(frame, source, path, trafficClass)
  }

  /** Completes and sends an ICMPv6 message that lies behind the place of the IPv6 header. */
  private send(frame: Frame, source: number, path: Path, trafficClass: number): void {
    const { host } = this
    const book = host.addresses
    const { bytes, view, words, network, end } = frame
    const at = network + ipv6.HEADER_LEN
    const to = path.destination
    icmpv6.writeChecksum(bytes, view, words, at, end - at, book.sum(source), book.sum(to))
    const kind = icmpv6.type(view, at)
    const label = host.flowLabels.of(ipv6.ICMPV6, source, to, kind, icmpv6.code(view, at))
    host.ipv6.writeHeader(frame, source, to, ipv6.ICMPV6, trafficClass, 0, label)
    host.ipv6.sendOn(frame, path, true)
  }

  /** The way to an address; to a link-local one it is the interface that its packet came by. */
  pathTo(to: number, iface: Interface | undefined): Path | undefined {
    const { routes, addresses } = this.host
    const isScoped = isLinkLocal(addresses.word(to, 0)) && !routes.isLocal(to)
    if (iface === undefined || !isScoped) return routes.find(to)
    return new Path(to, iface, to, this.host.ipv6.link(iface).linkLocal, false, true, iface.mtu)
  }

  /** Hands an error to the socket whose packet it quotes; false when there is none. */
  private report({ frame, transport: at, end, src }: Packet, type: number): boolean {
    const { view } = frame
    const quote = at + icmpv6.HEADER_LEN
    if (end - quote < ipv6.HEADER_LEN || view.getUint8(quote) >> 4 !== 6) return false
    const mtu = type === icmpv6.PACKET_TOO_BIG ? icmpv6.mtu(view, at) : 0
    return this.tellSocket(view, quote, end, type, icmpv6.code(view, at), mtu, src)
  }

  /**
   * Tells the socket that sent the packet whose header stands at `quote` of an error by `by`; false
   * when there is none.
   */
  tellSocket(
    view: DataView,
    quote: number,
    end: number,
    type: number,
    code: number,
    mtu: number,
    by: number,
  ): boolean {
    const { tcp, udp, icmp, addresses } = this.host
    const walked = ipv6.walk(view, quote, end)
    if (walked === ipv6.MALFORMED) return false
    let at = ipv6.walkOffset(walked)
    let protocol = ipv6.walkProtocol(walked)
    if (protocol === ipv6.FRAGMENT && ipv6.fragmentOffset(view, at) === 0) {
      protocol = ipv6.fragmentNext(view, at)
      at += ipv6.FRAGMENT_LEN
    }
    if (end - at < 8) return false
    const src = addresses.read(view, quote + ipv6.SRC)
    const dst = addresses.read(view, quote + ipv6.DST)
    const from = view.getUint16(at)
    const to = view.getUint16(at + 2)
    if (protocol === ipv6.TCP) {
      const sequence = view.getUint32(at + 4)
      if (mtu !== 0 && tcp.hasSent(src, dst, from, to, sequence)) this.learnMtu(dst, mtu)
      return tcp.icmpError(type, code, mtu, src, dst, from, to, sequence)
    }
    if (protocol === ipv6.UDP) {
      if (mtu !== 0 && udp.isOpen(src, from)) this.learnMtu(dst, mtu)
      return udp.icmpError(type, code, src, dst, from, to)
    }
    if (protocol !== ipv6.ICMPV6) return false
    const ident = icmpv6.ident(view, at)
    if (mtu !== 0 && icmp.echo.isOpen(ident)) this.learnMtu(dst, mtu)
    return icmp.echo.failed(type, code, dst, ident, icmpv6.echoSequence(view, at), by)
  }

  /** RFC 8201: the path carries no more, for ten minutes; never less than a link must carry. */
  private learnMtu(destination: number, announced: number): void {
    const { routes, sysctl, now } = this.host
    const path = routes.find(destination)
    const mtu = Math.max(announced, ipv6.MIN_MTU)
    if (path === undefined || path.local || mtu >= path.mtu) return
    const lifeNs = sysctl.number('net.ipv6.route.mtu_expires') * NS_PER_S
    routes.exceptions.learnMtu(destination, mtu, false, now, now + lifeNs)
    routes.changed()
  }
}
