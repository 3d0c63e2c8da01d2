import { assert } from '../engine/assert.ts'
import type { AddressBook } from '../wire/address-book.ts'
import {
  ALL_NODES,
  ALL_ROUTERS,
  isLinkLocal,
  linkLocalOf,
  solicitedNode,
  type Words,
} from '../wire/ipv6-scope.ts'
import type { Interface } from './interface.ts'

/** The words of an IPv6 address, for set-up code. */
export function wordsOf(book: AddressBook, number: number): Words {
  const address = book.address(number)
  assert(address.family === 6, 'an IPv4 address has come where IPv6 is spoken')
  return address.words
}

/** An IPv6 address of an interface. */
export interface Ipv6Own {
  readonly number: number
  readonly words: Words
  readonly prefixLen: number
  readonly isLinkLocal: boolean
}

/**
 * IPv6 on one interface: its addresses, and the groups it hears. An interface without an address
 * speaks no IPv6 at all. The first address brings the link-local one, made from the MAC.
 */
export class Ipv6Link {
  readonly iface: Interface
  /**
   * As `ip -6 address` lists them: link-local last, of the others the one added last first, which
   * therefore is the source that Linux prefers when nothing else decides.
   */
  readonly addresses: Ipv6Own[] = []
  /** Number of the link-local address, 0 for none. */
  linkLocal = 0
  private readonly book: AddressBook
  private readonly groups = new Set<number>()
  private allRouters = 0

  constructor(iface: Interface, book: AddressBook) {
    this.iface = iface
    this.book = book
  }

  get isEnabled(): boolean {
    return this.addresses.length > 0
  }

  add(number: number, prefixLen: number): void {
    if (this.addresses.length === 0 && !this.iface.loopback) this.begin()
    if (number === this.linkLocal) return
    this.enter(number, prefixLen)
  }

  /** Takes an address away; true when it was there. */
  remove(number: number): boolean {
    const at = this.addresses.findIndex((own) => own.number === number)
    if (at < 0) return false
    const [gone] = this.addresses.splice(at, 1)
    const group = this.groupOf(gone!.words)
    if (!this.addresses.some((own) => this.groupOf(own.words) === group)) this.groups.delete(group)
    return true
  }

  has(number: number): boolean {
    for (const own of this.addresses) if (own.number === number) return true
    return false
  }

  /** Whether packets to a multicast group are for this interface. */
  hears(group: number, isRouter: boolean): boolean {
    return this.groups.has(group) && (isRouter || group !== this.allRouters)
  }

  private begin(): void {
    const number = this.book.numberOf(...linkLocalOf(this.iface.macHi, this.iface.macLo))
    this.linkLocal = number
    this.groups.add(this.book.numberOf(...ALL_NODES))
    this.allRouters = this.book.numberOf(...ALL_ROUTERS)
    this.groups.add(this.allRouters)
    this.enter(number, 64)
  }

  private enter(number: number, prefixLen: number): void {
    const words = wordsOf(this.book, number)
    const own = { number, words, prefixLen, isLinkLocal: isLinkLocal(words[0]) }
    if (own.isLinkLocal) this.addresses.push(own)
    else this.addresses.unshift(own)
    this.groups.add(this.groupOf(words))
  }

  private groupOf(words: Words): number {
    return this.book.numberOf(...solicitedNode(words[3]))
  }
}
