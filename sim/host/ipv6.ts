import { assert } from '../engine/assert.ts'
import {
  ACCEPT,
  DROP,
  INPUT,
  OUTPUT,
  type Packet,
  POSTROUTING,
  PREROUTING,
  REJECT,
  RELAY,
  REROUTE,
  STOLEN,
} from '../hook/hook.ts'
import { BORN, dropCode } from '../trace/index.ts'
import * as ethernet from '../wire/ethernet.ts'
import { FORWARDED, type Frame } from '../wire/frame.ts'
import * as icmpv6 from '../wire/icmpv6.ts'
import { DF } from '../wire/ipv4.ts'
import * as ipv6 from '../wire/ipv6.ts'
import { isLinkLocal, isLoopback, isMulticast } from '../wire/ipv6-scope.ts'
import type { Host } from './host.ts'
import { Icmpv6 } from './icmpv6.ts'
import type { Interface } from './interface.ts'
import { forward, forwardRewritten, relay } from './ipv6-forwarding.ts'
import { Ipv6Fragments } from './ipv6-fragments.ts'
import { Ipv6Link, type Ipv6Own, wordsOf } from './ipv6-link.ts'
import { prefixOf } from './ipv6-routes.ts'
import { chooseSource } from './ipv6-source.ts'
import { Loopback } from './loopback.ts'
import { Ndp } from './ndp.ts'
import type { Neighbour } from './neighbour-entry.ts'
import { fillPacket6, newPacket } from './packet.ts'
import type { Path } from './route.ts'

const DISABLED = dropCode('ipv6-disabled')
const BAD_EXTENSION = dropCode('ipv6-bad-extension')
const NOT_IN_GROUP = dropCode('not-in-group')
const MARTIAN_SOURCE = dropCode('martian-source')
const MARTIAN_DESTINATION = dropCode('martian-destination')
const NO_ROUTE = dropCode('no-route')
const TOO_BIG = dropCode('too-big')
const UNKNOWN_PROTOCOL = dropCode('unknown-protocol')

/**
 * IPv6 of one machine (RFC 8200; Linux net/ipv6/ip6_{input,output}.c): receiving, forwarding and
 * sending, past the five hooks. Neighbour discovery passes no hook: nobody here looks at it.
 *
 * Left out, because a run starts settled: duplicate address detection, router and listener
 * discovery, and the kernel's probe of a gateway that it has not heard of for a minute.
 */
export class Ipv6 {
  readonly host: Host
  readonly icmp: Icmpv6
  readonly ndp: Ndp
  /** The packet being received or forwarded. */
  private readonly incoming: Packet
  /** The packet being sent: may be needed while `incoming` is in use. */
  private readonly outgoing: Packet
  private readonly loopback: Loopback
  readonly fragments: Ipv6Fragments
  private readonly links: Ipv6Link[] = []
  /** Joins fragments before the first hook, for who needs whole packets there. */
  defragments = false
  isRouter = false
  private defaultHopLimit = 64

  constructor(host: Host) {
    this.host = host
    const nothing = host.world.pool.take()
    this.incoming = newPacket(nothing)
    this.outgoing = newPacket(nothing)
    host.world.pool.release(nothing)
    this.loopback = new Loopback(host)
    this.fragments = new Ipv6Fragments(host)
    this.icmp = new Icmpv6(host)
    this.ndp = new Ndp(host)
    this.configure()
  }

  /** Reads the machine's settings; called again when a step changes them. */
  configure(): void {
    const { sysctl } = this.host
    this.isRouter = sysctl.number('net.ipv6.conf.all.forwarding') !== 0
    this.defaultHopLimit = sysctl.number('net.ipv6.conf.all.hop_limit') || 64
    this.icmp.configure()
  }

  /** Frames on their way through `lo`, and fragments that wait for the rest, now. */
  get held(): number {
    return this.loopback.inFlight + this.fragments.held
  }

  /** `net.ipv6.conf.IFACE.KEY`, or what interfaces have unless told otherwise. */
  setting(iface: Interface, key: string): number {
    const { sysctl } = this.host
    const own = `net.ipv6.conf.${iface.name}.${key}`
    return sysctl.number(sysctl.has(own) ? own : `net.ipv6.conf.default.${key}`)
  }

