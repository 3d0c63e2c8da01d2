import { fold, sumOf, update16, update32 } from './checksum.ts'

/**
 * IPv4 header, read and rewritten in place (RFC 791 §3.1).
 *
 * `v` is the frame's one DataView, `at` the octet offset of the header in it. Addresses are
 * unsigned 32-bit numbers. Call `check()` once per received frame: it proves that the header and
 * the total length lie inside the frame, so the accessors need no checks of their own.
 */

export const MIN_LEN = 20
export const ICMP = 1
export const TCP = 6
export const UDP = 17

/** The "don't fragment" bit of the flags-and-offset field. */
export const DF = 0x4000
export const MF = 0x2000

export const headerLen = (v: DataView, at: number): number => (v.getUint8(at) & 0x0f) * 4
export const tos = (v: DataView, at: number): number => v.getUint8(at + 1)
export const totalLen = (v: DataView, at: number): number => v.getUint16(at + 2)
export const id = (v: DataView, at: number): number => v.getUint16(at + 4)
/** Flags and fragment offset as one 16-bit field. */
export const fragment = (v: DataView, at: number): number => v.getUint16(at + 6)
export const isFragment = (v: DataView, at: number): boolean => (v.getUint16(at + 6) & 0x3fff) !== 0
export const ttl = (v: DataView, at: number): number => v.getUint8(at + 8)
export const protocol = (v: DataView, at: number): number => v.getUint8(at + 9)
export const checksum = (v: DataView, at: number): number => v.getUint16(at + 10)
export const src = (v: DataView, at: number): number => v.getUint32(at + 12)
export const dst = (v: DataView, at: number): number => v.getUint32(at + 16)

export type Problem =
  | 'ipv4-truncated'
  | 'ipv4-bad-version'
  | 'ipv4-bad-ihl'
  | 'ipv4-bad-length'
  | 'ipv4-bad-checksum'

/** Why the header at `at` cannot be read, or `undefined` when every accessor is safe. */
export function check(
  bytes: Uint8Array,
  v: DataView,
  words: Uint16Array,
  at: number,
  end: number,
): Problem | undefined {
  if (end - at < MIN_LEN) return 'ipv4-truncated'
  const first = v.getUint8(at)
  if (first >> 4 !== 4) return 'ipv4-bad-version'
  const length = (first & 0x0f) * 4
  if (length < MIN_LEN || at + length > end) return 'ipv4-bad-ihl'
  const total = v.getUint16(at + 2)
  if (total < length || at + total > end) return 'ipv4-bad-length'
  if (sumOf(bytes, words, at, length) !== 0xffff) return 'ipv4-bad-checksum'
  return undefined
}

/** Writes a header of 20 octets, checksum included. `flags` is `DF`, `MF` or 0, with the offset. */
export function write(
  v: DataView,
  at: number,
  typeOfService: number,
  total: number,
  ident: number,
  flags: number,
  timeToLive: number,
  proto: number,
  source: number,
  destination: number,
): void {
  const first = 0x4500 | typeOfService
  const fifth = (timeToLive << 8) | proto
  v.setUint16(at, first)
  v.setUint16(at + 2, total)
  v.setUint16(at + 4, ident)
  v.setUint16(at + 6, flags)
  v.setUint16(at + 8, fifth)
  const sum =
    first +
    total +
    ident +
    flags +
    fifth +
    (source >>> 16) +
    (source & 0xffff) +
    (destination >>> 16) +
    (destination & 0xffff)
  v.setUint16(at + 10, ~fold(sum) & 0xffff)
  v.setUint32(at + 12, source)
  v.setUint32(at + 16, destination)
}

/** Replaces total length and the flags-and-offset field, and computes the header checksum anew. */
export function setLengthAndFragment(
  bytes: Uint8Array,
  v: DataView,
  words: Uint16Array,
  at: number,
  total: number,
  flagsAndOffset: number,
): void {
  v.setUint16(at + 2, total)
  v.setUint16(at + 6, flagsAndOffset)
  v.setUint16(at + 10, 0)
  v.setUint16(at + 10, ~sumOf(bytes, words, at, headerLen(v, at)) & 0xffff)
}

/** Lowers the TTL by one and mends the header checksum; the caller has seen that it is above 1. */
export function decrementTtl(v: DataView, at: number): void {
  const before = v.getUint16(at + 8)
  v.setUint16(at + 8, before - 0x100)
  v.setUint16(at + 10, update16(v.getUint16(at + 10), before, before - 0x100))
}

/** Replaces the source address and mends the header checksum (not the transport's). */
export function rewriteSrc(v: DataView, at: number, to: number): void {
  v.setUint16(at + 10, update32(v.getUint16(at + 10), v.getUint32(at + 12), to))
  v.setUint32(at + 12, to)
}

/** Replaces the destination address and mends the header checksum (not the transport's). */
export function rewriteDst(v: DataView, at: number, to: number): void {
  v.setUint16(at + 10, update32(v.getUint16(at + 10), v.getUint32(at + 16), to))
  v.setUint32(at + 16, to)
}
