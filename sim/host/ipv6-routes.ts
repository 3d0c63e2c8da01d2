import type { AddressBook } from '../wire/address-book.ts'
import { isMulticast, type Words } from '../wire/ipv6-scope.ts'
import type { Interface } from './interface.ts'

/** A line of the IPv6 routing table. */
export interface Ipv6Route {
  readonly prefix: Words
  readonly prefixLen: number
  /** Number of the next hop, or 0 when the destination is on the wire itself. */
  readonly via: number
  readonly iface: Interface
  /** Number of the preferred source, 0 to choose by RFC 6724. */
  readonly source: number
  /** It came with an address of the interface and goes with it. */
  readonly isConnected?: boolean
}

/** IPv6 routing table of one machine: longest prefix first. */
export class Ipv6Routes {
  private readonly book: AddressBook
  private readonly table: Ipv6Route[] = []

  constructor(book: AddressBook) {
    this.book = book
  }

  /** Adds a route; a longer prefix wins, among equals the one added first. */
  add(route: Ipv6Route): void {
    let i = this.table.length
    while (i > 0 && this.table[i - 1]!.prefixLen < route.prefixLen) i--
    this.table.splice(i, 0, route)
  }

  remove(route: Ipv6Route): void {
    const at = this.table.indexOf(route)
    if (at >= 0) this.table.splice(at, 1)
  }

  /** The table, longest prefix first. */
  list(): readonly Ipv6Route[] {
    return this.table
  }

  /**
   * The route to a destination. A link-local one leads out of the first interface that speaks IPv6;
   * who knows the interface asks for no route.
   */
  match(destination: number): Ipv6Route | undefined {
    const { book } = this
    if (isMulticast(book.word(destination, 0))) return undefined
    for (const route of this.table) {
      let i = 0
      while (i < 4 && (book.word(destination, i) ^ route.prefix[i]!) >>> 0 === 0) i++
      if (i === 4 || matches(book, destination, route, i)) return route
    }
    return undefined
  }
}

/** Whether the first differing word differs only behind the prefix. */
function matches(book: AddressBook, destination: number, route: Ipv6Route, i: number): boolean {
  const bits = route.prefixLen - i * 32
  if (bits <= 0) return true
  return bits < 32 && (book.word(destination, i) ^ route.prefix[i]!) >>> (32 - bits) === 0
}

/** The first `length` bits of an address, the rest zero. */
export function prefixOf(words: Words, length: number): Words {
  const word = (i: number): number => {
    const bits = length - i * 32
    if (bits >= 32) return words[i]!
    return bits <= 0 ? 0 : (words[i]! & (0xffff_ffff << (32 - bits))) >>> 0
  }
  return [word(0), word(1), word(2), word(3)]
}