  /** IPv6 of one interface. */
  link(iface: Interface): Ipv6Link {
    let link = this.links[iface.index]
    while (link === undefined) {
      const next = this.host.interfaces[this.links.length]
      assert(next !== undefined, `${this.host.name} does not know its interface ${iface.name}`)
      this.links.push(new Ipv6Link(next, this.host.addresses))
      link = this.links[iface.index]
    }
    return link
  }

  /** Makes the addresses of all interfaces local and adds the routes that come with them. */
  addConnected(): void {
    for (const iface of this.host.interfaces) {
      for (const own of this.link(iface).addresses) this.connect(iface, own)
    }
  }

  private connect(iface: Interface, { number, words, prefixLen }: Ipv6Own): void {
    const { routes } = this.host
    routes.addLocal(number)
    if (iface.loopback || prefixLen === 128) return
    const prefix = prefixOf(words, prefixLen)
    routes.ipv6.add({ prefix, prefixLen, via: 0, iface, source: 0 })
  }

  /** Source of a packet to `destination` that leaves by `iface`, 0 for none (RFC 6724). */
  sourceOn(iface: Interface, destination: number): number {
    return chooseSource(this.links, iface, destination, wordsOf(this.host.addresses, destination))
  }

  /** As `Ipv4.allocate`; the transport header goes to `frame.network + 40`. */
  allocate(octets = 0): Frame {
    const { pool, trace } = this.host.world
    const frame = pool.takeFor(ethernet.HEADER_LEN + ipv6.HEADER_LEN + octets)
    frame.end = frame.network + ipv6.HEADER_LEN
    // Without a route it ends before it gets MACs: nobody must read what an older frame left there.
    ethernet.setDst(frame.view, frame.start, 0, 0)
    ethernet.setSrc(frame.view, frame.start, 0, 0)
    ethernet.setType(frame.view, frame.start, ethernet.TYPE_IPV6)
    if ((trace.mask & BORN) !== 0) trace.emit(BORN, this.host.place, frame, 0, 0, 0)
    return frame
  }

  /** Sends a frame whose transport octets lie at `frame.network + 40 .. frame.end` (see Ip.send). */
  send(
    frame: Frame,
    src: number,
    dst: number,
    protocol: number,
    trafficClass: number,
    hopLimit: number,
    flowLabel: number,
    flags: number,
  ): boolean {
    this.writeHeader(frame, src, dst, protocol, trafficClass, hopLimit, flowLabel)
    const path = this.host.routes.find(dst)
    if (path === undefined) {
      this.host.drop(frame, this.host.place, NO_ROUTE)
      return false
    }
    return this.sendOn(frame, path, (flags & DF) === 0)
  }

  /** Writes the IPv6 header of a packet of this machine's; hop limit 0 takes the default. */
  writeHeader(
    frame: Frame,
    src: number,
    dst: number,
    protocol: number,
    trafficClass: number,
    hopLimit: number,
    flowLabel: number,
  ): void {
    const { view, network } = frame
    const payload = frame.end - network - ipv6.HEADER_LEN
    const limit = hopLimit || this.defaultHopLimit
    ipv6.write(view, network, trafficClass, flowLabel, payload, protocol, limit)
    this.host.addresses.write(view, network + ipv6.SRC, src)
    this.host.addresses.write(view, network + ipv6.DST, dst)
  }

  /** Sends a whole packet by a path, past the hooks. */
  sendOn(frame: Frame, path: Path, mayCut: boolean): boolean {
    const { hooks } = this.host
    if (!hooks.used[OUTPUT] && !hooks.used[POSTROUTING]) {
      this.emit(frame, path, path.mtu, mayCut)
      return true
    }
    const packet = this.outgoing
    this.fill(packet, frame)
    packet.inPlace = -1
    packet.outPlace = path.iface.place
    if (hooks.used[OUTPUT] && !this.passes(hooks.run(OUTPUT, packet), packet)) return true
    const routed = packet.dst === path.destination ? path : this.host.routes.find(packet.dst)
    if (routed === undefined) {
      this.host.drop(frame, this.host.place, NO_ROUTE)
      return false
    }
    packet.outPlace = routed.iface.place
    if (hooks.used[POSTROUTING] && !this.passes(hooks.run(POSTROUTING, packet), packet)) return true
    this.emit(frame, routed, routed.mtu, mayCut)
    return true
  }

