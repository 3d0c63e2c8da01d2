/**
 * IPv6 header and its extension headers, read and rewritten in place (RFC 8200 §3, §4).
 *
 * `v` is the frame's one DataView, `at` the octet offset of the header in it. Addresses are read
 * and written through the run's AddressBook at the offsets `SRC` and `DST`. Call `check()` once per
 * received frame: it proves that header and payload lie inside the frame.
 */

export const HEADER_LEN = 40
/** Every link carries at least this much (RFC 8200 §5). */
export const MIN_MTU = 1280

/** Offsets of the addresses within the header. */
export const SRC = 8
export const DST = 24

export const HOP_BY_HOP = 0
export const TCP = 6
export const UDP = 17
export const ROUTING = 43
export const FRAGMENT = 44
export const ICMPV6 = 58
export const NO_NEXT_HEADER = 59
export const DESTINATION_OPTIONS = 60

export const FRAGMENT_LEN = 8
/** The "more fragments" bit of a fragment header's offset field. */
export const MORE = 1

export const trafficClass = (v: DataView, at: number): number => (v.getUint16(at) >> 4) & 0xff
export const flowLabel = (v: DataView, at: number): number => v.getUint32(at) & 0xfffff
export const payloadLen = (v: DataView, at: number): number => v.getUint16(at + 4)
export const nextHeader = (v: DataView, at: number): number => v.getUint8(at + 6)
export const hopLimit = (v: DataView, at: number): number => v.getUint8(at + 7)

export type Problem = 'ipv6-truncated' | 'ipv6-bad-version' | 'ipv6-bad-length'

/** Why the header at `at` cannot be read, or `undefined` when every accessor is safe. */
export function check(v: DataView, at: number, end: number): Problem | undefined {
  if (end - at < HEADER_LEN) return 'ipv6-truncated'
  if (v.getUint8(at) >> 4 !== 6) return 'ipv6-bad-version'
  if (at + HEADER_LEN + v.getUint16(at + 4) > end) return 'ipv6-bad-length'
  return undefined
}

/** Writes the first eight octets; the addresses are written by the AddressBook. */
export function write(
  v: DataView,
  at: number,
  traffic: number,
  label: number,
  payload: number,
  next: number,
  limit: number,
): void {
  v.setUint32(at, ((0x600 | traffic) << 20) | label)
  v.setUint32(at + 4, payload * 0x1_0000 + (next << 8) + limit)
}

export function setPayloadLen(v: DataView, at: number, payload: number): void {
  v.setUint16(at + 4, payload)
}

export function setNextHeader(v: DataView, at: number, next: number): void {
  v.setUint8(at + 6, next)
}

/** Lowers the hop limit by one; the caller has seen that it is above 1. */
export function decrementHopLimit(v: DataView, at: number): void {
  v.setUint8(at + 7, v.getUint8(at + 7) - 1)
}

/** Next-header field, "more" bit, offset in octets and identification of a fragment header. */
export const fragmentNext = (v: DataView, at: number): number => v.getUint8(at)
export const fragmentOffset = (v: DataView, at: number): number => v.getUint16(at + 2) & 0xfff8
export const fragmentMore = (v: DataView, at: number): boolean => (v.getUint16(at + 2) & MORE) !== 0
export const fragmentId = (v: DataView, at: number): number => v.getUint32(at + 4)

/** Writes a fragment header; `offset` in octets, a multiple of eight. */
export function writeFragment(
  v: DataView,
  at: number,
  next: number,
  offset: number,
  more: boolean,
  id: number,
): void {
  v.setUint16(at, next << 8)
  v.setUint16(at + 2, offset | (more ? MORE : 0))
  v.setUint32(at + 4, id)
}

/** No upper-layer header can be found: an extension header does not fit the packet. */
export const MALFORMED = -1

/**
 * What follows the header and the extension headers that every packet may carry (hop-by-hop,
 * routing, destination options): its offset x 256 + its protocol number. A fragment header ends the
 * walk, for what follows it is only part of a packet. `MALFORMED` when a header does not fit.
 */
export function walk(v: DataView, at: number, end: number): number {
  let protocol = v.getUint8(at + 6)
  let offset = at + HEADER_LEN
  while (protocol === HOP_BY_HOP || protocol === ROUTING || protocol === DESTINATION_OPTIONS) {
    if (end - offset < 8) return MALFORMED
    const length = (v.getUint8(offset + 1) + 1) * 8
    protocol = v.getUint8(offset)
    offset += length
    if (offset > end) return MALFORMED
  }
  if (protocol === FRAGMENT && end - offset < FRAGMENT_LEN) return MALFORMED
  return offset * 256 + protocol
}

/** The two halves of what `walk` returns. */
export const walkOffset = (walked: number): number => Math.floor(walked / 256)
export const walkProtocol = (walked: number): number => walked & 0xff

/** Offset of the "next header" octet that announces the header at `upper`, where `walk` ended. */
export function announcedAt(v: DataView, at: number, upper: number): number {
  let next = at + 6
  let offset = at + HEADER_LEN
  while (offset < upper) {
    next = offset
    offset += (v.getUint8(offset + 1) + 1) * 8
  }
  return next
}

/**
 * Offset of the first header that is not repeated in each fragment of a packet: it follows the
 * hop-by-hop options and the routing header (RFC 8200 §4.5). `upper` is where `walk` ended.
 */
export function fragmentableAt(v: DataView, at: number, upper: number): number {
  let type = v.getUint8(at + 6)
  let offset = at + HEADER_LEN
  let found = offset
  while (offset < upper) {
    const repeated = type === HOP_BY_HOP || type === ROUTING
    type = v.getUint8(offset)
    offset += (v.getUint8(offset + 1) + 1) * 8
    if (repeated) found = offset
  }
  return found
}
