import type { Stream } from '../engine/chance.ts'
import type { Address } from '../wire/address.ts'
import type { AddressBook } from '../wire/address-book.ts'

/** First and last address of a range of senders; both of one family. */
export type Senders = readonly [Address, Address]

/** Address numbers of a range, lowest first; empty without one. */
export function sendersOf(book: AddressBook, range: Senders | undefined): number[] {
  const [first, last] = range ?? []
  if (first === undefined || last === undefined) return []
  if (first.family === 4) {
    const length = last.family === 4 ? last.v4 - first.v4 + 1 : 0
    return Array.from({ length }, (_, i) => first.v4 + i)
  }
  // A sheet's range is short: at most the last word carries into the one before.
  const [a, b, c, d] = first.words
  const length = last.family === 6 ? (last.words[2] - c) * 0x1_0000_0000 + last.words[3] - d + 1 : 0
  return Array.from({ length }, (_, i) => {
    const low = d + i
    return book.numberOf(a, b, (c + Math.floor(low / 0x1_0000_0000)) >>> 0, low >>> 0)
  })
}

/** Private IPv4 networks (RFC 1918) and the loopback, as [network, mask]. */
const NOT_PUBLIC: readonly (readonly [number, number])[] = [
  [0x0a000000, 0xff000000],
  [0x7f000000, 0xff000000],
  [0xac100000, 0xfff00000],
  [0xc0a80000, 0xffff0000],
]

/** An address that any stranger might have: public unicast, of the family asked for. */
export function anySender(book: AddressBook, family: 4 | 6, dice: Stream): number {
  if (family === 6) {
    // Global unicast is 2000::/3 (RFC 4291 §2.4).
    const first = ((dice.uint32() & 0x1fffffff) | 0x20000000) >>> 0
    return book.numberOf(first, dice.uint32(), dice.uint32(), dice.uint32())
  }
  for (;;) {
    const address = dice.uint32()
    const top = address >>> 24
    if (top === 0 || top >= 224) continue
    const isPublic = NOT_PUBLIC.every(([net, mask]) => (address & mask) >>> 0 !== net)
    if (isPublic) return address
  }
}