  /**
   * Hands a packet to the link; what is longer than `mtu` is cut, if it may be. A packet that came
   * in fragments leaves in fragments no longer than those.
   */
  emit(frame: Frame, path: Path, mtu: number, mayCut: boolean): void {
    if (path.local) return this.loopback.deliver(frame)
    const { neighbours } = this.host
    const most =
      frame.largestFragment === 0
        ? mtu
        : Math.min(mtu, Math.max(frame.largestFragment, ipv6.MIN_MTU))
    if (frame.end - frame.network <= most) return neighbours.output(frame, path)
    if (!mayCut) return this.host.drop(frame, path.iface.place, TOO_BIG)
    this.fragments.cut(frame, most, (part) => neighbours.output(part, path))
  }

  /** A frame with an IPv6 packet has arrived. */
  input(frame: Frame, iface: Interface): void {
    const { host } = this
    const { view, network } = frame
    if (!this.link(iface).isEnabled) return host.drop(frame, iface.place, DISABLED)
    const problem = ipv6.check(view, network, frame.end)
    if (problem !== undefined) return host.drop(frame, iface.place, dropCode(problem))
    // What follows the packet is padding of the link.
    frame.end = network + ipv6.HEADER_LEN + ipv6.payloadLen(view, network)
    const packet = this.incoming
    if (!this.fill(packet, frame)) return host.drop(frame, iface.place, BAD_EXTENSION)
    packet.inPlace = iface.place
    packet.outPlace = -1
    if (!iface.loopback && !this.plausible(packet, iface)) return
    if (this.defragments && packet.protocol === ipv6.FRAGMENT) {
      const whole = this.fragments.join(packet)
      if (whole === undefined) return
      if (!this.fill(packet, whole)) return host.drop(whole, iface.place, BAD_EXTENSION)
    }
    this.accept(packet, iface)
  }

  /** Makes `packet` speak of a frame; false when its extension headers cannot be read. */
  private fill(packet: Packet, frame: Frame): boolean {
    const { view, network } = frame
    const walked = ipv6.walk(view, network, frame.end)
    if (walked === ipv6.MALFORMED) return false
    const { addresses } = this.host
    const src = addresses.read(view, network + ipv6.SRC)
    const dst = addresses.read(view, network + ipv6.DST)
    fillPacket6(packet, frame, src, dst, walked)
    return true
  }

  /** Addresses that cannot be on a wire (RFC 4291 §2.5.3, §2.7; Linux ip6_rcv_core). */
  private plausible(packet: Packet, iface: Interface): boolean {
    const { addresses: book } = this.host
    const isSelf = (number: number): boolean => isLoopback(...wordsOf(book, number))
    const { src, dst } = packet
    if (isMulticast(book.word(src, 0)) || (book.word(src, 0) === 0 && isSelf(src))) {
      this.host.drop(packet.frame, iface.place, MARTIAN_SOURCE)
      return false
    }
    if (book.word(dst, 0) === 0) {
      this.host.drop(packet.frame, iface.place, MARTIAN_DESTINATION)
      return false
    }
    return true
  }

  /** A packet that is whole, or may pass as it is: the hooks, then up or on. */
  private accept(packet: Packet, iface: Interface): void {
    const { host } = this
    const { hooks } = host
    const link = this.link(iface)
    const isGroup = isMulticast(host.addresses.word(packet.dst, 0))
    if (isGroup && !link.hears(packet.dst, this.isRouter)) {
      return host.drop(packet.frame, iface.place, NOT_IN_GROUP)
    }
    if (this.isDiscovery(packet) && (isGroup || this.isOwn(packet.dst, link))) {
      return this.ndp.input(packet, iface, isGroup)
    }
    if (hooks.used[PREROUTING] && !this.passes(hooks.run(PREROUTING, packet), packet)) return
    if (isGroup || this.isOwn(packet.dst, link)) return this.deliver(packet, iface)
    forward(this, packet, iface)
  }

