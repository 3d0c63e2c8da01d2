import {
  NEIGHBOUR_ADVERTISEMENT,
  NEIGHBOUR_SOLICITATION,
  REDIRECT,
  ROUTER_ADVERTISEMENT,
  ROUTER_SOLICITATION,
} from './icmpv6.ts'

/**
 * Messages of neighbour discovery and their options, read and written in place (RFC 4861 §4).
 * `at` is the offset of the ICMPv6 header; addresses inside go through the run's AddressBook.
 */

/** Hop limit of every message: proof that no router has passed it on (RFC 4861 §11.2). */
export const HOP_LIMIT = 255

/** Offset of the target address of solicitation, advertisement and redirect. */
export const TARGET = 8
/** Offset of a redirect's destination address. */
export const REDIRECTED = 24

/** Octets of each message without options. */
export const ROUTER_SOLICITATION_LEN = 8
export const ROUTER_ADVERTISEMENT_LEN = 16
export const SOLICITATION_LEN = 24
export const ADVERTISEMENT_LEN = 24
export const REDIRECT_LEN = 40

/** Flags of a neighbour advertisement, as they stand in its first octet of flags. */
export const ROUTER = 0x80
export const SOLICITED = 0x40
export const OVERRIDE = 0x20

/** Options. */
export const SOURCE_LINK = 1
export const TARGET_LINK = 2
export const PREFIX = 3
export const REDIRECTED_HEADER = 4
export const MTU = 5
/** Octets of an option with an Ethernet address. */
export const LINK_OPTION_LEN = 8

export const flags = (v: DataView, at: number): number => v.getUint8(at + 4)
/** Hop limit, flags (managed 0x80, other 0x40) and lifetime in seconds of an advertised router. */
export const routerHopLimit = (v: DataView, at: number): number => v.getUint8(at + 4)
export const routerFlags = (v: DataView, at: number): number => v.getUint8(at + 5)
export const routerLifetime = (v: DataView, at: number): number => v.getUint16(at + 6)

/** Octets of a message of `type` without options, 0 for one that is not of this protocol. */
export function baseLen(type: number): number {
  if (type === ROUTER_SOLICITATION) return ROUTER_SOLICITATION_LEN
  if (type === ROUTER_ADVERTISEMENT) return ROUTER_ADVERTISEMENT_LEN
  if (type === NEIGHBOUR_SOLICITATION) return SOLICITATION_LEN
  if (type === NEIGHBOUR_ADVERTISEMENT) return ADVERTISEMENT_LEN
  return type === REDIRECT ? REDIRECT_LEN : 0
}

/**
 * Why the message at `at` cannot be read, or `undefined`: it is too short, or an option has no
 * length or ends behind the packet (RFC 4861 §6.1, §7.1, §8.1).
 */
export function check(v: DataView, at: number, end: number): 'ndp-malformed' | undefined {
  const base = baseLen(v.getUint8(at))
  if (base === 0 || end - at < base) return 'ndp-malformed'
  let option = at + base
  while (option < end) {
    if (end - option < 2) return 'ndp-malformed'
    const length = v.getUint8(option + 1) * 8
    if (length === 0 || option + length > end) return 'ndp-malformed'
    option += length
  }
  return undefined
}

/** Offset of the first option of a kind in a checked message, 0 when there is none. */
export function option(v: DataView, at: number, end: number, kind: number): number {
  let found = at + baseLen(v.getUint8(at))
  while (found < end) {
    if (v.getUint8(found) === kind) return found
    found += v.getUint8(found + 1) * 8
  }
  return 0
}

/** The MAC in an option with a link-layer address. */
export const linkHi = (v: DataView, optionAt: number): number => v.getUint16(optionAt + 2)
export const linkLo = (v: DataView, optionAt: number): number => v.getUint32(optionAt + 4)

/** Writes an option with an Ethernet address; returns where the next one begins. */
export function writeLink(
  v: DataView,
  optionAt: number,
  kind: number,
  macHi: number,
  macLo: number,
): number {
  v.setUint8(optionAt, kind)
  v.setUint8(optionAt + 1, 1)
  v.setUint16(optionAt + 2, macHi)
  v.setUint32(optionAt + 4, macLo)
  return optionAt + LINK_OPTION_LEN
}

/** Writes the head of a "redirected header" option of `length` octets in all, a multiple of 8. */
export function writeRedirectedHeader(v: DataView, optionAt: number, length: number): void {
  v.setUint8(optionAt, REDIRECTED_HEADER)
  v.setUint8(optionAt + 1, length / 8)
  v.setUint16(optionAt + 2, 0)
  v.setUint32(optionAt + 4, 0)
}
