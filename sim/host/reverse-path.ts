import { dropCode } from '../trace/index.ts'
import type { Frame } from '../wire/frame.ts'
import type { Host } from './host.ts'
import { type Interface, maskOf } from './interface.ts'
import type { Path } from './route.ts'

const MARTIAN_SOURCE = dropCode('martian-source')
const MARTIAN_DESTINATION = dropCode('martian-destination')
const ELSEWHERE = dropCode('reverse-path')

/** The source is a neighbour on the interface of arrival. */
export const SOURCE_ON_LINK = 1
/** The source may send what it sends. */
export const SOURCE_FITS = 0
/** Nobody outside may have such a source: an address of ours, a broadcast address. */
export const SOURCE_MARTIAN = -1
/** `rp_filter` refuses it: an answer would leave by another interface, or by none. */
export const SOURCE_ELSEWHERE = -2

/** Whether an address is of a range that not everybody may use: nobody, loopback, groups. */
export function isSpecial(address: number): boolean {
  const first = address >>> 24
  return first === 0 || first === 127 || first >= 224
}

/** Whether `judgeSource` may refuse a packet for this machine: nearly always there is no reason. */
export function needsJudgement(host: Host, iface: Interface, src: number): boolean {
  return iface.settings.rpFilter !== 0 || host.routes.isLocal(src)
}

/**
 * Judges the source of a packet that came in by `iface` and is to leave by `out` (undefined: stays
 * here), as Linux fib_validate_source does (RFC 3704: strict and loose reverse path).
 */
export function judgeSource(
  host: Host,
  iface: Interface,
  src: number,
  out: Interface | undefined,
): number {
  const { rpFilter, acceptLocal, sendRedirects } = iface.settings
  const { routes } = host
  if (rpFilter === 0 && (out !== iface || !sendRedirects)) {
    return acceptLocal || !routes.isLocal(src) ? SOURCE_FITS : SOURCE_MARTIAN
  }
  const path = routes.find(src)
  if (path === undefined) return rpFilter === 0 ? SOURCE_FITS : SOURCE_ELSEWHERE
  if (path.local) return acceptLocal ? SOURCE_FITS : SOURCE_MARTIAN
  if (routes.isBroadcast(src)) return SOURCE_MARTIAN
  if (path.iface === iface) return path.onLink ? SOURCE_ON_LINK : SOURCE_FITS
  if (rpFilter === 1 || (rpFilter !== 0 && iface.addresses.length === 0)) return SOURCE_ELSEWHERE
  return isNeighbourOn(host, iface, src) ? SOURCE_ON_LINK : SOURCE_FITS
}

/** Whether the best route through this very interface takes `address` for a neighbour. */
function isNeighbourOn(host: Host, iface: Interface, address: number): boolean {
  const route = host.routes
    .list()
    .find(
      (each) => each.iface === iface && ((address ^ each.prefix) & maskOf(each.prefixLen)) === 0,
    )
  return route !== undefined && route.via === 0
}

/** Whether a redirect tells the sender something: it could have taken the next hop itself. */
export function isDetour(iface: Interface, path: Path, src: number, judged: number): boolean {
  if (judged !== SOURCE_ON_LINK || path.iface !== iface || !iface.settings.sendRedirects) {
    return false
  }
  const gateway = path.onLink ? 0 : path.nextHop
  return iface.settings.sharedMedia || iface.sharesSubnet(src, gateway)
}

/** Drops a packet whose source was judged badly. */
export function refuseSource(frame: Frame, iface: Interface, judged: number): void {
  const reason = judged === SOURCE_ELSEWHERE ? ELSEWHERE : MARTIAN_SOURCE
  iface.host.drop(frame, iface.place, reason)
}

/**
 * Whether such addresses can be on a wire; if not, the packet has been dropped (RFC 1812 §5.3.7;
 * Linux ip_route_input_slow).
 */
export function isPlausible(frame: Frame, iface: Interface, src: number, dst: number): boolean {
  const { routeLocalnet } = iface.settings
  const isLoopback = !routeLocalnet && src >>> 24 === 127
  // Only who has no address yet may use 0.0.0.0, and only to ask everybody.
  const hasNone = src >>> 24 === 0 && (src !== 0 || dst !== 0xffffffff)
  if (src >>> 28 >= 0xe || isLoopback || hasNone) {
    iface.host.drop(frame, iface.place, MARTIAN_SOURCE)
    return false
  }
  if (dst >>> 24 === 0 || (!routeLocalnet && dst >>> 24 === 127)) {
    iface.host.drop(frame, iface.place, MARTIAN_DESTINATION)
    return false
  }
  return true
}
