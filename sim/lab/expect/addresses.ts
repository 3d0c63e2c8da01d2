import type { Plan } from '../../../topology/plan.ts'
import { type Address, formatAddress, formatMac, prefixHolds } from '../../wire/address.ts'
import type { AddressBook } from '../../wire/address-book.ts'
import { isLoopback as loopbackWords, linkLocalOf } from '../../wire/ipv6-scope.ts'
import type { HostPattern, LinePlace, MacPattern } from '../sheet/types.ts'
import type { Places } from '../../trace/index.ts'

/** What an expectation may ask of the drawing. */
export interface Setting {
  readonly plan: Plan
  readonly places: Places
  /** Numbers of the addresses of the run. */
  readonly addresses: AddressBook
}

/**
 * Numbers of the interfaces that `place` means: `rs*` any machine of such a name, no interface
 * all.
 */
export function placesOf(place: LinePlace, places: Places): number[] {
  const pattern = place.node.split('*')
  const found: number[] = []
  for (const [index, each] of places.list.entries()) {
    if (each.iface === undefined || each.nodeIndex < 0) continue
    if (place.iface !== undefined && each.iface !== place.iface) continue
    if (fits(each.node, pattern)) found.push(index)
  }
  return found
}

/** Numbers of the machines that `place` means, and of their interfaces. */
export function placesAround(place: LinePlace, places: Places): number[] {
  const found = placesOf(place, places)
  if (place.iface !== undefined) return found
  const nodes = new Set(found.map((index) => places.list[index]!.nodeIndex))
  for (const [index, each] of places.list.entries()) {
    if (each.iface === undefined && nodes.has(each.nodeIndex)) found.push(index)
  }
  return found
}

/** Whether `text` has the pieces in order, the first at its start and the last at its end. */
function fits(text: string, pieces: readonly string[]): boolean {
  const first = pieces[0]!
  const last = pieces[pieces.length - 1]!
  if (pieces.length === 1) return text === first
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}

export function showPlace(place: LinePlace): string {
  return place.iface === undefined ? place.node : `${place.node}.${place.iface}`
}

/** Tells whether an address (by its number) is meant; undefined when any is. */
export function hostTest(
  pattern: HostPattern,
  { plan, addresses }: Pick<Setting, 'plan' | 'addresses'>,
): ((address: number) => boolean) | undefined {
  if (pattern.kind === 'any') return undefined
  if (pattern.kind === 'prefix') {
    const prefix = { address: pattern.address, length: pattern.length }
    return (address) => address >= 0 && prefixHolds(prefix, addresses.address(address))
  }
  const wanted = hostAddresses(pattern, plan).map((address) => addresses.number(address))
  if (wanted.length === 1) {
    const only = wanted[0]
    return (address) => address === only
  }
  const all = new Set(wanted)
  return (address) => all.has(address)
}

function hostAddresses(
  pattern: Exclude<HostPattern, { kind: 'any' | 'prefix' }>,
  plan: Plan,
): readonly Address[] {
  if (pattern.kind === 'address') return [pattern.address]
  if (pattern.kind === 'reference') return referenced(pattern.reference, plan).addresses
  return addressesOf(pattern.node, plan)
}

/** Addresses of a machine: of both families, the link-local ones, and none of loopback's own. */
function addressesOf(node: string, plan: Plan): Address[] {
  const machine = plan.nodes.find((each) => each.name === node)
  return (machine?.interfaces ?? []).flatMap(({ addresses, mac, loopback }) => {
    const own = addresses.map((each) => each.address).filter((address) => !isLoopback(address))
    if (loopback || !own.some(({ family }) => family === 6)) return own
    const words = linkLocalOf(Math.floor(mac / 0x1_0000_0000), mac % 0x1_0000_0000)
    return [...own, { family: 6, words } as const]
  })
}

function isLoopback(address: Address): boolean {
  return address.family === 4 ? address.v4 >>> 24 === 127 : loopbackWords(...address.words)
}

/** What `$lb.inside.ip` and `$lb.inside.mac` stand for. */
function referenced(reference: string, plan: Plan): { addresses: Address[]; mac: number } {
  const [node, name] = reference.replace(/^\$/, '').split('.')
  const machine = plan.nodes.find((each) => each.name === node)
  const iface = machine?.interfaces.find((each) => each.name === name)
  const family = reference.endsWith('.ip6') ? 6 : 4
  const addresses = iface?.addresses.map((each) => each.address) ?? []
  const first = addresses.find((address) => address.family === family)
  return { addresses: first === undefined ? [] : [first], mac: iface?.mac ?? -1 }
}

/** Text of a value that may be a reference; other text is given back. */
export function resolved(value: string, plan: Plan): string {
  if (!value.startsWith('$')) return value
  const { addresses, mac } = referenced(value, plan)
  if (value.endsWith('.mac')) return formatMac(mac)
  return addresses[0] === undefined ? value : formatAddress(addresses[0])
}

/** The MAC that is meant, or undefined for any. */
export function macOf(pattern: MacPattern, plan: Plan): number | undefined {
  if (pattern.kind === 'any') return undefined
  return pattern.kind === 'mac' ? pattern.mac : referenced(pattern.reference, plan).mac
}

export function showHost(pattern: HostPattern): string {
  switch (pattern.kind) {
    case 'any':
      return '*'
    case 'address':
      return formatAddress(pattern.address)
    case 'prefix':
      return `${formatAddress(pattern.address)}/${pattern.length}`
    case 'node':
      return pattern.node
    case 'reference':
      return pattern.reference.startsWith('$') ? pattern.reference : `$${pattern.reference}`
  }
}
