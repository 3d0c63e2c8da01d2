import { type Carried, data } from './carried.ts'
import {
  add,
  BAD,
  complain,
  GOOD,
  type Layer,
  openLayer,
  type Scope,
  UNVERIFIED,
} from './dissection.ts'
import { onesSum } from './internet-sum.ts'

const HEADER_LEN = 8
const TOO_BIG = 2
const PARAMETER = 4
/** Types below are errors and quote a packet (RFC 4443 §2.1). */
const FIRST_QUESTION = 128
const ECHO_REQUEST = 128
const ECHO_REPLY = 129
const ROUTER_SOLICITATION = 133
const ROUTER_ADVERTISEMENT = 134
const NEIGHBOUR_SOLICITATION = 135
const NEIGHBOUR_ADVERTISEMENT = 136
const REDIRECT = 137
/** Octets of each message of discovery before its options (RFC 4861 §4). */
const DISCOVERY_LEN: ReadonlyMap<number, number> = new Map([
  [ROUTER_SOLICITATION, 8],
  [ROUTER_ADVERTISEMENT, 16],
  [NEIGHBOUR_SOLICITATION, 24],
  [NEIGHBOUR_ADVERTISEMENT, 24],
  [REDIRECT, 40],
])
const SOURCE_LINK = 1
const TARGET_LINK = 2
const PREFIX = 3
const REDIRECTED = 4
const MTU = 5

type QuoteDecoder = (scope: Scope, at: number, end: number, into: Layer[]) => number

/** ICMPv6 (RFC 4443) and neighbour discovery (RFC 4861). */
export function dissectIcmpv6(carried: Carried, quote: QuoteDecoder): void {
  const { scope, at, end, whole, into } = carried
  const { v, bytes } = scope
  if (end - at < HEADER_LEN) {
    complain(scope, 'icmpv6-truncated')
    return
  }
  const type = v.getUint8(at)
  const icmp = openLayer(into, 'icmpv6', at, end)
  add(icmp, 'icmpv6.type', type, at, 1)
  add(icmp, 'icmpv6.code', v.getUint8(at + 1), at + 1, 1)
  add(icmp, 'icmpv6.checksum', v.getUint16(at + 2), at + 2, 2)
  // What an error quotes Wireshark does not verify, though it may be whole.
  if (whole && !scope.quoted) {
    const sound = onesSum(bytes, at, end, carried.pseudo) === 0xffff
    add(icmp, 'icmpv6.checksum.status', sound ? GOOD : BAD, at + 2, 0)
    if (!sound) complain(scope, 'icmpv6-bad-checksum')
  } else add(icmp, 'icmpv6.checksum.status', UNVERIFIED, at + 2, 0)
  if (type < FIRST_QUESTION) {
    if (type === TOO_BIG) add(icmp, 'icmpv6.mtu', v.getUint32(at + 4), at + 4, 4)
    else if (type === PARAMETER) add(icmp, 'icmpv6.pointer', v.getUint32(at + 4), at + 4, 4)
    else reserved(scope, icmp, at + 4)
    quote({ ...scope, quoted: true }, at + HEADER_LEN, end, icmp.quoted)
  } else if (type === ECHO_REQUEST || type === ECHO_REPLY) {
    add(icmp, 'icmpv6.echo.identifier', v.getUint16(at + 4), at + 4, 2)
    add(icmp, 'icmpv6.echo.sequence_number', v.getUint16(at + 6), at + 6, 2)
    data(scope, into, at + HEADER_LEN, end)
  } else discovery(scope, icmp, at, end, quote)
}

function reserved(scope: Scope, icmp: Layer, at: number): void {
  add(icmp, 'icmpv6.reserved', scope.bytes.subarray(at, at + 4), at, 4)
}

