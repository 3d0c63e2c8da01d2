import type { AddressBook } from './address-book.ts'
import * as ipv4 from './ipv4.ts'

/** What the headers of both families share. `at` is the offset of the IP header. */

const IPV6_SRC = 8
const IPV6_DST = 24

/** 4 or 6, or what else stands there. */
export const version = (v: DataView, at: number): number => v.getUint8(at) >> 4

/** Address number of the source. */
export const src = (book: AddressBook, v: DataView, at: number): number =>
  version(v, at) === 4 ? ipv4.src(v, at) : book.read(v, at + IPV6_SRC)

/** Address number of the destination. */
export const dst = (book: AddressBook, v: DataView, at: number): number =>
  version(v, at) === 4 ? ipv4.dst(v, at) : book.read(v, at + IPV6_DST)

/** TTL or hop limit. */
export const hopLimit = (v: DataView, at: number): number =>
  version(v, at) === 4 ? ipv4.ttl(v, at) : v.getUint8(at + 7)
