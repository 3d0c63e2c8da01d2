import {
  commonPrefix,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isUniqueLocal,
  type Words,
} from '../wire/ipv6-scope.ts'
import type { Interface } from './interface.ts'
import type { Ipv6Link, Ipv6Own } from './ipv6-link.ts'

/** Scopes by their numbers in multicast addresses (RFC 4291 §2.7). */
const LINK = 2
const GLOBAL = 14

/**
 * The address that a packet to `destination` leaving by `iface` gets as its source, 0 for none:
 * rules 1, 2, 5, 6 and 8 of RFC 6724 §5 in the order of Linux (ipv6_dev_get_saddr). Addresses here
 * are never deprecated, temporary or mobile, which leaves rules 3, 4 and 7 nothing to decide.
 */
export function chooseSource(
  links: readonly Ipv6Link[],
  iface: Interface,
  destination: number,
  words: Words,
): number {
  const isLocalTo = isLinkLocal(words[0]) || isMulticast(words[0])
  let best: Ipv6Own | undefined
  let bestLink: Ipv6Link | undefined
  for (const link of links) {
    if (isLocalTo && link.iface !== iface) continue
    for (const own of link.addresses) {
      if (isLoopback(...own.words) && !isLoopback(...words)) continue
      if (best === undefined) {
        best = own
        bestLink = link
        continue
      }
      const order =
        byAddress(own, best, destination) ||
        byScope(own, best, scopeOf(words)) ||
        Number(link.iface === iface) - Number(bestLink!.iface === iface) ||
        byLabel(own, best, labelOf(words)) ||
        byPrefix(own, best, words)
      if (order <= 0) continue
      best = own
      bestLink = link
    }
  }
  return best?.number ?? 0
}

const byAddress = (one: Ipv6Own, other: Ipv6Own, destination: number): number =>
  Number(one.number === destination) - Number(other.number === destination)

/** Rule 2: of two scopes the smaller, unless it is too small for the destination. */
function byScope(one: Ipv6Own, other: Ipv6Own, wanted: number): number {
  const [a, b] = [scopeOf(one.words), scopeOf(other.words)]
  if (a === b) return 0
  return a < b === Math.min(a, b) < wanted ? -1 : 1
}

const byLabel = (one: Ipv6Own, other: Ipv6Own, wanted: number): number =>
  Number(labelOf(one.words) === wanted) - Number(labelOf(other.words) === wanted)

/** Rule 8: more leading bits in common, counted within the address's own prefix. */
function byPrefix(one: Ipv6Own, other: Ipv6Own, words: Words): number {
  const shared = (own: Ipv6Own): number => Math.min(own.prefixLen, commonPrefix(own.words, words))
  return shared(one) - shared(other)
}

function scopeOf(words: Words): number {
  if (isMulticast(words[0])) return (words[0] >>> 16) & 0xf
  return isLinkLocal(words[0]) || isLoopback(...words) ? LINK : GLOBAL
}

/** Labels of the kernel's policy table (net/ipv6/addrlabel.c) that can occur here. */
function labelOf(words: Words): number {
  if (isLoopback(...words)) return 0
  if (isUniqueLocal(words[0])) return 5
  if (words[0] >>> 16 === 0x2002) return 2
  return words[0] === 0x2001_0000 ? 6 : 1
}
