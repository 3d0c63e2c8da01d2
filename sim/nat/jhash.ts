import { type AddressBook, isIpv6 } from '../wire/address-book.ts'

/**
 * Bob Jenkins's hash of 2006 (lookup3, public domain), as Linux uses it where a choice follows from
 * an address (include/linux/jhash.h). Addresses lie in memory in network order and are read as
 * little-endian words, so that the numbers are those of an x86 machine.
 */

const START = 0xdeadbeef

/** Hash of an address of either family: 4 or 16 octets (nftables `jhash ip saddr`). */
export function hashAddress(addresses: AddressBook, address: number, seed: number): number {
  if (!isIpv6(address)) return hashWord(swap(address), seed)
  const word = (i: number): number => swap(addresses.word(address, i))
  return hashFour(word(0), word(1), word(2), word(3), seed)
}

/** Hash of one word. */
function hashWord(word: number, seed: number): number {
  const start = (START + 4 + seed) | 0
  return finish((start + word) | 0, start, start)
}

/** Hash of four words. */
export function hashFour(w: number, x: number, y: number, z: number, seed: number): number {
  const start = (START + 16 + seed) | 0
  let a = (start + w) | 0
  let b = (start + x) | 0
  let c = (start + y) | 0
  a = ((a - c) | 0) ^ rotated(c, 4)
  c = (c + b) | 0
  b = ((b - a) | 0) ^ rotated(a, 6)
  a = (a + c) | 0
  c = ((c - b) | 0) ^ rotated(b, 8)
  b = (b + a) | 0
  a = ((a - c) | 0) ^ rotated(c, 16)
  c = (c + b) | 0
  b = ((b - a) | 0) ^ rotated(a, 19)
  a = (a + c) | 0
  c = ((c - b) | 0) ^ rotated(b, 4)
  b = (b + a) | 0
  return finish((a + z) | 0, b, c)
}

/** A hash scaled to 0 .. count - 1 (include/linux/kernel.h, reciprocal_scale). */
export function scaled(hash: number, count: number): number {
  return Math.floor((hash * count) / 0x1_0000_0000)
}

/** The four octets of a word in the other order. */
export function swap(word: number): number {
  return ((word >>> 24) | ((word >>> 8) & 0xff00) | ((word << 8) & 0xff_0000) | (word << 24)) >>> 0
}

function finish(first: number, second: number, third: number): number {
  let a = first
  let b = second
  let c = third
  c = ((c ^ b) - rotated(b, 14)) | 0
  a = ((a ^ c) - rotated(c, 11)) | 0
  b = ((b ^ a) - rotated(a, 25)) | 0
  c = ((c ^ b) - rotated(b, 16)) | 0
  a = ((a ^ c) - rotated(c, 4)) | 0
  b = ((b ^ a) - rotated(a, 14)) | 0
  c = ((c ^ b) - rotated(b, 24)) | 0
  return c >>> 0
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by))
}
