import { BY_ICMP, dropCode } from '../trace/index.ts'
import { ANSWERS, type Frame, REPORTS } from '../wire/frame.ts'
import * as icmp from '../wire/icmp.ts'
import * as ipv4 from '../wire/ipv4.ts'
import { Echo } from './echo.ts'
import type { Host } from './host.ts'
import { IpIdents } from './ip-ident.ts'
import { IcmpRate } from './icmp-rate.ts'
import { acceptRedirect, learnMtu } from './path-learning.ts'
import { Peers } from './peers.ts'
import { Redirects } from './redirects.ts'

/** RFC 1812 §4.3.2.3 with Linux's choice: an error with its quote fits a packet of 576 octets. */
const ERROR_MAX = 576
/** Precedence "internetwork control", as RFC 1812 §4.3.2.5 asks for errors. */
const PRECEDENCE_CONTROL = 0xc0
const TOS_MASK = 0x1e
const IGNORED = dropCode('icmp-ignored')
const UNMATCHED = dropCode('icmp-unmatched')

/**
 * ICMP of one machine (RFC 792, RFC 1122 §3.2.2, RFC 1812 §4.3): echo, errors sent and received.
 */
export class Icmp {
  private readonly host: Host
  readonly echo: Echo
  readonly idents: IpIdents
  readonly redirects: Redirects
  readonly rate: IcmpRate
  private ignoresEcho = false
  private ignoresBroadcastEcho = true
  private usesInboundAddress = false

  constructor(host: Host) {
    this.host = host
    const peers = new Peers(host.clock)
    this.idents = new IpIdents(host)
    this.echo = new Echo(host, this.idents)
    this.redirects = new Redirects(host, peers)
    this.rate = new IcmpRate(host, peers)
    this.configure()
  }

  /** Errors that were not sent because of the rate. */
  get suppressed(): number {
    return this.rate.suppressed
  }

  /** Reads the machine's settings; called again when a step changes them. */
  configure(): void {
    const isOn = (key: string): boolean => this.host.sysctl.number(`net.ipv4.icmp_${key}`) !== 0
    this.ignoresEcho = isOn('echo_ignore_all')
    this.ignoresBroadcastEcho = isOn('echo_ignore_broadcasts')
    this.usesInboundAddress = isOn('errors_use_inbound_ifaddr')
    this.redirects.configure()
    this.rate.configure()
  }

  input(frame: Frame, at: number, end: number, src: number, dst: number): void {
    const { host } = this
    const problem = icmp.check(frame.bytes, frame.words, at, end)
    if (problem !== undefined) return host.drop(frame, host.place, dropCode(problem))
    const type = icmp.type(frame.view, at)
    const isToAll = !host.routes.isLocal(dst)
    if (isToAll && type !== icmp.ECHO_REQUEST) return host.drop(frame, host.place, IGNORED)
    if (type === icmp.ECHO_REQUEST) {
      const ignored = this.ignoresEcho || (this.ignoresBroadcastEcho && isToAll)
      if (ignored) return host.drop(frame, host.place, IGNORED)
      this.answer(frame, at, end, src, dst)
    } else if (type === icmp.ECHO_REPLY) {
      if (!this.echo.answered(frame, at, end, src)) return host.drop(frame, host.place, UNMATCHED)
    } else if (icmp.isError(type)) {
      if (!this.report(frame, at, end, type)) return host.drop(frame, host.place, UNMATCHED)
    } else {
      return host.drop(frame, host.place, IGNORED)
    }
    host.consume(frame, BY_ICMP)
  }

  /**
   * Sends an ICMP error about a received packet, unless RFC 1122 §3.2.2 or the rate forbids it.
   * `rest`: the four octets behind the checksum (the MTU for "fragmentation needed").
   */
  sendError(about: Frame, type: number, code: number, rest: number): void {
    const { host } = this
    const { view, network } = about
    const to = ipv4.src(view, network)
    const dst = ipv4.dst(view, network)
    if (!this.mayReport(about, to, dst)) return
    if (!this.rate.allows(to, type, code)) return
    const source = this.errorSource(about, to, dst)
    if (source === 0) return
    const frame = host.ipv4.allocate()
    frame.cause = about.id
    frame.relation = REPORTS
    const options = host.ipv4.options.echo(about, source)
    const header = ipv4.MIN_LEN + options.length
    const at = frame.network + header
    const room = ERROR_MAX - header - icmp.HEADER_LEN
    const quoted = Math.min(about.end - network, room)
    frame.bytes.set(about.bytes.subarray(network, network + quoted), at + icmp.HEADER_LEN)
    frame.end = at + icmp.HEADER_LEN + quoted
    icmp.write(frame.view, at, type, code, rest)
    icmp.writeChecksum(frame.bytes, frame.view, frame.words, at, frame.end - at)
    const tos = (ipv4.tos(view, network) & TOS_MASK) | PRECEDENCE_CONTROL
    const ident = this.idents.next(source, to, ipv4.ICMP)
    const ttl = host.ipv4.defaultTtl
    host.ipv4.send(frame, source, to, ipv4.ICMP, tos, ttl, ident, 0, options)
  }

