import { assert } from '../engine/assert.ts'
import {
  ACCEPT,
  DROP,
  FORWARD,
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
import type { Frame } from '../wire/frame.ts'
import * as icmp from '../wire/icmp.ts'
import * as ipv4 from '../wire/ipv4.ts'
import { lowerTtl, mayForward } from './forwarding.ts'
import { Fragments } from './fragments.ts'
import type { Host } from './host.ts'
import type { Interface } from './interface.ts'
import { Loopback } from './loopback.ts'
import { fillPacket, newPacket } from './packet.ts'
import type { Path } from './route.ts'

const MARTIAN_SOURCE = dropCode('martian-source')
const MARTIAN_DESTINATION = dropCode('martian-destination')
const NOT_FORWARDING = dropCode('not-forwarding')
const NO_ROUTE = dropCode('no-route')
const TOO_BIG = dropCode('too-big')
const UNKNOWN_PROTOCOL = dropCode('unknown-protocol')

/**
 * IPv4 of one machine (RFC 791, RFC 1812; Linux net/ipv4/ip_{input,forward,output}.c): receiving,
 * forwarding and sending, past the five hooks.
 */
export class Ipv4 {
  private readonly host: Host
  /** The packet being received or forwarded. */
  private readonly incoming: Packet
  /** The packet being sent: may be needed while `incoming` is in use. */
  private readonly outgoing: Packet
  private readonly loopback: Loopback
  private readonly fragments: Fragments
  /**
   * Joins fragments before the first hook: set by connection tracking, which needs whole packets.
   */
  defragments = false
  forwarding: boolean
  /** TTL of packets of this machine's own. */
  readonly defaultTtl: number

  constructor(host: Host) {
    this.host = host
    const nothing = host.world.pool.take()
    this.incoming = newPacket(nothing)
    this.outgoing = newPacket(nothing)
    host.world.pool.release(nothing)
    this.loopback = new Loopback(host)
    this.fragments = new Fragments(host)
    this.forwarding = host.sysctl.number('net.ipv4.ip_forward') !== 0
    this.defaultTtl = host.sysctl.number('net.ipv4.ip_default_ttl')
  }

  /** Frames on their way through `lo`, and fragments that wait for the rest, now. */
  get held(): number {
    return this.loopback.inFlight + this.fragments.held
  }

  isLocal(address: number): boolean {
    return this.host.routes.isLocal(address)
  }

  /** Source address that a packet towards `dst` would carry; 0 without a route. */
  sourceFor(dst: number): number {
    return this.host.routes.find(dst)?.source ?? 0
  }

  /** Path MTU in octets of IP; 0 without a route. */
  mtuTowards(dst: number): number {
    return this.host.routes.find(dst)?.mtu ?? 0
  }

  /** New data was acknowledged from `dst`: its next hop is alive (the kernel's dst_confirm). */
  confirm(dst: number): void {
    const path = this.host.routes.find(dst)
    if (path !== undefined) this.host.neighbours.confirm(path)
  }

  /**
   * A new frame; its transport header goes to `frame.network + 20`, then set `frame.end`.
   * `octets`: of transport header and payload, when they may be more than a cable carries.
   */
  allocate(octets = 0): Frame {
    const { pool, trace } = this.host.world
    const frame = pool.takeFor(ethernet.HEADER_LEN + ipv4.MIN_LEN + octets)
    frame.end = frame.network + ipv4.MIN_LEN
    // Without a route it ends before it gets MACs: nobody must read what an older frame left there.
    ethernet.setDst(frame.view, frame.start, 0, 0)
    ethernet.setSrc(frame.view, frame.start, 0, 0)
    ethernet.setType(frame.view, frame.start, ethernet.TYPE_IPV4)
    if ((trace.mask & BORN) !== 0) trace.emit(BORN, this.host.place, frame, 0, 0, 0)
    return frame
  }

  /**
   * Sends a frame whose transport octets lie at `frame.network + 20 .. frame.end`.
   * Returns false when there is no route; the frame has been dropped then.
   */
  send(
    frame: Frame,
    src: number,
    dst: number,
    protocol: number,
    tos: number,
    ttl: number,
    ident: number,
    flags: number,
  ): boolean {
    const { view, network } = frame
    const total = frame.end - network
    ipv4.write(view, network, tos, total, ident, flags, ttl, protocol, src, dst)
    const path = this.host.routes.find(dst)
    if (path === undefined) {
      this.host.drop(frame, this.host.place, NO_ROUTE)
      return false
    }
    if (this.host.hooks.used[OUTPUT] || this.host.hooks.used[POSTROUTING]) {
      return this.sendThroughHooks(frame, path, protocol)
    }
    this.emit(frame, path)
    return true
  }

  private sendThroughHooks(frame: Frame, path: Path, protocol: number): boolean {
    const { hooks } = this.host
    const packet = this.outgoing
    fillPacket(packet, frame, protocol)
    packet.inPlace = -1
    packet.outPlace = path.iface.place
    if (hooks.used[OUTPUT] && !this.passes(hooks.run(OUTPUT, packet), packet)) return true
    const routed = this.reroute(frame, path)
    if (routed === undefined) return false
    packet.outPlace = routed.iface.place
    if (hooks.used[POSTROUTING] && !this.passes(hooks.run(POSTROUTING, packet), packet)) return true
    this.emit(frame, routed)
    return true
  }

  /** The path again, in case a hook has changed the destination. */
  private reroute(frame: Frame, path: Path): Path | undefined {
    const dst = ipv4.dst(frame.view, frame.network)
    if (dst === path.destination) return path
    const other = this.host.routes.find(dst)
    if (other === undefined) this.host.drop(frame, this.host.place, NO_ROUTE)
    return other
  }

  private emit(frame: Frame, path: Path): void {
    if (path.local) return this.loopback.deliver(frame)
    if (frame.end - frame.network > path.mtu) {
      if ((ipv4.fragment(frame.view, frame.network) & ipv4.DF) !== 0) {
        return this.host.drop(frame, path.iface.place, TOO_BIG)
      }
      return this.fragments.cut(frame, path.mtu, (part) => this.host.neighbours.output(part, path))
    }
    this.host.neighbours.output(frame, path)
  }

  /** A frame with an IPv4 packet has arrived. */
  input(frame: Frame, iface: Interface): void {
    const { host } = this
    const { bytes, view, words, network } = frame
    const problem = ipv4.check(bytes, view, words, network, frame.end)
    if (problem !== undefined) return host.drop(frame, iface.place, dropCode(problem))
    // What follows the packet is padding of the link.
    frame.end = network + ipv4.totalLen(view, network)
    if (this.defragments && ipv4.isFragment(view, network)) {
      const whole = this.fragments.join(frame, iface.place)
      if (whole !== undefined) this.accept(whole, iface)
      return
    }
    this.accept(frame, iface)
  }

  /** A packet that is whole, or may pass as it is: the hooks, then up or on. */
  private accept(frame: Frame, iface: Interface): void {
    const { host } = this
    const { view, network } = frame
    const packet = this.incoming
    fillPacket(packet, frame, ipv4.protocol(view, network))
    packet.inPlace = iface.place
    packet.outPlace = -1
    const { hooks } = host
    if (hooks.used[PREROUTING] && !this.passes(hooks.run(PREROUTING, packet), packet)) return
    const src = ipv4.src(view, network)
    const dst = ipv4.dst(view, network)
    if (!iface.loopback && (host.routes.isLocal(src) || src === 0 || src >>> 28 >= 0xe)) {
      return host.drop(frame, iface.place, MARTIAN_SOURCE)
    }
    if (host.routes.isLocal(dst)) return this.deliver(packet, frame)
    if (dst >>> 28 >= 0xe || host.routes.isBroadcast(dst)) {
      return this.deliverToGroup(packet, frame, src, dst)
    }
    if (!this.forwarding) return host.drop(frame, iface.place, NOT_FORWARDING)
    this.forward(packet, frame, dst)
  }

  private deliver(packet: Packet, frame: Frame): void {
    const { host } = this
    if (ipv4.isFragment(frame.view, frame.network)) {
      const whole = this.fragments.join(frame, packet.inPlace)
      if (whole === undefined) return
      fillPacket(packet, whole, packet.protocol)
      return this.deliver(packet, whole)
    }
    if (host.hooks.used[INPUT]) {
      const verdict = host.hooks.run(INPUT, packet)
      if (verdict === REROUTE) return this.forwardRewritten(packet, frame)
      if (verdict === RELAY) return this.relay(packet, frame)
      if (!this.passes(verdict, packet)) return
    }
    const { transport: at, src, dst } = packet
    if (packet.protocol === ipv4.TCP) host.tcp.input(frame, at, frame.end, src, dst)
    else if (packet.protocol === ipv4.UDP) host.udp.input(frame, at, frame.end, src, dst)
    else if (packet.protocol === ipv4.ICMP) host.icmp.input(frame, at, frame.end, src, dst)
    else {
      host.icmp.sendError(frame, icmp.UNREACHABLE, 2, 0)
      host.drop(frame, host.place, UNKNOWN_PROTOCOL)
    }
  }

  /** Broadcast and multicast reach UDP sockets only; nobody answers them with an error. */
  private deliverToGroup(packet: Packet, frame: Frame, src: number, dst: number): void {
    if (packet.protocol === ipv4.UDP && !ipv4.isFragment(frame.view, frame.network)) {
      return this.host.udp.input(frame, packet.transport, frame.end, src, dst)
    }
    this.host.drop(frame, packet.inPlace, MARTIAN_DESTINATION)
  }

  /** RFC 1812 §5.2.1, in the order of Linux: TTL, route, size, TTL less one, hooks, out. */
  private forward(packet: Packet, frame: Frame, dst: number): void {
    const path = mayForward(this.host, packet, frame, dst)
    if (path !== undefined) this.passOn(packet, frame, path, FORWARD)
  }

  /**
   * A balancer at INPUT has changed the destination, or chosen the next hop and left it; on its way
   * out the packet passes OUTPUT, as in IPVS.
   */
  private forwardRewritten(packet: Packet, frame: Frame): void {
    const to = packet.nextHop === 0 ? packet.dst : packet.nextHop
    if (this.isLocal(to)) return this.deliver(packet, frame)
    const path = mayForward(this.host, packet, frame, to)
    if (path !== undefined) this.passOn(packet, frame, path, OUTPUT)
  }

  private passOn(packet: Packet, frame: Frame, path: Path, hook: number): void {
    lowerTtl(this.host, frame)
    const { hooks } = this.host
    packet.outPlace = path.iface.place
    if (hooks.used[hook] && !this.passes(hooks.run(hook, packet), packet)) return
    if (hooks.used[POSTROUTING] && !this.passes(hooks.run(POSTROUTING, packet), packet)) return
    this.emit(frame, path)
  }

  /** A balancer at INPUT has chosen whose MAC the frame gets: no hook and no hop of IP. */
  private relay(packet: Packet, frame: Frame): void {
    const path = this.host.routes.find(packet.nextHop)
    if (path === undefined) return this.host.drop(frame, packet.inPlace, NO_ROUTE)
    if (path.local) return this.deliver(packet, frame)
    this.emit(frame, path)
  }

  /** Resolution failed for a frame that waited: its sender is told, be it far or this machine. */
  linkFailed(frame: Frame, iface: Interface, reason: number): void {
    const { view, network } = frame
    if (this.host.routes.isLocal(ipv4.src(view, network))) this.host.tellLocal(frame, iface)
    else this.host.icmp.sendError(frame, icmp.UNREACHABLE, icmp.HOST_UNREACHABLE, 0)
    this.host.drop(frame, iface.place, reason)
  }

  /** Carries out a verdict; true when the packet goes on. */
  private passes(verdict: number, packet: Packet): boolean {
    if (verdict === ACCEPT) return true
    if (verdict === STOLEN) return false
    assert(verdict === DROP || verdict === REJECT, 'this verdict is not possible at this hook')
    const { frame } = packet
    if (verdict === REJECT) {
      this.host.icmp.sendError(frame, packet.icmp >> 8, packet.icmp & 0xff, 0)
    }
    this.host.drop(frame, this.host.place, packet.reason)
    return false
  }
}
