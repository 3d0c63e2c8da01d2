import type { Packet } from '../hook/hook.ts'
import { BORN, BY_NDP, dropCode } from '../trace/index.ts'
import * as ethernet from '../wire/ethernet.ts'
import type { Frame } from '../wire/frame.ts'
import { RESOLVES } from '../wire/frame.ts'
import * as icmpv6 from '../wire/icmpv6.ts'
import * as ipv6 from '../wire/ipv6.ts'
import {
  ALL_NODES,
  GROUP_MAC_HI,
  isMulticast,
  isSolicitedNode,
  solicitedNode,
  UNSPECIFIED,
} from '../wire/ipv6-scope.ts'
import * as ndp from '../wire/ndp.ts'
import type { Host } from './host.ts'
import type { Interface } from './interface.ts'
import { Ipv6Redirects } from './ipv6-redirects.ts'
import { wordsOf } from './ipv6-link.ts'
import { FAILED, FRESH, type Neighbour, REACHABLE, STALE } from './neighbour-entry.ts'

const MALFORMED = dropCode('ndp-malformed')
const HOP_LIMIT = dropCode('ndp-hop-limit')
const NOT_FOR_US = dropCode('ndp-not-for-us')
const IGNORED = dropCode('icmp-ignored')

/**
 * Neighbour discovery of one machine as Linux does it (RFC 4861; net/ipv6/ndisc.c): who asks whom
 * with which source, who is answered with which flags, what is learned. The neighbour table keeps
 * it (neighbour.ts).
 */
export class Ndp {
  private readonly host: Host
  readonly redirects: Ipv6Redirects

  constructor(host: Host) {
    this.host = host
    this.redirects = new Ipv6Redirects(host)
  }

  /**
   * Asks for a neighbour's MAC: the group of its address, or the MAC that is known so far. The
   * source is that of the packet that waits, if it stands on this interface, else the link-local
   * address; so a probe, for which nothing waits, comes from the link-local one.
   */
  ask(neighbour: Neighbour, unicast: boolean): void {
    const { iface, address } = neighbour
    const { addresses: book } = this.host
    const link = this.host.ipv6.link(iface)
    const waits = neighbour.waiting[neighbour.waiting.length - 1]
    const packetSource = waits === undefined ? 0 : book.read(waits.view, waits.network + ipv6.SRC)
    const source = packetSource !== 0 && link.has(packetSource) ? packetSource : link.linkLocal
    const frame = this.begin(iface, icmpv6.NEIGHBOUR_SOLICITATION, address)
    if (waits !== undefined) {
      frame.cause = waits.id
      frame.relation = RESOLVES
    }
    const { view } = frame
    frame.end = ndp.writeLink(view, frame.end, ndp.SOURCE_LINK, iface.macHi, iface.macLo)
    if (unicast) {
      this.finish(frame, source, address)
      ethernet.setDst(view, frame.start, neighbour.macHi, neighbour.macLo)
      return iface.port!.transmit(frame)
    }
    this.finish(frame, source, book.numberOf(...solicitedNode(book.word(address, 3))))
    this.toGroup(frame, iface)
  }

  /** Says unasked what MAC an address has (RFC 4861 §7.2.6): all that know it take it over. */
  announce(iface: Interface, address: number): void {
    const frame = this.begin(iface, icmpv6.NEIGHBOUR_ADVERTISEMENT, address)
    const flags = ndp.OVERRIDE | (this.host.ipv6.isRouter ? ndp.ROUTER : 0)
    this.advertise(frame, iface, flags, true)
    this.finish(frame, address, this.host.addresses.numberOf(...ALL_NODES))
    this.toGroup(frame, iface)
  }

  /** A message of neighbour discovery for this machine has arrived; the frame ends here. */
  input(packet: Packet, iface: Interface, isGroup: boolean): void {
    const { host } = this
    const { frame, transport: at, src, dst } = packet
    const { bytes, view, words, network, end } = frame
    const book = host.addresses
    const problem = icmpv6.check(bytes, words, at, end, book.sum(src), book.sum(dst))
    if (problem !== undefined) return host.drop(frame, host.place, dropCode(problem))
    if (ipv6.hopLimit(view, network) !== ndp.HOP_LIMIT) {
      return host.drop(frame, iface.place, HOP_LIMIT)
    }
    const type = icmpv6.type(view, at)
    if (icmpv6.code(view, at) !== 0 || ndp.check(view, at, end) !== undefined) {
      return host.drop(frame, iface.place, MALFORMED)
    }
    let dropped = 0
    if (type === icmpv6.NEIGHBOUR_SOLICITATION) dropped = this.solicited(packet, iface, isGroup)
    else if (type === icmpv6.NEIGHBOUR_ADVERTISEMENT)
      dropped = this.advertised(packet, iface, isGroup)
    else if (type === icmpv6.REDIRECT) dropped = this.redirects.accept(packet, iface)
    else dropped = IGNORED
    if (dropped !== 0) return host.drop(frame, iface.place, dropped)
    host.consume(frame, BY_NDP)
  }

