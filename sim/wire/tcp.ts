import { fold, pseudoSum, sumOf, update16, update32 } from './checksum.ts'

/**
 * TCP header, read and rewritten in place (RFC 9293 §3.1). `at` is the offset of the header.
 * Sequence numbers are unsigned 32-bit numbers.
 */

export const MIN_LEN = 20

export const FIN = 0x01
export const SYN = 0x02
export const RST = 0x04
export const PSH = 0x08
export const ACK = 0x10
export const URG = 0x20
export const ECE = 0x40
export const CWR = 0x80

export const srcPort = (v: DataView, at: number): number => v.getUint16(at)
export const dstPort = (v: DataView, at: number): number => v.getUint16(at + 2)
/** Source and destination port as one unsigned 32-bit number. */
export const ports = (v: DataView, at: number): number => v.getUint32(at)
export const sequence = (v: DataView, at: number): number => v.getUint32(at + 4)
export const acknowledgment = (v: DataView, at: number): number => v.getUint32(at + 8)
/** Octets of the header, options included. */
export const headerLen = (v: DataView, at: number): number => (v.getUint8(at + 12) >> 4) * 4
export const flags = (v: DataView, at: number): number => v.getUint8(at + 13)
export const window = (v: DataView, at: number): number => v.getUint16(at + 14)
export const checksum = (v: DataView, at: number): number => v.getUint16(at + 16)

export type Problem = 'tcp-truncated' | 'tcp-bad-offset' | 'tcp-bad-checksum'

/** Why the segment at `at` cannot be read, or `undefined`. `end`: where the IP packet ends. */
export function check(
  bytes: Uint8Array,
  v: DataView,
  words: Uint16Array,
  at: number,
  end: number,
  source: number,
  destination: number,
): Problem | undefined {
  if (end - at < MIN_LEN) return 'tcp-truncated'
  const header = (v.getUint8(at + 12) >> 4) * 4
  if (header < MIN_LEN || at + header > end) return 'tcp-bad-offset'
  const len = end - at
  const sum = fold(sumOf(bytes, words, at, len) + pseudoSum(source, destination, 6, len))
  return sum === 0xffff ? undefined : 'tcp-bad-checksum'
}

/** Writes the fixed 20 octets; options of `header - 20` octets must be written by the caller. */
export function write(
  v: DataView,
  at: number,
  from: number,
  to: number,
  seq: number,
  ack: number,
  header: number,
  bits: number,
  win: number,
): void {
  v.setUint16(at, from)
  v.setUint16(at + 2, to)
  v.setUint32(at + 4, seq)
  v.setUint32(at + 8, ack)
  v.setUint16(at + 12, (header << 10) | bits)
  v.setUint16(at + 14, win)
  v.setUint32(at + 16, 0)
}

/** Computes and writes the checksum over the whole segment of `len` octets. */
export function writeChecksum(
  bytes: Uint8Array,
  v: DataView,
  words: Uint16Array,
  at: number,
  len: number,
  source: number,
  destination: number,
): void {
  v.setUint16(at + 16, 0)
  const sum = fold(sumOf(bytes, words, at, len) + pseudoSum(source, destination, 6, len))
  v.setUint16(at + 16, ~sum & 0xffff)
}

/** Mends the checksum after an address of the pseudo header changed. */
export function addressChanged(v: DataView, at: number, from: number, to: number): void {
  v.setUint16(at + 16, update32(v.getUint16(at + 16), from, to))
}

export function rewriteSrcPort(v: DataView, at: number, to: number): void {
  v.setUint16(at + 16, update16(v.getUint16(at + 16), v.getUint16(at), to))
  v.setUint16(at, to)
}

export function rewriteDstPort(v: DataView, at: number, to: number): void {
  v.setUint16(at + 16, update16(v.getUint16(at + 16), v.getUint16(at + 2), to))
  v.setUint16(at + 2, to)
}