function discovery(scope: Scope, icmp: Layer, at: number, end: number, quote: QuoteDecoder): void {
  const { v } = scope
  const type = v.getUint8(at)
  const length = DISCOVERY_LEN.get(type)
  if (length === undefined) {
    complain(scope, 'icmpv6-unknown-type')
    return
  }
  if (end - at < length) {
    complain(scope, 'icmpv6-truncated')
    return
  }
  if (type === ROUTER_ADVERTISEMENT) routerAdvertisement(scope, icmp, at)
  else if (type === NEIGHBOUR_ADVERTISEMENT) neighbourAdvertisement(scope, icmp, at)
  else {
    reserved(scope, icmp, at + 4)
    if (type === NEIGHBOUR_SOLICITATION) {
      address(scope, icmp, 'icmpv6.nd.ns.target_address', at + 8)
    } else if (type === REDIRECT) {
      address(scope, icmp, 'icmpv6.nd.rd.target_address', at + 8)
      address(scope, icmp, 'icmpv6.rd.na.destination_address', at + 24)
    }
  }
  for (let i = at + length; i < end; ) {
    const octets = i + 2 <= end ? v.getUint8(i + 1) * 8 : 0
    if (octets === 0 || i + octets > end) {
      complain(scope, 'icmpv6-bad-option')
      return
    }
    option(scope, icmp, i, octets, quote)
    i += octets
  }
}

function address(scope: Scope, icmp: Layer, name: string, at: number): void {
  add(icmp, name, scope.bytes.slice(at, at + 16), at, 16)
}

function routerAdvertisement({ v }: Scope, icmp: Layer, at: number): void {
  const flags = v.getUint8(at + 5)
  add(icmp, 'icmpv6.nd.ra.cur_hop_limit', v.getUint8(at + 4), at + 4, 1)
  add(icmp, 'icmpv6.nd.ra.flag', flags, at + 5, 1)
  add(icmp, 'icmpv6.nd.ra.flag.m', flags >> 7, at + 5, 1)
  add(icmp, 'icmpv6.nd.ra.flag.o', (flags >> 6) & 1, at + 5, 1)
  add(icmp, 'icmpv6.nd.ra.router_lifetime', v.getUint16(at + 6), at + 6, 2)
  add(icmp, 'icmpv6.nd.ra.reachable_time', v.getUint32(at + 8), at + 8, 4)
  add(icmp, 'icmpv6.nd.ra.retrans_timer', v.getUint32(at + 12), at + 12, 4)
}

function neighbourAdvertisement(scope: Scope, icmp: Layer, at: number): void {
  const flags = scope.v.getUint32(at + 4)
  add(icmp, 'icmpv6.nd.na.flag', flags, at + 4, 4)
  add(icmp, 'icmpv6.nd.na.flag.r', flags >>> 31, at + 4, 4)
  add(icmp, 'icmpv6.nd.na.flag.s', (flags >>> 30) & 1, at + 4, 4)
  add(icmp, 'icmpv6.nd.na.flag.o', (flags >>> 29) & 1, at + 4, 4)
  address(scope, icmp, 'icmpv6.nd.na.target_address', at + 8)
}

function option(scope: Scope, icmp: Layer, at: number, octets: number, quote: QuoteDecoder): void {
  const { v, bytes } = scope
  const kind = v.getUint8(at)
  add(icmp, 'icmpv6.opt.type', kind, at, 1)
  add(icmp, 'icmpv6.opt.length', v.getUint8(at + 1), at + 1, 1)
  if (kind === SOURCE_LINK || kind === TARGET_LINK) {
    const mac = bytes.slice(at + 2, at + 8)
    const side = kind === SOURCE_LINK ? 'src' : 'target'
    add(icmp, 'icmpv6.opt.linkaddr', mac, at + 2, 6)
    add(icmp, `icmpv6.opt.${side}_linkaddr`, mac, at + 2, 6)
  } else if (kind === PREFIX && octets === 32) {
    add(icmp, 'icmpv6.opt.prefix.length', v.getUint8(at + 2), at + 2, 1)
    add(icmp, 'icmpv6.opt.prefix.valid_lifetime', v.getUint32(at + 4), at + 4, 4)
    add(icmp, 'icmpv6.opt.prefix.preferred_lifetime', v.getUint32(at + 8), at + 8, 4)
    address(scope, icmp, 'icmpv6.opt.prefix', at + 16)
  } else if (kind === MTU && octets === 8) {
    add(icmp, 'icmpv6.opt.mtu', v.getUint32(at + 4), at + 4, 4)
  } else if (kind === REDIRECTED) {
    quote({ ...scope, quoted: true }, at + 8, at + octets, icmp.quoted)
  }
}
