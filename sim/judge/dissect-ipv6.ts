import { type Carried, data, TCP, UDP } from './carried.ts'
import { dissectIcmpv6 } from './dissect-icmpv6.ts'
import { dissectTcp } from './dissect-tcp.ts'
import { dissectUdp } from './dissect-udp.ts'
import { add, complain, type Layer, openLayer, type Scope } from './dissection.ts'
import { pseudoHeader } from './internet-sum.ts'

const HEADER_LEN = 40
const FRAGMENT = 44
const ICMPV6 = 58
const NO_NEXT_HEADER = 59
/** Extension headers with a length in their second octet, by protocol number. */
const EXTENSIONS: ReadonlyMap<number, string> = new Map([
  [0, 'hopopts'],
  [43, 'routing'],
  [60, 'dstopts'],
])

/** IPv6 (RFC 8200). Returns where the packet ends, as far as the frame holds it. */
export function dissectIpv6(scope: Scope, at: number, limit: number, into: Layer[]): number {
  const { v, bytes } = scope
  if (limit - at < HEADER_LEN) {
    complain(scope, 'ipv6-truncated')
    return limit
  }
  const first = v.getUint32(at)
  const payloadLen = v.getUint16(at + 4)
  const ip = openLayer(into, 'ipv6', at, at + HEADER_LEN)
  add(ip, 'ipv6.version', first >>> 28, at, 1)
  add(ip, 'ip.version', first >>> 28, at, 1) // Wireshark gives it both names
  add(ip, 'ipv6.tclass', (first >>> 20) & 0xff, at, 4)
  add(ip, 'ipv6.tclass.dscp', (first >>> 22) & 0x3f, at, 4)
  add(ip, 'ipv6.tclass.ecn', (first >>> 20) & 3, at, 4)
  add(ip, 'ipv6.flow', first & 0xfffff, at + 1, 3)
  add(ip, 'ipv6.plen', payloadLen, at + 4, 2)
  add(ip, 'ipv6.nxt', v.getUint8(at + 6), at + 6, 1)
  add(ip, 'ipv6.hlim', v.getUint8(at + 7), at + 7, 1)
  add(ip, 'ipv6.src', bytes.slice(at + 8, at + 24), at + 8, 16)
  add(ip, 'ipv6.dst', bytes.slice(at + 24, at + 40), at + 24, 16)
  if (first >>> 28 !== 6) {
    complain(scope, 'ipv6-bad-version')
    return limit
  }
  const announced = at + HEADER_LEN + payloadLen
  if (announced > limit && !scope.quoted) complain(scope, 'ipv6-truncated')
  const end = Math.min(limit, announced)
  const upper = extensions(scope, ip, at, end)
  const { protocol, transport, offset } = upper
  if (offset !== 0 || protocol === NO_NEXT_HEADER) {
    data(scope, into, transport, end)
    return end
  }
  const whole = announced <= limit && !upper.more
  const addresses = bytes.subarray(at + 8, at + 40)
  const pseudo = pseudoHeader(addresses, protocol, announced - transport)
  carry(protocol, { scope, at: transport, end, whole, pseudo, into })
  return end
}

/** What follows the extension headers. */
interface Upper {
  readonly protocol: number
  readonly transport: number
  /** Of a fragment: octets of the datagram before it, and whether more follow. */
  readonly offset: number
  readonly more: boolean
}

/** Walks the extension headers (RFC 8200 §4); one that does not fit ends the walk. */
function extensions(scope: Scope, ip: Layer, at: number, end: number): Upper {
  const { v } = scope
  let protocol = v.getUint8(at + 6)
  let transport = at + HEADER_LEN
  while (protocol === FRAGMENT || EXTENSIONS.has(protocol)) {
    const length = end - transport < 8 ? 0 : lengthOf(v, protocol, transport)
    if (length === 0 || transport + length > end) {
      complain(scope, 'ipv6-bad-extension')
      return { protocol: NO_NEXT_HEADER, transport, offset: 0, more: false }
    }
    if (protocol === FRAGMENT) return fragment(scope, ip, transport)
    const name = EXTENSIONS.get(protocol)!
    protocol = v.getUint8(transport)
    add(ip, `ipv6.${name}.nxt`, protocol, transport, 1)
    add(ip, `ipv6.${name}.len`, v.getUint8(transport + 1), transport + 1, 1)
    transport += length
  }
  return { protocol, transport, offset: 0, more: false }
}

const lengthOf = (v: DataView, protocol: number, at: number): number =>
  protocol === FRAGMENT ? 8 : (v.getUint8(at + 1) + 1) * 8

function fragment({ v }: Scope, ip: Layer, at: number): Upper {
  const protocol = v.getUint8(at)
  const word = v.getUint16(at + 2)
  const more = (word & 1) === 1
  add(ip, 'ipv6.fraghdr.nxt', protocol, at, 1)
  add(ip, 'ipv6.fraghdr.reserved_octet', v.getUint8(at + 1), at + 1, 1)
  add(ip, 'ipv6.fraghdr.offset', word >> 3, at + 2, 2)
  add(ip, 'ipv6.fraghdr.reserved_bits', (word >> 1) & 3, at + 2, 2)
  add(ip, 'ipv6.fraghdr.more', more, at + 2, 2)
  add(ip, 'ipv6.fraghdr.ident', v.getUint32(at + 4), at + 4, 4)
  return { protocol, transport: at + 8, offset: word & 0xfff8, more }
}

function carry(protocol: number, carried: Carried): void {
  if (protocol === TCP) dissectTcp(carried)
  else if (protocol === UDP) dissectUdp(carried, true)
  else if (protocol === ICMPV6) dissectIcmpv6(carried, dissectIpv6)
  else data(carried.scope, carried.into, carried.at, carried.end)
}
