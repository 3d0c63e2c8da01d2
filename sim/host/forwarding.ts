import type { Packet } from '../hook/hook.ts'
import { dropCode, FIELD_TTL, REWRITTEN } from '../trace/index.ts'
import type { Frame } from '../wire/frame.ts'
import * as icmp from '../wire/icmp.ts'
import * as ipv4 from '../wire/ipv4.ts'
import type { Host } from './host.ts'
import type { Path } from './route.ts'

const NO_ROUTE = dropCode('no-route')
const TTL_EXCEEDED = dropCode('ttl-exceeded')
const TOO_BIG = dropCode('too-big')

/**
 * The path a packet may be forwarded on (RFC 1812 §5.2.1, in the order of Linux: TTL, route, size).
 * When there is none, the sender has been told, the frame has been dropped, and it is undefined.
 */
export function mayForward(
  host: Host,
  packet: Packet,
  frame: Frame,
  dst: number,
): Path | undefined {
  const { view, network } = frame
  if (ipv4.ttl(view, network) <= 1) {
    host.icmp.sendError(frame, icmp.TIME_EXCEEDED, 0, 0)
    host.drop(frame, packet.inPlace, TTL_EXCEEDED)
    return undefined
  }
  const path = host.routes.find(dst)
  if (path === undefined) {
    host.icmp.sendError(frame, icmp.UNREACHABLE, icmp.NET_UNREACHABLE, 0)
    host.drop(frame, packet.inPlace, NO_ROUTE)
    return undefined
  }
  if (frame.end - network > path.mtu && (ipv4.fragment(view, network) & ipv4.DF) !== 0) {
    host.icmp.sendError(frame, icmp.UNREACHABLE, icmp.FRAGMENTATION_NEEDED, path.mtu)
    host.drop(frame, packet.inPlace, TOO_BIG)
    return undefined
  }
  return path
}

/** One hop less to live, checksum mended. */
export function lowerTtl(host: Host, frame: Frame): void {
  const { view, network } = frame
  const before = ipv4.ttl(view, network)
  ipv4.decrementTtl(view, network)
  const { trace } = host.world
  if ((trace.mask & REWRITTEN) !== 0) {
    trace.emit(REWRITTEN, host.place, frame, FIELD_TTL, before, before - 1)
  }
}
