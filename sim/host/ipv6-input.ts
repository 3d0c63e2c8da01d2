import { INPUT, type Packet, PREROUTING, RELAY, REROUTE } from '../hook/hook.ts'
import { dropCode } from '../trace/index.ts'
import type { Frame } from '../wire/frame.ts'
import * as icmpv6 from '../wire/icmpv6.ts'
import * as ipv6 from '../wire/ipv6.ts'
import { isLinkLocal, isLoopback, isMulticast } from '../wire/ipv6-scope.ts'
import type { Interface } from './interface.ts'
import type { Ipv6 } from './ipv6.ts'
import { passesExtensions } from './ipv6-extensions.ts'
import { forward, forwardRewritten, relay } from './ipv6-forwarding.ts'
import { type Ipv6Link, wordsOf } from './ipv6-link.ts'

const DISABLED = dropCode('ipv6-disabled')
const BAD_EXTENSION = dropCode('ipv6-bad-extension')
const NOT_IN_GROUP = dropCode('not-in-group')
const MARTIAN_SOURCE = dropCode('martian-source')
const MARTIAN_DESTINATION = dropCode('martian-destination')
const UNKNOWN_PROTOCOL = dropCode('unknown-protocol')

/** A frame with an IPv6 packet has arrived (Linux net/ipv6/ip6_input.c). */
export function receive(ip: Ipv6, frame: Frame, iface: Interface): void {
  const { host } = ip
  const { view, network } = frame
  if (!ip.link(iface).isEnabled) return host.drop(frame, iface.place, DISABLED)
  const problem = ipv6.check(view, network, frame.end)
  if (problem !== undefined) return host.drop(frame, iface.place, dropCode(problem))
  // What follows the packet is padding of the link.
  frame.end = network + ipv6.HEADER_LEN + ipv6.payloadLen(view, network)
  const packet = ip.incoming
  if (!ip.fill(packet, frame)) return host.drop(frame, iface.place, BAD_EXTENSION)
  packet.inPlace = iface.place
  packet.outPlace = -1
  if (!iface.loopback && !isPlausible(ip, packet, iface)) return
  if (isExtended(packet) && !passesExtensions(ip, packet, false)) return
  if (ip.defragments && packet.protocol === ipv6.FRAGMENT && !joins(ip, packet)) return
  accept(ip, packet, iface)
}

/** Whether extension headers stand between the IPv6 header and what it carries. */
const isExtended = ({ network, transport }: Packet): boolean =>
  transport !== network + ipv6.HEADER_LEN

/** Takes a fragment; true when it was the last one and `packet` speaks of the whole now. */
function joins(ip: Ipv6, packet: Packet): boolean {
  const { inPlace } = packet
  const whole = ip.fragments.join(packet)
  if (whole === undefined) return false
  if (ip.fill(packet, whole)) return true
  ip.host.drop(whole, inPlace, BAD_EXTENSION)
  return false
}

/** Addresses that cannot be on a wire (RFC 4291 §2.5.3, §2.7; Linux ip6_rcv_core). */
function isPlausible({ host }: Ipv6, { frame, src, dst }: Packet, iface: Interface): boolean {
  const book = host.addresses
  const word0 = book.word(src, 0)
  if (isMulticast(word0) || (word0 === 0 && isLoopback(...wordsOf(book, src)))) {
    host.drop(frame, iface.place, MARTIAN_SOURCE)
    return false
  }
  if (book.word(dst, 0) === 0) {
    host.drop(frame, iface.place, MARTIAN_DESTINATION)
    return false
  }
  return true
}

/** A packet that is whole, or may pass as it is: the hooks, then up or on. */
function accept(ip: Ipv6, packet: Packet, iface: Interface): void {
  const { host } = ip
  const { hooks } = host
  const link = ip.link(iface)
  const isGroup = isMulticast(host.addresses.word(packet.dst, 0))
  if (isGroup && !link.hears(packet.dst, ip.isRouter)) {
    return host.drop(packet.frame, iface.place, NOT_IN_GROUP)
  }
  if (isDiscovery(packet) && (isGroup || isOwn(ip, packet.dst, link))) {
    return ip.ndp.input(packet, iface, isGroup)
  }
  if (hooks.used[PREROUTING] && !ip.passes(hooks.run(PREROUTING, packet), packet)) return
  if (isGroup || isOwn(ip, packet.dst, link)) return deliver(ip, packet, iface)
  forward(ip, packet, iface)
}

/** Whether an address is ours; a link-local one only where it stands. */
function isOwn({ host }: Ipv6, address: number, link: Ipv6Link): boolean {
  if (!host.routes.isLocal(address)) return false
  return !isLinkLocal(host.addresses.word(address, 0)) || link.has(address)
}

function isDiscovery({ protocol, transport, end, frame }: Packet): boolean {
  if (protocol !== ipv6.ICMPV6 || transport >= end) return false
  return icmpv6.isDiscovery(icmpv6.type(frame.view, transport))
}

/** Takes a packet up: the parts joined, the hook passed, to the protocol it carries. */
export function deliver(ip: Ipv6, packet: Packet, iface: Interface): void {
  const { host } = ip
  if (packet.protocol === ipv6.FRAGMENT && !joins(ip, packet)) return
  if (isExtended(packet) && !passesExtensions(ip, packet, true)) return
  const { frame } = packet
  if (host.hooks.used[INPUT]) {
    const verdict = host.hooks.run(INPUT, packet)
    if (verdict === REROUTE) return forwardRewritten(ip, packet, iface)
    if (verdict === RELAY) return relay(ip, packet, iface)
    if (!ip.passes(verdict, packet)) return
  }
  const { transport: at, src, dst } = packet
  if (packet.protocol === ipv6.TCP) host.tcp.input(frame, at, frame.end, src, dst)
  else if (packet.protocol === ipv6.UDP) host.udp.input(frame, at, frame.end, src, dst)
  else if (packet.protocol === ipv6.ICMPV6) ip.icmp.input(packet, iface)
  else refuseProtocol(ip, packet)
}

/** RFC 8200 §4: the sender learns where the header that nobody knows is announced. */
function refuseProtocol(ip: Ipv6, packet: Packet): void {
  const { frame, network, transport } = packet
  if (packet.protocol !== ipv6.NO_NEXT_HEADER) {
    const pointer = ipv6.announcedAt(frame.view, network, transport) - network
    const code = icmpv6.UNKNOWN_NEXT_HEADER
    ip.icmp.sendError(frame, icmpv6.PARAMETER_PROBLEM, code, pointer)
  }
  ip.host.drop(frame, ip.host.place, UNKNOWN_PROTOCOL)
}
