/**
 * Kinds of IPv6 addresses and the addresses that are made from others (RFC 4291). An address is
 * four unsigned 32-bit words; most questions need the first only.
 */

export type Words = readonly [number, number, number, number]

/** ff00::/8. */
export const isMulticast = (word0: number): boolean => word0 >>> 24 === 0xff

/** fe80::/10. */
export const isLinkLocal = (word0: number): boolean => word0 >>> 22 === 0x3fa

/** fc00::/7, unique local addresses (RFC 4193). */
export const isUniqueLocal = (word0: number): boolean => word0 >>> 25 === 0x7e

export const isUnspecified = (a: number, b: number, c: number, d: number): boolean =>
  (a | b | c | d) === 0

export const isLoopback = (a: number, b: number, c: number, d: number): boolean =>
  (a | b | c) === 0 && d === 1

export const UNSPECIFIED: Words = [0, 0, 0, 0]
export const LOOPBACK: Words = [0, 0, 0, 1]
export const ALL_NODES: Words = [0xff02_0000, 0, 0, 1]
export const ALL_ROUTERS: Words = [0xff02_0000, 0, 0, 2]

/** ff02::1:ffXX:XXXX, where an address is asked for by its last 24 bits (RFC 4291 §2.7.1). */
export function solicitedNode(word3: number): Words {
  return [0xff02_0000, 0, 1, (0xff00_0000 | (word3 & 0xff_ffff)) >>> 0]
}

/** Whether the words are those of a solicited-node group. */
export const isSolicitedNode = (a: number, b: number, c: number, d: number): boolean =>
  a === 0xff02_0000 && b === 0 && c === 1 && d >>> 24 === 0xff

/** Upper 16 bits of the MAC of every multicast group; the lower 32 are its last word (RFC 2464). */
export const GROUP_MAC_HI = 0x3333

/** fe80::/64 with the interface id made from a MAC (RFC 4291 appendix A, modified EUI-64). */
export function linkLocalOf(macHi: number, macLo: number): Words {
  const third = ((macHi ^ 0x0200) << 16) | ((macLo >>> 16) & 0xff00) | 0xff
  return [0xfe80_0000, 0, third >>> 0, (0xfe00_0000 | (macLo & 0xff_ffff)) >>> 0]
}

/** How many leading bits two addresses share, 0 .. 128. */
export function commonPrefix(one: Words, other: Words): number {
  for (let i = 0; i < 4; i++) {
    const difference = one[i]! ^ other[i]!
    if (difference !== 0) return i * 32 + Math.clz32(difference)
  }
  return 128
}
