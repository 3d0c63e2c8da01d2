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
import * as icmp from '../wire/icmp.ts'
import * as ipv4Options from '../wire/ipv4-options.ts'
import * as ipv4 from '../wire/ipv4.ts'
import { FIRM } from './dont-fragment.ts'
import { forward, forwardRewritten, relay } from './forwarding.ts'
import { Fragments } from './fragments.ts'
import type { Host } from './host.ts'
import { IpOptions } from './ip-options.ts'
import type { Interface } from './interface.ts'
import { Loopback } from './loopback.ts'
import { fillPacket, newPacket } from './packet.ts'
import {
  isPlausible,
  isSpecial,
  judgeSource,
  needsJudgement,
  refuseSource,
} from './reverse-path.ts'
import type { Path } from './route.ts'

const MARTIAN_DESTINATION = dropCode('martian-destination')
const NO_ROUTE = dropCode('no-route')
const TOO_BIG = dropCode('too-big')
const UNKNOWN_PROTOCOL = dropCode('unknown-protocol')

/**
 * IPv4 of one machine (RFC 791, RFC 1812; Linux net/ipv4/ip_{input,forward,output}.c): receiving,
 * forwarding and sending, past the five hooks.
 */
export class Ipv4 {
  readonly host: Host
  /** The packet being received or forwarded. */
  private readonly incoming: Packet
  /** The packet being sent: may be needed while `incoming` is in use. */
  private readonly outgoing: Packet
  private readonly loopback: Loopback
  readonly fragments: Fragments
  readonly options: IpOptions
  /**
   * Joins fragments before the first hook: set by connection tracking, which needs whole packets.
   */
  defragments = false
  /** TTL of packets of this machine's own. */
  defaultTtl = 0
  /** DF is not set on what this machine sends of its own accord (ip_no_pmtu_disc). */
  noPathMtu = false
  private forwardsByPathMtu = false

  constructor(host: Host) {
    this.host = host
    const nothing = host.world.pool.take()
    this.incoming = newPacket(nothing)
    this.outgoing = newPacket(nothing)
    host.world.pool.release(nothing)
    this.loopback = new Loopback(host)
    this.fragments = new Fragments(host)
    this.options = new IpOptions(host)
    this.configure()
  }

  /** Reads the machine's settings; called again when a step changes them. */
  configure(): void {
    const { sysctl } = this.host
    this.defaultTtl = sysctl.number('net.ipv4.ip_default_ttl')
    this.noPathMtu = sysctl.number('net.ipv4.ip_no_pmtu_disc') !== 0
    this.forwardsByPathMtu = sysctl.number('net.ipv4.ip_forward_use_pmtu') !== 0
  }

  /** Frames on their way through `lo`, and fragments that wait for the rest, now. */
  get held(): number {
    return this.loopback.inFlight + this.fragments.held
  }

  /** Most octets of a packet forwarded on `path`: what ICMP says is believed for own ones only. */
  forwardMtu(path: Path): number {
    return this.forwardsByPathMtu ? path.mtu : path.iface.mtu
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
   * Returns false when there is no route; the frame has been dropped then. `options` stand between
   * header and transport, which has left them room.
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
    options?: Uint8Array,
  ): boolean {
    const { view, network } = frame
    const total = frame.end - network
    const path = this.host.routes.find(dst)
    const mayBeCut = path?.mtuLocked === true && (flags & FIRM) === 0
    const df = mayBeCut ? 0 : flags & ipv4.DF
    ipv4.write(view, network, tos, total, ident, df, ttl, protocol, src, dst)
    if (options !== undefined && options.length > 0) {
      ipv4Options.write(frame.bytes, view, frame.words, network, options)
    }
    if (path === undefined) {
      this.host.drop(frame, this.host.place, NO_ROUTE)
      return false
    }
    if (this.host.hooks.used[OUTPUT] || this.host.hooks.used[POSTROUTING]) {
      return this.sendThroughHooks(frame, path, protocol)
    }
    this.emit(frame, path, path.mtu)
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
    this.emit(frame, routed, routed.mtu)
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

  /** Hands a packet to the link; what is longer than `mtu` is cut, if it may be. */
  emit(frame: Frame, path: Path, mtu: number): void {
    if (path.local) return this.loopback.deliver(frame)
    if (frame.end - frame.network > mtu) {
      if ((ipv4.fragment(frame.view, frame.network) & ipv4.DF) !== 0) {
        return this.host.drop(frame, path.iface.place, TOO_BIG)
      }
      return this.fragments.cut(frame, mtu, (part) => this.host.neighbours.output(part, path))
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
    const isOdd = isSpecial(src) || isSpecial(dst)
    if (isOdd && !iface.loopback && !isPlausible(frame, iface, src, dst)) return
    if (packet.transport - network > ipv4.MIN_LEN && !this.options.receive(frame, iface)) return
    const isLocal = host.routes.isLocal(dst)
    const isGroup = !isLocal && (dst >>> 28 >= 0xe || host.routes.isBroadcast(dst))
    if (!isLocal && !isGroup) return forward(this, packet, frame, iface, dst)
    if (!iface.loopback && src !== 0 && needsJudgement(host, iface, src)) {
      const judged = judgeSource(host, iface, src, undefined)
      if (judged < 0) return refuseSource(frame, iface, judged)
    }
    if (isGroup) return this.deliverToGroup(packet, frame)
    this.deliver(packet, frame)
  }

  /** A packet for this machine: whole, past the input hook, to its protocol. */
  deliver(packet: Packet, frame: Frame): void {
    const { host } = this
    if (ipv4.isFragment(frame.view, frame.network)) {
      const whole = this.fragments.join(frame, packet.inPlace)
      if (whole === undefined) return
      fillPacket(packet, whole, packet.protocol)
      return this.deliver(packet, whole)
    }
    if (host.hooks.used[INPUT]) {
      const verdict = host.hooks.run(INPUT, packet)
      if (verdict === REROUTE) return forwardRewritten(this, packet, frame)
      if (verdict === RELAY) return relay(this, packet, frame)
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

  /** Broadcast and multicast reach UDP sockets and echo; nobody answers them with an error. */
  private deliverToGroup(packet: Packet, frame: Frame): void {
    const { udp, icmp: control } = this.host
    const { transport: at, src, dst, protocol } = packet
    if (!ipv4.isFragment(frame.view, frame.network)) {
      if (protocol === ipv4.UDP) return udp.input(frame, at, frame.end, src, dst)
      if (protocol === ipv4.ICMP) return control.input(frame, at, frame.end, src, dst)
    }
    this.host.drop(frame, packet.inPlace, MARTIAN_DESTINATION)
  }

  /** Resolution failed for a frame that waited: its sender is told, be it far or this machine. */
  linkFailed(frame: Frame, iface: Interface, reason: number): void {
    const { view, network } = frame
    // A forwarded packet may have been given an address of ours: its error is translated back.
    const own = (frame.marks & FORWARDED) === 0
    if (own && this.host.routes.isLocal(ipv4.src(view, network))) this.host.tellLocal(frame, iface)
    else this.host.icmp.sendError(frame, icmp.UNREACHABLE, icmp.HOST_UNREACHABLE, 0)
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
    if (verdict === REJECT) {
      this.host.icmp.sendError(frame, packet.icmp >> 8, packet.icmp & 0xff, 0)
    }
    this.host.drop(frame, this.host.place, packet.reason)
    return false
  }
}
