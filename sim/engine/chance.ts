import { assert } from './assert.ts'
import { naturalLog } from './arithmetic.ts'

/**
 * One named stream of chance: xoshiro128** (Blackman and Vigna, public domain), seeded by the run's
 * seed and the stream's name. Streams are independent: adding one shifts no other.
 */
export class Stream {
  private readonly state = new Uint32Array(4)

  constructor(seed: number, name: string) {
    let mixed = hashName(name, seed)
    for (let i = 0; i < 4; i++) {
      mixed = (mixed + 0x9e3779b9) >>> 0
      this.state[i] = avalanche(mixed)
    }
    if (this.state[0] === 0 && this.state[1] === 0) this.state[0] = 1
  }

  /** Uniform in 0 .. 2^32 - 1. */
  uint32(): number {
    const s = this.state
    const s1 = s[1]!
    const product = Math.imul(s1, 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0
    const shifted = s1 << 9
    s[2]! ^= s[0]!
    s[3]! ^= s1
    s[1]! ^= s[2]!
    s[0]! ^= s[3]!
    s[2]! ^= shifted
    const s3 = s[3]!
    s[3] = (s3 << 11) | (s3 >>> 21)
    return result
  }

  /** Uniform integer in 0 .. bound - 1; `bound` from 1 to 2^32. */
  below(bound: number): number {
    assert(bound >= 1 && bound <= 0x1_0000_0000, 'a draw needs a bound from 1 to 2^32')
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound)
    for (;;) {
      const drawn = this.uint32()
      if (drawn < limit) return drawn % bound
    }
  }

  /** Uniform in [0, 1) with 32 bits. */
  fraction(): number {
    return this.uint32() / 0x1_0000_0000
  }

  /** True with the given probability (0 to 1). */
  happens(probability: number): boolean {
    return this.uint32() < probability * 0x1_0000_0000
  }

  /**
   * Exponential with the given mean, by inversion; built from plain arithmetic (same everywhere).
   */
  exponential(mean: number): number {
    return -mean * naturalLog((this.uint32() + 1) / 0x1_0000_0000)
  }
}

/** Hands out the named streams of one run. The same name always gives the same stream. */
export class Chance {
  readonly seed: number
  private readonly streams = new Map<string, Stream>()

  constructor(seed: number) {
    this.seed = seed
  }

  stream(name: string): Stream {
    let stream = this.streams.get(name)
    if (stream === undefined) {
      stream = new Stream(this.seed, name)
      this.streams.set(name, stream)
    }
    return stream
  }
}

/** FNV-1a over the name's UTF-16 units, started from the seed's two halves. */
function hashName(name: string, seed: number): number {
  let hash = avalanche((0x811c9dc5 ^ seed) >>> 0)
  hash = avalanche((hash ^ Math.floor(seed / 0x1_0000_0000)) >>> 0)
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0
  }
  return avalanche(hash)
}

/** The finaliser of MurmurHash3 (public domain): every input bit reaches every output bit. */
function avalanche(input: number): number {
  let x = input
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
