/** Hashes of one 32-bit word in which every bit of the input moves about half of the result. */

/** Bob Jenkins's integer hash with six shifts, times 3 x 2^30 + 1 (HAProxy's `avalanche`). */
export function avalanche(word: number): number {
  let a = word | 0
  a = (a + 0x7ed55d16 + (a << 12)) | 0
  a = a ^ 0xc761c23c ^ (a >>> 19)
  a = (a + 0x165667b1 + (a << 5)) | 0
  a = (a + 0xd3a2646c) ^ (a << 9)
  a = (a + 0xfd7046c5 + (a << 3)) | 0
  a = a ^ 0xb55a4f09 ^ (a >>> 16)
  return Math.imul(a, 0xc000_0001) >>> 0
}

/** The end of MurmurHash3 (Austin Appleby, public domain). */
export function murmurEnd(word: number): number {
  let a = word
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b)
  a = Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
  return (a ^ (a >>> 16)) >>> 0
}
