import { FORWARD, OUTPUT, type Packet, POSTROUTING } from '../hook/hook.ts'
import { dropCode, FIELD_TTL, REWRITTEN } from '../trace/index.ts'
import { FORWARDED, type Frame } from '../wire/frame.ts'
import * as icmp from '../wire/icmp.ts'
import * as ipv4 from '../wire/ipv4.ts'
import type { Host } from './host.ts'
import type { Interface } from './interface.ts'
import type { Ipv4 } from './ipv4.ts'
import { isDetour, judgeSource, refuseSource } from './reverse-path.ts'
import type { Path } from './route.ts'

/**
 * Forwarding (RFC 1812 §5.2.1), in the order of Linux (ip_route_input, ip_forward): route, source,
 * TTL, size, TTL less one, redirect, hooks, out.
 */

const NOT_FORWARDING = dropCode('not-forwarding')
const NO_ROUTE = dropCode('no-route')
const TTL_EXCEEDED = dropCode('ttl-exceeded')
const TOO_BIG = dropCode('too-big')

/** Sends a received packet on, or tells its sender why not. */
export function forward(
  ip: Ipv4,
  packet: Packet,
  frame: Frame,
  iface: Interface,
  dst: number,
): void {
  const { host } = ip
  if (!iface.settings.forwarding) return host.drop(frame, iface.place, NOT_FORWARDING)
  const path = host.routes.find(dst)
  if (path === undefined) return refuseRoute(host, packet, frame)
  const src = ipv4.src(frame.view, frame.network)
  const judged = judgeSource(host, iface, src, path.iface)
  if (judged < 0) return refuseSource(frame, iface, judged)
  const mtu = ip.forwardMtu(path)
  if (!mayForward(host, packet, frame, mtu)) return
  lowerTtl(host, frame)
  if (packet.transport - packet.network > ipv4.MIN_LEN) ip.options.forwarded(frame, path.source)
  if (isDetour(iface, path, src, judged)) host.icmp.redirects.send(frame, path)
  passOn(ip, packet, frame, path, mtu, FORWARD)
}

/**
 * A balancer at INPUT has changed the destination, or chosen the next hop and left it; on its way
 * out the packet passes OUTPUT, as in IPVS.
 */
export function forwardRewritten(ip: Ipv4, packet: Packet, frame: Frame): void {
  const { host } = ip
  const to = packet.nextHop === 0 ? packet.dst : packet.nextHop
  if (host.routes.isLocal(to)) return ip.deliver(packet, frame)
  const path = host.routes.find(to)
  if (path === undefined) return refuseRoute(host, packet, frame)
  const mtu = ip.forwardMtu(path)
  if (!mayForward(host, packet, frame, mtu)) return
  lowerTtl(host, frame)
  passOn(ip, packet, frame, path, mtu, OUTPUT)
}

/** A balancer at INPUT has chosen whose MAC the frame gets: no hook and no hop of IP. */
export function relay(ip: Ipv4, packet: Packet, frame: Frame): void {
  const { host } = ip
  const path = host.routes.find(packet.nextHop)
  if (path === undefined) return host.drop(frame, packet.inPlace, NO_ROUTE)
  if (path.local) return ip.deliver(packet, frame)
  ip.emit(frame, path, path.iface.mtu)
}

function passOn(
  ip: Ipv4,
  packet: Packet,
  frame: Frame,
  path: Path,
  mtu: number,
  hook: number,
): void {
  const { hooks } = ip.host
  packet.outPlace = path.iface.place
  if (hooks.used[hook] && !ip.passes(hooks.run(hook, packet), packet)) return
  if (hooks.used[POSTROUTING] && !ip.passes(hooks.run(POSTROUTING, packet), packet)) return
  ip.emit(frame, path, mtu)
}

function refuseRoute(host: Host, packet: Packet, frame: Frame): void {
  host.icmp.sendNoRoute(frame)
  host.drop(frame, packet.inPlace, NO_ROUTE)
}

/** Whether TTL and size let the packet pass; if not, the sender is told and the frame dropped. */
function mayForward(host: Host, packet: Packet, frame: Frame, mtu: number): boolean {
  const { view, network } = frame
  if (ipv4.ttl(view, network) <= 1) {
    host.icmp.sendError(frame, icmp.TIME_EXCEEDED, 0, 0)
    host.drop(frame, packet.inPlace, TTL_EXCEEDED)
    return false
  }
  if (frame.end - network > mtu && (ipv4.fragment(view, network) & ipv4.DF) !== 0) {
    host.icmp.sendError(frame, icmp.UNREACHABLE, icmp.FRAGMENTATION_NEEDED, mtu)
    host.drop(frame, packet.inPlace, TOO_BIG)
    return false
  }
  return true
}

/** One hop less to live, checksum mended. */
export function lowerTtl(host: Host, frame: Frame): void {
  const { view, network } = frame
  const before = ipv4.ttl(view, network)
  ipv4.decrementTtl(view, network)
  frame.marks |= FORWARDED
  const { trace } = host.world
  if ((trace.mask & REWRITTEN) !== 0) {
    trace.emit(REWRITTEN, host.place, frame, FIELD_TTL, before, before - 1)
  }
}
