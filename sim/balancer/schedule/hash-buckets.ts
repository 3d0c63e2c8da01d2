import type { AddressBook } from '../../wire/address-book.ts'
import { isIpv6 } from '../../wire/address-book.ts'

/** Buckets of destination-hash and source-hash (the kernel's tables of 2^8). */
export const BUCKETS = 256

/** An address as hashing sees it: IPv4 itself, IPv6 the exclusive or of its four words. */
export function folded(addresses: AddressBook, address: number): number {
  if (!isIpv6(address)) return address
  const word = (i: number): number => addresses.word(address, i)
  return (word(0) ^ word(1) ^ word(2) ^ word(3)) >>> 0
}

/** Multiplicative hash into a bucket (the kernel's hash_32 with 8 bits). */
export function bucketOf(value: number): number {
  return Math.imul(value, 0x61c88647) >>> 24
}
