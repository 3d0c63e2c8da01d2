import { fold, pseudoSum, sumOf, update16, update32 } from './checksum.ts'

/**
 * UDP header, read and rewritten in place (RFC 768, RFC 8200 §8.1). `at` is the offset of the
 * header; `source` and `destination` are as `pseudoSum` takes them.
 */

export const HEADER_LEN = 8

export const srcPort = (v: DataView, at: number): number => v.getUint16(at)
export const dstPort = (v: DataView, at: number): number => v.getUint16(at + 2)
export const length = (v: DataView, at: number): number => v.getUint16(at + 4)
export const checksum = (v: DataView, at: number): number => v.getUint16(at + 6)

export type Problem = 'udp-truncated' | 'udp-bad-length' | 'udp-bad-checksum'

/** Why the datagram at `at` cannot be read, or `undefined`. `end`: where the IP packet ends. */
export function check(
  bytes: Uint8Array,
  v: DataView,
  words: Uint16Array,
  at: number,
  end: number,
  source: number,
  destination: number,
  family = 4,
): Problem | undefined {
  if (end - at < HEADER_LEN) return 'udp-truncated'
  const len = v.getUint16(at + 4)
  if (len < HEADER_LEN || at + len > end) return 'udp-bad-length'
  // RFC 768: an all-zero checksum means that the sender generated none.
  // IPv6 knows no such thing (RFC 8200 §8.1).
  if (v.getUint16(at + 6) === 0) return family === 4 ? undefined : 'udp-bad-checksum'
  const sum = fold(sumOf(bytes, words, at, len) + pseudoSum(source, destination, 17, len))
  return sum === 0xffff ? undefined : 'udp-bad-checksum'
}

/** Writes the header and the checksum over header and payload, which must already lie behind it. */
export function write(
  bytes: Uint8Array,
  v: DataView,
  words: Uint16Array,
  at: number,
  from: number,
  to: number,
  len: number,
  source: number,
  destination: number,
): void {
  v.setUint16(at, from)
  v.setUint16(at + 2, to)
  v.setUint16(at + 4, len)
  v.setUint16(at + 6, 0)
  const sum = ~fold(sumOf(bytes, words, at, len) + pseudoSum(source, destination, 17, len)) & 0xffff
  // RFC 768: a computed zero is sent as all ones.
  v.setUint16(at + 6, sum === 0 ? 0xffff : sum)
}

/** Mends the checksum after an address of the pseudo header changed; "none" stays "none". */
export function addressChanged(v: DataView, at: number, from: number, to: number): void {
  const old = v.getUint16(at + 6)
  if (old === 0) return
  const sum = update32(old, from, to)
  v.setUint16(at + 6, sum === 0 ? 0xffff : sum)
}

export function rewriteSrcPort(v: DataView, at: number, to: number): void {
  rewritePort(v, at, at, to)
}

export function rewriteDstPort(v: DataView, at: number, to: number): void {
  rewritePort(v, at, at + 2, to)
}

function rewritePort(v: DataView, at: number, field: number, to: number): void {
  const from = v.getUint16(field)
  v.setUint16(field, to)
  const old = v.getUint16(at + 6)
  if (old === 0) return
  const sum = update16(old, from, to)
  v.setUint16(at + 6, sum === 0 ? 0xffff : sum)
}
