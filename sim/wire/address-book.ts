import { type Address, formatIpv4, formatIpv6 } from './address.ts'
import { fold } from './checksum.ts'

/**
 * First number that stands for an IPv6 address. 240.0.0.0/4 is reserved (RFC 1112 §4) and hosts
 * drop packets with such addresses, so no IPv4 address on the packet path has a number like it,
 * but for the broadcast address 255.255.255.255.
 */
const FIRST = 0xf000_0000
const BROADCAST = 0xffff_ffff
const NONE = -1

/** Whether an address number stands for an IPv6 address. */
export function isIpv6(number: number): boolean {
  return number >= FIRST && number !== BROADCAST
}

/**
 * One number per address, for both families. An IPv4 address is its own number; an IPv6 address is
 * numbered when it is first seen. Tables, events and hooks then hold one unsigned 32-bit number
 * whatever the family. Numbers say in which order addresses were seen and nothing else: no choice
 * may depend on them (hash the words instead).
 *
 * An address keeps its number for the whole run and costs about 28 octets.
 */
export class AddressBook {
  /** Four words each, in the order of first sight. */
  private words: Uint32Array = new Uint32Array(64 * 4)
  /** Folded sums of those words, as checksums need them. */
  private sums: Uint16Array = new Uint16Array(64)
  /** Open addressing: number - FIRST, or NONE. */
  private index: Int32Array = new Int32Array(256).fill(NONE)
  private mask = 255
  private used = 0

  /** IPv6 addresses seen so far. */
  get size(): number {
    return this.used
  }

  /** Octets that it takes. */
  get octets(): number {
    return this.words.byteLength + this.sums.byteLength + this.index.byteLength
  }

  /** Number of the IPv6 address whose 16 octets begin at `at`. */
  read(view: DataView, at: number): number {
    return this.numberOf(
      view.getUint32(at),
      view.getUint32(at + 4),
      view.getUint32(at + 8),
      view.getUint32(at + 12),
    )
  }

  /** Writes the 16 octets of an IPv6 address. */
  write(view: DataView, at: number, number: number): void {
    const { words } = this
    const row = (number - FIRST) * 4
    view.setUint32(at, words[row]!)
    view.setUint32(at + 4, words[row + 1]!)
    view.setUint32(at + 8, words[row + 2]!)
    view.setUint32(at + 12, words[row + 3]!)
  }

  /** Word 0 .. 3 of an IPv6 address, the first octets first. */
  word(number: number, i: number): number {
    return this.words[(number - FIRST) * 4 + i]!
  }

  /** Folded sum of the 16-bit words of an address of either family, for pseudo headers. */
  sum(number: number): number {
    if (!isIpv6(number)) return fold((number >>> 16) + (number & 0xffff))
    return this.sums[number - FIRST]!
  }

  /**
   * 32 bits that stand for an address of either family in a hash whose result can be seen: an IPv4
   * address itself, of an IPv6 address a mix of its words and never its number.
   */
  mix(number: number): number {
    if (!isIpv6(number)) return number
    const row = (number - FIRST) * 4
    const { words } = this
    return hash(words[row]!, words[row + 1]!, words[row + 2]!, words[row + 3]!) >>> 0
  }

  /** Number of an address of either family. */
  number(address: Address): number {
    if (address.family === 4) return address.v4
    const [a, b, c, d] = address.words
    return this.numberOf(a, b, c, d)
  }

  /** The address a number stands for. */
  address(number: number): Address {
    if (!isIpv6(number)) return { family: 4, v4: number }
    const word = (i: number): number => this.word(number, i)
    return { family: 6, words: [word(0), word(1), word(2), word(3)] }
  }

  /** The address as text, without brackets. */
  format(number: number): string {
    const address = this.address(number)
    return address.family === 4 ? formatIpv4(address.v4) : formatIpv6(address.words)
  }

  /** `ADDRESS:PORT`, an IPv6 address in brackets. */
  endpoint(number: number, port: number | string): string {
    const text = this.format(number)
    return isIpv6(number) ? `[${text}]:${port}` : `${text}:${port}`
  }

  /** Number of the IPv6 address with these four words. */
  numberOf(a: number, b: number, c: number, d: number): number {
    const { words, index, mask } = this
    let slot = hash(a, b, c, d) & mask
    for (;;) {
      const entry = index[slot]!
      if (entry === NONE) return this.add(slot, a, b, c, d)
      const row = entry * 4
      if (words[row + 3] === d && words[row + 2] === c && words[row + 1] === b) {
        if (words[row] === a) return FIRST + entry
      }
      slot = (slot + 1) & mask
    }
  }

  private add(slot: number, a: number, b: number, c: number, d: number): number {
    const entry = this.used
    if (entry * 4 === this.words.length) this.grow()
    const row = entry * 4
    this.words[row] = a
    this.words[row + 1] = b
    this.words[row + 2] = c
    this.words[row + 3] = d
    this.sums[entry] = fold(half(a) + half(b) + half(c) + half(d))
    this.index[slot] = entry
    this.used++
    if (this.used * 2 > this.mask) this.growIndex()
    return FIRST + entry
  }

  private grow(): void {
    const words = new Uint32Array(this.words.length * 2)
    words.set(this.words)
    this.words = words
    const sums = new Uint16Array(this.sums.length * 2)
    sums.set(this.sums)
    this.sums = sums
  }

  private growIndex(): void {
    const { words } = this
    this.index = new Int32Array(this.index.length * 2).fill(NONE)
    this.mask = this.index.length - 1
    for (let entry = 0; entry < this.used; entry++) {
      const row = entry * 4
      let slot = hash(words[row]!, words[row + 1]!, words[row + 2]!, words[row + 3]!) & this.mask
      while (this.index[slot] !== NONE) slot = (slot + 1) & this.mask
      this.index[slot] = entry
    }
  }
}

const half = (word: number): number => (word >>> 16) + (word & 0xffff)

/** Spreads the words of an address over 32 bits. */
function hash(a: number, b: number, c: number, d: number): number {
  let x = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b)
  x ^= Math.imul(c, 0xc2b2ae35) ^ Math.imul(d, 0x27d4eb2f)
  x ^= x >>> 15
  x = Math.imul(x, 0x2c1b3c6d)
  return x ^ (x >>> 13)
}
