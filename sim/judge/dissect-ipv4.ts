import { type Carried, data, TCP, UDP } from './carried.ts'
import { dissectIcmp } from './dissect-icmp.ts'
import { dissectTcp } from './dissect-tcp.ts'
import { dissectUdp } from './dissect-udp.ts'
import { add, BAD, complain, GOOD, type Layer, openLayer, type Scope } from './dissection.ts'
import { onesSum, pseudoHeader } from './internet-sum.ts'

const MIN_LEN = 20
const ICMP = 1

/** IPv4 (RFC 791). Returns where the packet ends, as far as the frame holds it. */
export function dissectIpv4(scope: Scope, at: number, limit: number, into: Layer[]): number {
  const { v, bytes } = scope
  const available = limit - at
  if (available < MIN_LEN) {
    complain(scope, 'ipv4-truncated')
    return limit
  }
  const headerLen = (v.getUint8(at) & 15) * 4
  const totalLen = v.getUint16(at + 2)
  const end = Math.min(limit, at + totalLen)
  const ip = openLayer(into, 'ip', at, Math.max(at + MIN_LEN, Math.min(at + headerLen, limit)))
  headerFields(scope, ip, at)
  if (v.getUint8(at) >> 4 !== 4) return refuse(scope, 'ipv4-bad-version', limit)
  if (headerLen < MIN_LEN || headerLen > available) return refuse(scope, 'ipv4-bad-ihl', limit)
  if (totalLen < headerLen) return refuse(scope, 'ipv4-bad-length', limit)
  if (totalLen > available && !scope.quoted) complain(scope, 'ipv4-truncated')
  const sound = onesSum(bytes, at, at + headerLen, 0) === 0xffff
  add(ip, 'ip.checksum.status', sound ? GOOD : BAD, at + 10, 0)
  if (!sound) complain(scope, 'ipv4-bad-checksum')
  const fragment = v.getUint16(at + 6)
  const whole = at + totalLen <= limit && (fragment & 0x3fff) === 0
  const protocol = v.getUint8(at + 9)
  const transport = at + headerLen
  if ((fragment & 0x1fff) !== 0) {
    data(scope, into, transport, end)
    return end
  }
  const pseudo = pseudoHeader(bytes.subarray(at + 12, at + 20), protocol, totalLen - headerLen)
  carry(protocol, { scope, at: transport, end, whole, pseudo, into })
  return end
}

function refuse(scope: Scope, problem: string, limit: number): number {
  complain(scope, problem)
  return limit
}

function headerFields(scope: Scope, ip: Layer, at: number): void {
  const { v } = scope
  const first = v.getUint8(at)
  const service = v.getUint8(at + 1)
  const fragment = v.getUint16(at + 6)
  add(ip, 'ip.version', first >> 4, at, 1)
  add(ip, 'ip.hdr_len', (first & 15) * 4, at, 1)
  add(ip, 'ip.dsfield', service, at + 1, 1)
  add(ip, 'ip.dsfield.dscp', service >> 2, at + 1, 1)
  add(ip, 'ip.dsfield.ecn', service & 3, at + 1, 1)
  add(ip, 'ip.len', v.getUint16(at + 2), at + 2, 2)
  add(ip, 'ip.id', v.getUint16(at + 4), at + 4, 2)
  add(ip, 'ip.flags', fragment >> 13, at + 6, 1)
  add(ip, 'ip.flags.rb', fragment >> 15, at + 6, 1)
  add(ip, 'ip.flags.df', (fragment >> 14) & 1, at + 6, 1)
  add(ip, 'ip.flags.mf', (fragment >> 13) & 1, at + 6, 1)
  add(ip, 'ip.frag_offset', fragment & 0x1fff, at + 6, 2)
  add(ip, 'ip.ttl', v.getUint8(at + 8), at + 8, 1)
  add(ip, 'ip.proto', v.getUint8(at + 9), at + 9, 1)
  add(ip, 'ip.checksum', v.getUint16(at + 10), at + 10, 2)
  add(ip, 'ip.src', v.getUint32(at + 12), at + 12, 4)
  add(ip, 'ip.dst', v.getUint32(at + 16), at + 16, 4)
}

function carry(protocol: number, carried: Carried): void {
  if (protocol === TCP) dissectTcp(carried)
  else if (protocol === UDP) dissectUdp(carried)
  else if (protocol === ICMP) dissectIcmp(carried, dissectIpv4)
  else data(carried.scope, carried.into, carried.at, carried.end)
}
