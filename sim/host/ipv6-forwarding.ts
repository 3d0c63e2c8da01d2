import { FORWARD, OUTPUT, type Packet, POSTROUTING } from '../hook/hook.ts'
import { dropCode, FIELD_HOP_LIMIT, REWRITTEN } from '../trace/index.ts'
import * as icmpv6 from '../wire/icmpv6.ts'
import { FORWARDED } from '../wire/frame.ts'
import * as ipv6 from '../wire/ipv6.ts'
import { isLinkLocal } from '../wire/ipv6-scope.ts'
import type { Interface } from './interface.ts'
import type { Ipv6 } from './ipv6.ts'
import type { Path } from './route.ts'

const NOT_FORWARDING = dropCode('not-forwarding')
const NO_ROUTE = dropCode('no-route')
const TTL_EXCEEDED = dropCode('ttl-exceeded')
const TOO_BIG = dropCode('too-big')
const MARTIAN_SOURCE = dropCode('martian-source')
const BEYOND_SCOPE = dropCode('beyond-scope')

/**
 * Sends a packet for another machine on, or tells its sender why not, in the order of Linux
 * (ip6_forward): route, hop limit, a redirect if it leaves where it came in, scope, size.
 */
export function forward(ip: Ipv6, packet: Packet, iface: Interface): void {
  const { host } = ip
  const { frame, src } = packet
  const path = host.routes.find(packet.dst)
  if (path === undefined) return refuseRoute(ip, packet)
  if (!ip.isRouter || path.local) return host.drop(frame, iface.place, NOT_FORWARDING)
  if (expires(ip, packet)) return
  if (path.iface === iface) {
    ip.ndp.redirects.send(frame, src, path)
  } else {
    const word0 = host.addresses.word(src, 0)
    if (word0 === 0) return host.drop(frame, iface.place, MARTIAN_SOURCE)
    if (isLinkLocal(word0)) {
      ip.icmp.sendError(frame, icmpv6.UNREACHABLE, icmpv6.BEYOND_SCOPE, 0)
      return host.drop(frame, iface.place, BEYOND_SCOPE)
    }
  }
  passOn(ip, packet, path, FORWARD)
}

/**
 * A balancer at INPUT has changed the destination, or chosen the next hop and left it; on its way
 * out the packet passes OUTPUT, as in IPVS.
 */
export function forwardRewritten(ip: Ipv6, packet: Packet, iface: Interface): void {
  const { routes } = ip.host
  const to = packet.nextHop === 0 ? packet.dst : packet.nextHop
  if (routes.isLocal(to)) return ip.deliver(packet, iface)
  const path = routes.find(to)
  if (path === undefined) return refuseRoute(ip, packet)
  if (!expires(ip, packet)) passOn(ip, packet, path, OUTPUT)
}

/** A balancer at INPUT has chosen whose MAC the frame gets: no hook and no hop of IP. */
export function relay(ip: Ipv6, packet: Packet, iface: Interface): void {
  const { host } = ip
  const path = host.routes.find(packet.nextHop)
  if (path === undefined) return host.drop(packet.frame, packet.inPlace, NO_ROUTE)
  if (path.local) return ip.deliver(packet, iface)
  ip.emit(packet.frame, path, path.iface.mtu, packet.frame.largestFragment !== 0)
}

function refuseRoute(ip: Ipv6, packet: Packet): void {
  ip.icmp.sendError(packet.frame, icmpv6.UNREACHABLE, icmpv6.NO_ROUTE, 0)
  ip.host.drop(packet.frame, packet.inPlace, NO_ROUTE)
}

function expires(ip: Ipv6, { frame, inPlace }: Packet): boolean {
  if (ipv6.hopLimit(frame.view, frame.network) > 1) return false
  ip.icmp.sendError(frame, icmpv6.TIME_EXCEEDED, icmpv6.HOP_LIMIT, 0)
  ip.host.drop(frame, inPlace, TTL_EXCEEDED)
  return true
}

/** Size, one hop less, the hooks, out. Routers never cut; only what came cut leaves so. */
function passOn(ip: Ipv6, packet: Packet, path: Path, hook: number): void {
  const { host } = ip
  const { frame } = packet
  const { mtu } = path.iface
  const longest = frame.largestFragment === 0 ? frame.end - frame.network : frame.largestFragment
  if (longest > mtu) {
    ip.icmp.sendError(frame, icmpv6.PACKET_TOO_BIG, 0, mtu)
    return host.drop(frame, packet.inPlace, TOO_BIG)
  }
  lowerHopLimit(ip, packet)
  const { hooks } = host
  packet.outPlace = path.iface.place
  if (hooks.used[hook] && !ip.passes(hooks.run(hook, packet), packet)) return
  if (hooks.used[POSTROUTING] && !ip.passes(hooks.run(POSTROUTING, packet), packet)) return
  ip.emit(frame, path, mtu, frame.largestFragment !== 0)
}

function lowerHopLimit({ host }: Ipv6, { frame }: Packet): void {
  const { view, network } = frame
  const before = ipv6.hopLimit(view, network)
  ipv6.decrementHopLimit(view, network)
  frame.marks |= FORWARDED
  const { trace } = host.world
  if ((trace.mask & REWRITTEN) !== 0) {
    trace.emit(REWRITTEN, host.place, frame, FIELD_HOP_LIMIT, before, before - 1)
  }
}
