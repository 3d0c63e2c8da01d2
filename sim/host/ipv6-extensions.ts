import type { Packet } from '../hook/hook.ts'
import { dropCode } from '../trace/index.ts'
import * as icmpv6 from '../wire/icmpv6.ts'
import * as ipv6 from '../wire/ipv6.ts'
import { isMulticast } from '../wire/ipv6-scope.ts'
import type { Ipv6 } from './ipv6.ts'

const BAD_EXTENSION = dropCode('ipv6-bad-extension')

/** Options that pass (RFC 8200 §4.2, RFC 2711): padding, and the router alert. */
const PAD_1 = 0
const PAD_N = 1
const ROUTER_ALERT = 5
/** More padding in a row than any alignment needs; Linux drops it. */
const MOST_PADDING = 7

/**
 * Reads the extension headers that this machine has to look at: hop-by-hop options on every
 * machine of the way, destination options and the routing header at the destination. False when the
 * packet has been dropped, its sender told where RFC 8200 §4.2 and §4.4 want it (Linux
 * net/ipv6/exthdrs.c). No option does anything here, and no routing header is obeyed.
 */
export function passesExtensions(ip: Ipv6, packet: Packet, isDestination: boolean): boolean {
  const { frame, network, transport } = packet
  const { view } = frame
  let type = ipv6.nextHeader(view, network)
  let at = network + ipv6.HEADER_LEN
  while (at < transport) {
    const end = at + (view.getUint8(at + 1) + 1) * 8
    // Hop-by-hop options stand first or are an error of their own.
    const isHopByHop = type === ipv6.HOP_BY_HOP && at === network + ipv6.HEADER_LEN
    if (isHopByHop !== isDestination && !passes(ip, packet, type, at, end)) return false
    type = view.getUint8(at)
    at = end
  }
  return true
}

function passes(ip: Ipv6, packet: Packet, type: number, at: number, end: number): boolean {
  const { view } = packet.frame
  if (type === ipv6.HOP_BY_HOP && at !== packet.network + ipv6.HEADER_LEN) {
    const pointer = ipv6.announcedAt(view, packet.network, at)
    return refuse(ip, packet, icmpv6.UNKNOWN_NEXT_HEADER, pointer)
  }
  if (type !== ipv6.ROUTING) return passesOptions(ip, packet, at + 2, end)
  // No segment is left: the packet has arrived and the header has done its work.
  if (view.getUint8(at + 3) === 0) return true
  return refuse(ip, packet, icmpv6.ERRONEOUS_HEADER, at + 2)
}

function passesOptions(ip: Ipv6, packet: Packet, from: number, end: number): boolean {
  const { view } = packet.frame
  let at = from
  let padding = 0
  while (at < end) {
    const option = view.getUint8(at)
    if (option === PAD_1) {
      padding++
      at++
    } else {
      if (at + 2 > end) return refuse(ip, packet, -1, 0)
      const next = at + 2 + view.getUint8(at + 1)
      if (next > end) return refuse(ip, packet, -1, 0)
      padding = option === PAD_N ? padding + next - at : 0
      const isKnown = option === PAD_N || option === ROUTER_ALERT
      if (!isKnown && !skips(option)) return refuseOption(ip, packet, option, at)
      at = next
    }
    if (padding > MOST_PADDING) return refuse(ip, packet, -1, 0)
  }
  return true
}

/** The two upper bits of an option say what becomes of a packet whose reader does not know it. */
const skips = (option: number): boolean => option >> 6 === 0

function refuseOption(ip: Ipv6, packet: Packet, option: number, at: number): boolean {
  const action = option >> 6
  const isGroup = isMulticast(ip.host.addresses.word(packet.dst, 0))
  const tells = action === 2 || (action === 3 && !isGroup)
  return refuse(ip, packet, tells ? icmpv6.UNKNOWN_OPTION : -1, at)
}

/** Drops a packet; with a code of "parameter problem" its sender hears where. */
function refuse(ip: Ipv6, packet: Packet, code: number, at: number): false {
  const { frame, network, inPlace } = packet
  if (code >= 0) ip.icmp.sendError(frame, icmpv6.PARAMETER_PROBLEM, code, at - network)
  ip.host.drop(frame, inPlace, BAD_EXTENSION)
  return false
}
