import { sumOf } from './checksum.ts'
import { headerLen, MIN_LEN } from './ipv4.ts'

/** Options of the IPv4 header (RFC 791 §3.1), read and written in place. */

export const END = 0
export const NOP = 1
export const RECORD_ROUTE = 7
export const TIMESTAMP = 0x44
export const LOOSE_ROUTE = 0x83
export const STRICT_ROUTE = 0x89
/** This bit of a type says that the option goes into every fragment. */
export const COPIED = 0x80

/** Kinds of TIMESTAMP, the low half of its fourth octet; the high half counts who had no room. */
export const TIMES_ONLY = 0
export const TIMES_AND_ADDRESSES = 1
export const PRESPECIFIED = 3

/** The longest that options can be. */
export const MAX_LEN = 40

/** Computes the header checksum anew. */
export function mendChecksum(bytes: Uint8Array, v: DataView, words: Uint16Array, at: number): void {
  v.setUint16(at + 10, 0)
  v.setUint16(at + 10, ~sumOf(bytes, words, at, headerLen(v, at)) & 0xffff)
}

/**
 * Puts options behind a header of 20 octets, checksum included; what follows has left them room.
 * Their length is a multiple of four.
 */
export function write(
  bytes: Uint8Array,
  v: DataView,
  words: Uint16Array,
  at: number,
  options: Uint8Array,
): void {
  v.setUint8(at, 0x40 | ((MIN_LEN + options.length) / 4))
  bytes.set(options, at + MIN_LEN)
  mendChecksum(bytes, v, words, at)
}

/**
 * Blanks what only the first fragment carries, in the header of a later one; the length stays as it
 * is (Linux ip_options_fragment). The checksum is not mended.
 */
export function keepCopied(v: DataView, at: number): void {
  const end = at + headerLen(v, at)
  for (let o = at + MIN_LEN; o < end; ) {
    const type = v.getUint8(o)
    if (type === END) return
    const length = type === NOP ? 1 : o + 1 < end ? v.getUint8(o + 1) : 0
    if (length === 0 || o + length > end) return
    if ((type & COPIED) === 0) for (let i = 0; i < length; i++) v.setUint8(o + i, NOP)
    o += length
  }
}
