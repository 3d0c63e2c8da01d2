/**
 * Ethernet II header, read and written in place (RFC 894; IEEE 802.3 clause 3). No FCS, no padding.
 */

export const HEADER_LEN = 14
export const TYPE_IPV4 = 0x0800
export const TYPE_ARP = 0x0806
export const TYPE_IPV6 = 0x86dd

/** A MAC address is two numbers: the upper 16 and the lower 32 bits. */
export const dstHi = (v: DataView, at: number): number => v.getUint16(at)
export const dstLo = (v: DataView, at: number): number => v.getUint32(at + 2)
export const srcHi = (v: DataView, at: number): number => v.getUint16(at + 6)
export const srcLo = (v: DataView, at: number): number => v.getUint32(at + 8)
export const type = (v: DataView, at: number): number => v.getUint16(at + 12)

/** Group address: broadcast or multicast (the lowest bit of the first octet). */
export const isGroup = (v: DataView, at: number): boolean => (v.getUint8(at) & 1) === 1

export function setDst(v: DataView, at: number, hi: number, lo: number): void {
  v.setUint16(at, hi)
  v.setUint32(at + 2, lo)
}

export function setSrc(v: DataView, at: number, hi: number, lo: number): void {
  v.setUint16(at + 6, hi)
  v.setUint32(at + 8, lo)
}

export function setType(v: DataView, at: number, value: number): void {
  v.setUint16(at + 12, value)
}

/** Why there is no Ethernet header at `at`, or `undefined`. */
export function check(at: number, end: number): 'ethernet-truncated' | undefined {
  return end - at < HEADER_LEN ? 'ethernet-truncated' : undefined
}
