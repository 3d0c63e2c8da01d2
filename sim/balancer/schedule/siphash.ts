/**
 * SipHash-1-3 (one compression round, three final ones) of one unsigned 32-bit word as four octets,
 * least significant first; the low 32 bits of the result. The 128-bit key is the same 64-bit number
 * twice. Aumasson and Bernstein, "SipHash: a fast short-input PRF"; the kernel's hsiphash_1u32 on
 * a 64-bit machine.
 *
 * Each 64-bit variable is a pair of 32-bit halves in one small array, low half first.
 */
export function sipHash13(value: number, key: number): number {
  // v0..v3 = key ^ "somepseudorandomlygeneratedbytes".
  const v = new Uint32Array([
    0x70736575 ^ key,
    0x736f6d65,
    0x6e646f6d ^ key,
    0x646f7261,
    0x6e657261 ^ key,
    0x6c796765,
    0x79746573 ^ key,
    0x74656462,
  ])
  // The only block: four octets of input, then the length in the highest octet.
  const low = value >>> 0
  const high = 0x0400_0000
  xor(v, 6, low, high)
  round(v)
  xor(v, 0, low, high)
  xor(v, 4, 0xff, 0)
  round(v)
  round(v)
  round(v)
  return (v[0]! ^ v[2]! ^ v[4]! ^ v[6]!) >>> 0
}

function round(v: Uint32Array): void {
  mix(v, 0, 2, 13)
  turn32(v, 0)
  mix(v, 4, 6, 16)
  mix(v, 0, 6, 21)
  mix(v, 4, 2, 17)
  turn32(v, 4)
}

/** a += b, b = rotate(b, by) ^ a. */
function mix(v: Uint32Array, a: number, b: number, by: number): void {
  const sum = v[a]! + v[b]!
  v[a + 1] = v[a + 1]! + v[b + 1]! + (sum > 0xffff_ffff ? 1 : 0)
  v[a] = sum
  const low = v[b]!
  const high = v[b + 1]!
  v[b] = ((low << by) | (high >>> (32 - by))) ^ v[a]!
  v[b + 1] = ((high << by) | (low >>> (32 - by))) ^ v[a + 1]!
}

/** Exchanges the halves: a rotation by 32. */
function turn32(v: Uint32Array, a: number): void {
  const low = v[a]!
  v[a] = v[a + 1]!
  v[a + 1] = low
}

function xor(v: Uint32Array, a: number, low: number, high: number): void {
  v[a] = v[a]! ^ low
  v[a + 1] = v[a + 1]! ^ high
}