  /** No route leads to where a packet wants to go: says so, by a rate of its own. */
  sendNoRoute(about: Frame): void {
    if (!this.rate.allowsNoRoute(ipv4.src(about.view, about.network))) return
    this.sendError(about, icmp.UNREACHABLE, icmp.NET_UNREACHABLE, 0)
  }

  /** A socket's ping could not be sent: the machine's own resolution failed. */
  echoError(
    type: number,
    code: number,
    dst: number,
    ident: number,
    sequence: number,
    by: number,
  ): void {
    this.echo.failed(type, code, dst, ident, sequence, by)
  }

  private mayReport(about: Frame, to: number, dst: number): boolean {
    const { view, network } = about
    if (to === 0 || to >>> 28 >= 0xe || to >>> 24 === 127) return false
    if (dst >>> 28 >= 0xe || this.host.routes.isBroadcast(dst)) return false
    if ((ipv4.fragment(view, network) & 0x1fff) !== 0) return false
    if (ipv4.protocol(view, network) !== ipv4.ICMP) return true
    const inner = network + ipv4.headerLen(view, network)
    return inner < about.end && !icmp.isError(view.getUint8(inner))
  }

  /** The address asked, if it is ours; else that of the interface towards the sender. */
  private errorSource(about: Frame, to: number, dst: number): number {
    const { host } = this
    if (host.routes.isLocal(dst)) return dst
    const inbound = this.usesInboundAddress ? host.ipv4.arrivalOf(about) : undefined
    return inbound?.addressTowards(to)?.address ?? host.ip.sourceFor(to)
  }

  private answer(request: Frame, at: number, end: number, src: number, dst: number): void {
    const { host } = this
    const source = host.routes.isLocal(dst) ? dst : host.ip.sourceFor(src)
    const options = host.ipv4.options.echo(request, source)
    const frame = host.ipv4.allocate(options.length + end - at)
    frame.cause = request.id
    frame.relation = ANSWERS
    const to = frame.network + ipv4.MIN_LEN + options.length
    frame.bytes.set(request.bytes.subarray(at, end), to)
    frame.end = to + (end - at)
    frame.view.setUint16(to, icmp.ECHO_REPLY << 8)
    icmp.writeChecksum(frame.bytes, frame.view, frame.words, to, end - at)
    const tos = ipv4.tos(request.view, request.network)
    const ident = this.idents.next(source, src, ipv4.ICMP)
    host.ipv4.send(frame, source, src, ipv4.ICMP, tos, host.ipv4.defaultTtl, ident, 0, options)
  }

  /** Hands an error to the socket whose packet it quotes; false when there is none. */
  private report(frame: Frame, at: number, end: number, type: number): boolean {
    const { view } = frame
    const quote = at + icmp.HEADER_LEN
    if (end - quote < ipv4.MIN_LEN || view.getUint8(quote) >> 4 !== 4) return false
    const inner = quote + ipv4.headerLen(view, quote)
    if (end - inner < 8) return false
    const code = icmp.code(view, at)
    const mtu = icmp.mtu(view, at)
    const src = ipv4.src(view, quote)
    const dst = ipv4.dst(view, quote)
    const tooBig = type === icmp.UNREACHABLE && code === icmp.FRAGMENTATION_NEEDED
    const protocol = ipv4.protocol(view, quote)
    if (type === icmp.REDIRECT || tooBig) {
      if (!this.isOurs(protocol, view, inner, src, dst)) return false
      if (type === icmp.REDIRECT) {
        const by = ipv4.src(view, frame.network)
        return (code & 7) <= 3 && acceptRedirect(this.host, dst, by, icmp.gateway(view, at))
      }
      learnMtu(this.host, dst, mtu)
    }
    const from = view.getUint16(inner)
    const to = view.getUint16(inner + 2)
    if (protocol === ipv4.TCP) {
      const sequence = view.getUint32(inner + 4)
      return this.host.tcp.icmpError(type, code, mtu, src, dst, from, to, sequence)
    }
    if (protocol === ipv4.UDP) return this.host.udp.icmpError(type, code, src, dst, from, to)
    if (protocol === ipv4.ICMP) {
      const by = ipv4.src(view, frame.network)
      const ident = icmp.ident(view, inner)
      return this.echo.failed(type, code, dst, ident, icmp.echoSequence(view, inner), by)
    }
    return false
  }

  /** Whether a socket of this machine has sent what an error quotes: strangers teach nothing. */
  private isOurs(
    protocol: number,
    view: DataView,
    inner: number,
    src: number,
    dst: number,
  ): boolean {
    const from = view.getUint16(inner)
    const to = view.getUint16(inner + 2)
    const { tcp, udp } = this.host
    if (protocol === ipv4.TCP) return tcp.hasSent(src, dst, from, to, view.getUint32(inner + 4))
    if (protocol === ipv4.UDP) return udp.isOpen(src, from)
    return protocol === ipv4.ICMP && this.echo.isOpen(icmp.ident(view, inner))
  }
}