  /** Somebody asks (RFC 4861 §7.2.3, ndisc_recv_ns). Returns a drop reason, 0 for none. */
  private solicited(packet: Packet, iface: Interface, isGroup: boolean): number {
    const { host } = this
    const { frame, transport: at, src, dst } = packet
    const { view, end } = frame
    const book = host.addresses
    const target = book.read(view, at + ndp.TARGET)
    if (isMulticast(book.word(target, 0))) return MALFORMED
    const option = ndp.option(view, at, end, ndp.SOURCE_LINK)
    // Who has no address yet asks whether somebody has the one it wants.
    const isProbe = src === book.numberOf(...UNSPECIFIED)
    const toGroupOfTarget = isSolicitedNode(...wordsOf(book, dst))
    if (isProbe && (option !== 0 || !toGroupOfTarget)) return MALFORMED
    // Unlike ARP, only the interface that has the address answers for it.
    if (!host.ipv6.link(iface).has(target)) return NOT_FOR_US
    const router = host.ipv6.isRouter ? ndp.ROUTER : 0
    if (isProbe) {
      const frame = this.answerTo(packet, iface, target, router | ndp.OVERRIDE, true)
      this.finish(frame, target, book.numberOf(...ALL_NODES))
      this.toGroup(frame, iface)
      return 0
    }
    const { neighbours } = host
    const neighbour = neighbours.entry(iface, src)
    if (option !== 0) {
      const [hi, lo] = [ndp.linkHi(view, option), ndp.linkLo(view, option)]
      neighbours.update(neighbour, hi, lo, STALE, true, true)
    }
    // Only a question to the group asks for the MAC; one to us alone asks whether we are there.
    const override = isGroup ? ndp.OVERRIDE : 0
    const flags = router | ndp.SOLICITED | override
    const answer = this.answerTo(packet, iface, target, flags, isGroup)
    this.finish(answer, target, src)
    neighbours.deliver(answer, neighbour)
    return 0
  }

  /** Somebody answers or announces (RFC 4861 §7.2.5, ndisc_recv_na). */
  private advertised(packet: Packet, iface: Interface, isGroup: boolean): number {
    const { host } = this
    const { frame, transport: at } = packet
    const { view, end } = frame
    const book = host.addresses
    const target = book.read(view, at + ndp.TARGET)
    const flags = ndp.flags(view, at)
    const isSolicited = (flags & ndp.SOLICITED) !== 0
    if (isMulticast(book.word(target, 0)) || (isGroup && isSolicited)) return MALFORMED
    // Somebody claims our address: a configuration error, which changes nothing.
    if (host.ipv6.link(iface).has(target)) return 0
    const neighbour = host.neighbours.find(iface, target)
    if (neighbour === undefined || neighbour.state === FRESH) return 0
    if (neighbour.state === FAILED) return 0
    const option = ndp.option(view, at, end, ndp.TARGET_LINK)
    if (option === 0 && !neighbour.hasMac) return 0
    const hi = option === 0 ? neighbour.macHi : ndp.linkHi(view, option)
    const lo = option === 0 ? neighbour.macLo : ndp.linkLo(view, option)
    const state = isSolicited ? REACHABLE : STALE
    const override = (flags & ndp.OVERRIDE) !== 0
    if (host.neighbours.update(neighbour, hi, lo, state, override, true)) {
      neighbour.router = (flags & ndp.ROUTER) !== 0
    }
    return 0
  }

  private answerTo(
    packet: Packet,
    iface: Interface,
    target: number,
    flags: number,
    withMac: boolean,
  ): Frame {
    const frame = this.begin(iface, icmpv6.NEIGHBOUR_ADVERTISEMENT, target)
    frame.cause = packet.frame.id
    frame.relation = RESOLVES
    this.advertise(frame, iface, flags, withMac)
    return frame
  }

  private advertise(frame: Frame, iface: Interface, flags: number, withMac: boolean): void {
    const { view, network } = frame
    view.setUint32(network + ipv6.HEADER_LEN + 4, flags * 0x100_0000)
    if (!withMac) return
    frame.end = ndp.writeLink(view, frame.end, ndp.TARGET_LINK, iface.macHi, iface.macLo)
  }

  /** A message with its target and no option yet. */
  begin(iface: Interface, type: number, target: number): Frame {
    const { pool, trace } = this.host.world
    const frame = pool.take()
    const at = frame.network + ipv6.HEADER_LEN
    icmpv6.write(frame.view, at, type, 0, 0)
    this.host.addresses.write(frame.view, at + ndp.TARGET, target)
    frame.end = at + ndp.baseLen(type)
    ethernet.setDst(frame.view, frame.start, 0, 0)
    ethernet.setSrc(frame.view, frame.start, iface.macHi, iface.macLo)
    ethernet.setType(frame.view, frame.start, ethernet.TYPE_IPV6)
    if ((trace.mask & BORN) !== 0) trace.emit(BORN, iface.place, frame, 0, 0, 0)
    return frame
  }

  /** IPv6 header and checksum. */
  finish(frame: Frame, source: number, to: number): void {
    const { addresses: book, ipv6: own } = this.host
    const { bytes, view, words, network, end } = frame
    const at = network + ipv6.HEADER_LEN
    icmpv6.writeChecksum(bytes, view, words, at, end - at, book.sum(source), book.sum(to))
    own.writeHeader(frame, source, to, ipv6.ICMPV6, 0, ndp.HOP_LIMIT, 0)
  }

  private toGroup(frame: Frame, iface: Interface): void {
    const { view, start, network } = frame
    const lastWord = view.getUint32(network + ipv6.DST + 12)
    ethernet.setDst(view, start, GROUP_MAC_HI, lastWord)
    iface.port!.transmit(frame)
  }
}