  /** Whether an address is ours; a link-local one only where it stands. */
  private isOwn(address: number, link: Ipv6Link): boolean {
    if (!this.host.routes.isLocal(address)) return false
    return !isLinkLocal(this.host.addresses.word(address, 0)) || link.has(address)
  }

  private isDiscovery({ protocol, transport, end, frame }: Packet): boolean {
    if (protocol !== ipv6.ICMPV6 || transport >= end) return false
    return icmpv6.isDiscovery(icmpv6.type(frame.view, transport))
  }

  deliver(packet: Packet, iface: Interface): void {
    const { host } = this
    if (packet.protocol === ipv6.FRAGMENT) {
      const whole = this.fragments.join(packet)
      if (whole === undefined) return
      if (!this.fill(packet, whole)) return host.drop(whole, iface.place, BAD_EXTENSION)
    }
    const { frame } = packet
    if (host.hooks.used[INPUT]) {
      const verdict = host.hooks.run(INPUT, packet)
      if (verdict === REROUTE) return forwardRewritten(this, packet, iface)
      if (verdict === RELAY) return relay(this, packet, iface)
      if (!this.passes(verdict, packet)) return
    }
    const { transport: at, src, dst } = packet
    if (packet.protocol === ipv6.TCP) host.tcp.input(frame, at, frame.end, src, dst)
    else if (packet.protocol === ipv6.UDP) host.udp.input(frame, at, frame.end, src, dst)
    else if (packet.protocol === ipv6.ICMPV6) this.icmp.input(packet, iface)
    else this.refuseProtocol(packet)
  }

  /** RFC 8200 §4: the sender learns where the header that nobody knows is announced. */
  private refuseProtocol(packet: Packet): void {
    const { frame, network, transport } = packet
    if (packet.protocol !== ipv6.NO_NEXT_HEADER) {
      const pointer = ipv6.announcedAt(frame.view, network, transport) - network
      const code = icmpv6.UNKNOWN_NEXT_HEADER
      this.icmp.sendError(frame, icmpv6.PARAMETER_PROBLEM, code, pointer)
    }
    this.host.drop(frame, this.host.place, UNKNOWN_PROTOCOL)
  }

  /** Asks for the MAC of a neighbour. */
  ask(neighbour: Neighbour, unicast: boolean): void {
    this.ndp.ask(neighbour, unicast)
  }

  portUnreachable(about: Frame): void {
    this.icmp.sendError(about, icmpv6.UNREACHABLE, icmpv6.PORT_UNREACHABLE, 0)
  }

  /** Resolution failed for a frame that waited: its sender is told, be it far or this machine. */
  linkFailed(frame: Frame, iface: Interface, reason: number): void {
    const src = this.host.addresses.read(frame.view, frame.network + ipv6.SRC)
    const code = icmpv6.ADDRESS_UNREACHABLE
    // A forwarded packet may have been given an address of ours: its error is translated back.
    const own = (frame.marks & FORWARDED) === 0
    if (own && this.host.routes.isLocal(src)) {
      this.icmp.tellSocket(frame.view, frame.network, frame.end, icmpv6.UNREACHABLE, code, 0, src)
    } else {
      this.icmp.sendError(frame, icmpv6.UNREACHABLE, code, 0)
    }
    this.host.drop(frame, iface.place, reason)
  }

  /** The interface by which the packet now being received came; undefined for any other frame. */
  arrivalOf(frame: Frame): Interface | undefined {
    const { incoming, host } = this
    if (incoming.frame !== frame) return undefined
    return host.interfaces.find((iface) => iface.place === incoming.inPlace)
  }

  /** Carries out a verdict; true when the packet goes on. */
  passes(verdict: number, packet: Packet): boolean {
    if (verdict === ACCEPT) return true
    if (verdict === STOLEN) return false
    assert(verdict === DROP || verdict === REJECT, 'this verdict is not possible at this hook')
    const { frame } = packet
    if (verdict === REJECT) this.icmp.sendError(frame, packet.icmp >> 8, packet.icmp & 0xff, 0)
    this.host.drop(frame, this.host.place, packet.reason)
    return false
  }
}
