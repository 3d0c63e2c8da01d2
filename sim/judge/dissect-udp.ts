import { type Carried, data } from './carried.ts'
import { dissectDns } from './dissect-dns.ts'
import { add, BAD, complain, GOOD, NOT_PRESENT, openLayer, UNVERIFIED } from './dissection.ts'
import { onesSum } from './internet-sum.ts'

const HEADER_LEN = 8
const PORT_DNS = 53

/** UDP (RFC 768). `ipv6`: a checksum of zero is then forbidden (RFC 8200 §8.1). */
export function dissectUdp(carried: Carried, ipv6 = false): void {
  const { scope, at, end, whole, into } = carried
  const { v, bytes } = scope
  if (end - at < HEADER_LEN) {
    complain(scope, 'udp-truncated')
    return
  }
  const udp = openLayer(into, 'udp', at, at + HEADER_LEN)
  const length = v.getUint16(at + 4)
  const checksum = v.getUint16(at + 6)
  const srcPort = v.getUint16(at)
  const dstPort = v.getUint16(at + 2)
  add(udp, 'udp.srcport', srcPort, at, 2)
  add(udp, 'udp.dstport', dstPort, at + 2, 2)
  add(udp, 'udp.length', length, at + 4, 2)
  add(udp, 'udp.checksum', checksum, at + 6, 2)
  let status = UNVERIFIED
  if (whole && length !== end - at) complain(scope, 'udp-bad-length')
  else if (checksum === 0) {
    status = NOT_PRESENT
    if (ipv6) complain(scope, 'udp-no-checksum')
  } else if (whole) {
    status = onesSum(bytes, at, end, carried.pseudo) === 0xffff ? GOOD : BAD
    if (status === BAD) complain(scope, 'udp-bad-checksum')
  }
  add(udp, 'udp.checksum.status', status, at + 6, 0)
  const payload = at + HEADER_LEN
  if (end <= payload) return
  add(udp, 'udp.payload', bytes.subarray(payload, end), payload, end - payload)
  if (srcPort === PORT_DNS || dstPort === PORT_DNS) dissectDns(scope, payload, end, into)
  else data(scope, into, payload, end)
}
