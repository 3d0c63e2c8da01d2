import { fold, sumOf, update16, update32 } from './checksum.ts'

/** ICMP header, read and rewritten in place (RFC 792). `at` is the offset of the header. */

export const HEADER_LEN = 8
export const ECHO_REPLY = 0
export const UNREACHABLE = 3
export const REDIRECT = 5
export const ECHO_REQUEST = 8
export const TIME_EXCEEDED = 11
export const PARAMETER_PROBLEM = 12

/** Codes of UNREACHABLE. */
export const NET_UNREACHABLE = 0
export const HOST_UNREACHABLE = 1
export const PORT_UNREACHABLE = 3
export const FRAGMENTATION_NEEDED = 4
export const ADMIN_PROHIBITED = 13

/** Codes of REDIRECT (RFC 1812 §5.2.7.2: for a host) and of TIME_EXCEEDED. */
export const REDIRECT_HOST = 1
export const IN_REASSEMBLY = 1

export const type = (v: DataView, at: number): number => v.getUint8(at)
export const code = (v: DataView, at: number): number => v.getUint8(at + 1)
export const checksum = (v: DataView, at: number): number => v.getUint16(at + 2)
export const ident = (v: DataView, at: number): number => v.getUint16(at + 4)
export const echoSequence = (v: DataView, at: number): number => v.getUint16(at + 6)
/** Next-hop MTU of FRAGMENTATION_NEEDED (RFC 1191 §4). */
export const mtu = (v: DataView, at: number): number => v.getUint16(at + 6)
/** Address of the better gateway in a REDIRECT. */
export const gateway = (v: DataView, at: number): number => v.getUint32(at + 4)

/** Whether the message quotes the packet it is about (RFC 1122 §3.2.2). */
export function isError(messageType: number): boolean {
  return (
    messageType === UNREACHABLE ||
    messageType === TIME_EXCEEDED ||
    messageType === PARAMETER_PROBLEM ||
    messageType === REDIRECT ||
    messageType === 4
  )
}

export type Problem = 'icmp-truncated' | 'icmp-bad-checksum'

/** Why the message at `at` cannot be read, or `undefined`. `end`: where the IP packet ends. */
export function check(
  bytes: Uint8Array,
  words: Uint16Array,
  at: number,
  end: number,
): Problem | undefined {
  if (end - at < HEADER_LEN) return 'icmp-truncated'
  return sumOf(bytes, words, at, end - at) === 0xffff ? undefined : 'icmp-bad-checksum'
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
  len: number,
): void {
  v.setUint16(at + 2, 0)
  v.setUint16(at + 2, ~fold(sumOf(bytes, words, at, len)) & 0xffff)
}

/** Mends the checksum after 16 bits inside the message changed (at an even distance from `at`). */
export function changed16(v: DataView, at: number, from: number, to: number): void {
  v.setUint16(at + 2, update16(v.getUint16(at + 2), from, to))
}

/** Mends the checksum after 32 bits inside the message changed (at an even distance from `at`). */
export function changed32(v: DataView, at: number, from: number, to: number): void {
  v.setUint16(at + 2, update32(v.getUint16(at + 2), from, to))
}
