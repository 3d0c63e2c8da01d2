import { type Carried, data, TCP, UDP } from './carried.ts'
import { dissectTcp } from './dissect-tcp.ts'
import { dissectUdp } from './dissect-udp.ts'
import { add, BAD, complain, GOOD, type Layer, openLayer, type Scope } from './dissection.ts'
import { onesSum, pseudoHeader } from './internet-sum.ts'

const HEADER_LEN = 40
const FRAGMENT = 44
const ICMPV6 = 58

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
  let protocol = v.getUint8(at + 6)
  let transport = at + HEADER_LEN
  let whole = announced <= limit
  if (protocol === FRAGMENT && transport + 8 <= end) {
    protocol = v.getUint8(transport)
    const fragment = v.getUint16(transport + 2)
    whole &&= (fragment & 0xfff9) === 0
    transport += 8
    if (fragment >> 3 !== 0) {
      data(scope, into, transport, end)
      return end
    }
  }
  const addresses = bytes.subarray(at + 8, at + 40)
  const pseudo = pseudoHeader(addresses, protocol, announced - transport)
  carry(protocol, { scope, at: transport, end, whole, pseudo, into })
  return end
}

function carry(protocol: number, carried: Carried): void {
  if (protocol === TCP) dissectTcp(carried)
  else if (protocol === UDP) dissectUdp(carried, true)
  else if (protocol === ICMPV6) dissectIcmpv6(carried)
  else data(carried.scope, carried.into, carried.at, carried.end)
}

/** ICMPv6 (RFC 4443) and neighbour discovery (RFC 4861). */
function dissectIcmpv6(carried: Carried): void {
  const { scope, at, end, whole, into } = carried
  const { v, bytes } = scope
  if (end - at < 8) {
    complain(scope, 'icmpv6-truncated')
    return
  }
  const type = v.getUint8(at)
  const icmp = openLayer(into, 'icmpv6', at, end)
  add(icmp, 'icmpv6.type', type, at, 1)
  add(icmp, 'icmpv6.code', v.getUint8(at + 1), at + 1, 1)
  add(icmp, 'icmpv6.checksum', v.getUint16(at + 2), at + 2, 2)
  if (whole) {
    const sound = onesSum(bytes, at, end, carried.pseudo) === 0xffff
    add(icmp, 'icmpv6.checksum.status', sound ? GOOD : BAD, at + 2, 0)
    if (!sound) complain(scope, 'icmpv6-bad-checksum')
  }
  if (type < 128) {
    if (type === 2) add(icmp, 'icmpv6.mtu', v.getUint32(at + 4), at + 4, 4)
    if (type === 4) add(icmp, 'icmpv6.pointer', v.getUint32(at + 4), at + 4, 4)
    dissectIpv6({ ...scope, quoted: true }, at + 8, end, icmp.quoted)
  } else if (type === 128 || type === 129) {
    add(icmp, 'icmpv6.echo.identifier', v.getUint16(at + 4), at + 4, 2)
    add(icmp, 'icmpv6.echo.sequence_number', v.getUint16(at + 6), at + 6, 2)
    data(scope, into, at + 8, end)
  } else if ((type === 135 || type === 136) && end - at >= 24) neighbour(scope, icmp, type, at, end)
}

function neighbour(scope: Scope, icmp: Layer, type: number, at: number, end: number): void {
  const { v, bytes } = scope
  const target = bytes.slice(at + 8, at + 24)
  if (type === 136) {
    const flags = v.getUint32(at + 4)
    add(icmp, 'icmpv6.nd.na.flag', flags, at + 4, 4)
    add(icmp, 'icmpv6.nd.na.flag.r', flags >>> 31, at + 4, 4)
    add(icmp, 'icmpv6.nd.na.flag.s', (flags >>> 30) & 1, at + 4, 4)
    add(icmp, 'icmpv6.nd.na.flag.o', (flags >>> 29) & 1, at + 4, 4)
    add(icmp, 'icmpv6.nd.na.target_address', target, at + 8, 16)
  } else add(icmp, 'icmpv6.nd.ns.target_address', target, at + 8, 16)
  for (let i = at + 24; i + 8 <= end; ) {
    const length = v.getUint8(i + 1) * 8
    if (length === 0 || i + length > end) {
      complain(scope, 'icmpv6-bad-option')
      return
    }
    add(icmp, 'icmpv6.opt.type', v.getUint8(i), i, 1)
    add(icmp, 'icmpv6.opt.length', v.getUint8(i + 1), i + 1, 1)
    if (v.getUint8(i) <= 2) add(icmp, 'icmpv6.opt.linkaddr', bytes.slice(i + 2, i + 8), i + 2, 6)
    i += length
  }
}
