import { fold, pseudoSum, sumOf, update16, update32 } from './checksum.ts'
import { ICMPV6 } from './ipv6.ts'

/**
 * ICMPv6 header, read and rewritten in place (RFC 4443). `at` is the offset of the header. Its
 * checksum covers a pseudo header; addresses are given to it as the folded sums of their words
 * (`AddressBook.sum`).
 */

export const HEADER_LEN = 8
export const UNREACHABLE = 1
export const PACKET_TOO_BIG = 2
export const TIME_EXCEEDED = 3
export const PARAMETER_PROBLEM = 4
export const ECHO_REQUEST = 128
export const ECHO_REPLY = 129
export const ROUTER_SOLICITATION = 133
export const ROUTER_ADVERTISEMENT = 134
export const NEIGHBOUR_SOLICITATION = 135
export const NEIGHBOUR_ADVERTISEMENT = 136
export const REDIRECT = 137

/** Codes of UNREACHABLE. */
export const NO_ROUTE = 0
export const ADMIN_PROHIBITED = 1
export const BEYOND_SCOPE = 2
export const ADDRESS_UNREACHABLE = 3
export const PORT_UNREACHABLE = 4
/** Codes of TIME_EXCEEDED. */
export const HOP_LIMIT = 0
export const REASSEMBLY = 1
/** Codes of PARAMETER_PROBLEM. */
export const ERRONEOUS_HEADER = 0
export const UNKNOWN_NEXT_HEADER = 1
export const UNKNOWN_OPTION = 2
export const INCOMPLETE_HEADERS = 3

export const type = (v: DataView, at: number): number => v.getUint8(at)
export const code = (v: DataView, at: number): number => v.getUint8(at + 1)
export const checksum = (v: DataView, at: number): number => v.getUint16(at + 2)
export const ident = (v: DataView, at: number): number => v.getUint16(at + 4)
export const echoSequence = (v: DataView, at: number): number => v.getUint16(at + 6)
/** MTU of PACKET_TOO_BIG. */
export const mtu = (v: DataView, at: number): number => v.getUint32(at + 4)

/** Whether the message quotes the packet it is about (RFC 4443 §2.1: the upper bit is clear). */
export const isError = (messageType: number): boolean => messageType < 128

/** Router and neighbour discovery, redirects included (RFC 4861 §4). */
export const isDiscovery = (messageType: number): boolean =>
  messageType >= ROUTER_SOLICITATION && messageType <= REDIRECT

export type Problem = 'icmp-truncated' | 'icmp-bad-checksum'

/** Why the message at `at` cannot be read, or `undefined`. `end`: where the IPv6 packet ends. */
export function check(
  bytes: Uint8Array,
  words: Uint16Array,
  at: number,
  end: number,
  sumOfSource: number,
  sumOfDestination: number,
): Problem | undefined {
  const length = end - at
  if (length < HEADER_LEN) return 'icmp-truncated'
  const pseudo = pseudoSum(sumOfSource, sumOfDestination, ICMPV6, length)
  return fold(sumOf(bytes, words, at, length) + pseudo) === 0xffff ? undefined : 'icmp-bad-checksum'
}

/** Writes type, code and the four octets behind the checksum; then `writeChecksum`. */
export function write(v: DataView, at: number, t: number, c: number, rest: number): void {
  v.setUint16(at, (t << 8) | c)
  v.setUint16(at + 2, 0)
  v.setUint32(at + 4, rest)
}

export function writeChecksum(
  bytes: Uint8Array,
  v: DataView,
  words: Uint16Array,
  at: number,
  length: number,
  sumOfSource: number,
  sumOfDestination: number,
): void {
  v.setUint16(at + 2, 0)
  const pseudo = pseudoSum(sumOfSource, sumOfDestination, ICMPV6, length)
  v.setUint16(at + 2, ~fold(sumOf(bytes, words, at, length) + pseudo) & 0xffff)
}

/** Mends the checksum after 16 bits that it covers changed (at an even distance from `at`). */
export function changed16(v: DataView, at: number, from: number, to: number): void {
  v.setUint16(at + 2, update16(v.getUint16(at + 2), from, to))
}

/** Mends the checksum after 32 bits that it covers changed (at an even distance from `at`). */
export function changed32(v: DataView, at: number, from: number, to: number): void {
  v.setUint16(at + 2, update32(v.getUint16(at + 2), from, to))
}
