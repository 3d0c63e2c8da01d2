import { assert } from '../engine/assert.ts'
import { ACCEPT, DROP, OUTPUT, type Packet, POSTROUTING, REJECT, STOLEN } from '../hook/hook.ts'
import { BORN, dropCode } from '../trace/index.ts'
import * as ethernet from '../wire/ethernet.ts'
import { FORWARDED, type Frame } from '../wire/frame.ts'
import * as icmpv6 from '../wire/icmpv6.ts'
import { DF } from '../wire/ipv4.ts'
import * as ipv6 from '../wire/ipv6.ts'
import type { Host } from './host.ts'
import { Icmpv6 } from './icmpv6.ts'
import type { Interface } from './interface.ts'
import { Ipv6Fragments } from './ipv6-fragments.ts'
import { deliver, receive } from './ipv6-input.ts'
import { Ipv6Link, type Ipv6Own, wordsOf } from './ipv6-link.ts'
import { prefixOf } from './ipv6-routes.ts'
import { chooseSource } from './ipv6-source.ts'
import { Loopback } from './loopback.ts'
import { Ndp } from './ndp.ts'
import type { Neighbour } from './neighbour-entry.ts'
import { fillPacket6, newPacket } from './packet.ts'
import type { Path } from './route.ts'

const NO_ROUTE = dropCode('no-route')
const TOO_BIG = dropCode('too-big')

/**
 * IPv6 of one machine (RFC 8200; Linux net/ipv6/ip6_output.c): its links and what it sends;
 * receiving is in ipv6-input.ts, forwarding in ipv6-forwarding.ts. Packets pass the five hooks, but
 * for neighbour discovery, at which nobody here looks.
 *
 * Left out, because a run starts settled: duplicate address detection, router and listener
 * discovery, and the kernel's probe of a gateway that it has not heard of for a minute.
 */
export class Ipv6 {
  readonly host: Host
  readonly icmp: Icmpv6
  readonly ndp: Ndp
  /** The packet being received or forwarded. */
  readonly incoming: Packet
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
    routes.ipv6.add({ prefix, prefixLen, via: 0, iface, source: 0, isConnected: true })
  }

  /** The addresses of an interface are others now: so are the routes that come with them. */
  reconnect(iface: Interface): void {
    const table = this.host.routes.ipv6
    for (const route of table.list().filter((each) => each.iface === iface && each.isConnected)) {
      table.remove(route)
    }
    for (const own of this.link(iface).addresses) this.connect(iface, own)
  }

  /** Tells the wire of an interface, unasked, which IPv6 addresses live there. */
  announce(iface: Interface): void {
    for (const { number } of this.link(iface).addresses) this.ndp.announce(iface, number)
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

  /** Sends a frame with its transport octets at `frame.network + 40 .. frame.end` (see Ip.send). */
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
    receive(this, frame, iface)
  }

  /** Takes a packet up that a balancer has left to this machine. */
  deliver(packet: Packet, iface: Interface): void {
    deliver(this, packet, iface)
  }

  /** Makes `packet` speak of a frame; false when its extension headers cannot be read. */
  fill(packet: Packet, frame: Frame): boolean {
    const { view, network } = frame
    const walked = ipv6.walk(view, network, frame.end)
    if (walked === ipv6.MALFORMED) return false
    const { addresses } = this.host
    const src = addresses.read(view, network + ipv6.SRC)
    const dst = addresses.read(view, network + ipv6.DST)
    fillPacket6(packet, frame, src, dst, walked)
    return true
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
