import type { Clock } from '../trace/index.ts'
import { type AddressBook, isIpv6 } from '../wire/address-book.ts'
import type { Interface, InterfaceAddress } from './interface.ts'
import { maskOf } from './interface.ts'
import { Ipv6Routes } from './ipv6-routes.ts'
import type { Neighbour } from './neighbour-entry.ts'
import { PathExceptions } from './path-exceptions.ts'

/** A line of the routing table. */
export interface Route {
  readonly prefix: number
  readonly prefixLen: number
  /** Next hop, or 0 when the destination is on the wire itself. */
  readonly via: number
  readonly iface: Interface
  /** Preferred source, 0 to choose by the next hop. */
  readonly source: number
}

/** Where a packet to one destination goes: the answer of a lookup, kept until the table changes. */
export class Path {
  readonly destination: number
  readonly iface: Interface
  readonly nextHop: number
  readonly source: number
  /** Whether the destination is this machine itself. */
  readonly local: boolean
  /** Whether the routing table takes the destination for a neighbour. */
  readonly onLink: boolean
  /** Path MTU learned by ICMP, or the interface's; forwarding goes by the interface's. */
  mtu: number
  /** The learned MTU is not believed: what is sent may be cut on the way (no DF). */
  mtuLocked = false
  /** When something learned by ICMP ends and the path has to be looked up again. */
  untilNs: number = Infinity
  /** Filled by the neighbour table at first use. */
  neighbour: Neighbour | undefined

  constructor(
    destination: number,
    iface: Interface,
    nextHop: number,
    source: number,
    local: boolean,
    onLink: boolean,
    mtu: number,
  ) {
    this.destination = destination
    this.iface = iface
    this.nextHop = nextHop
    this.source = source
    this.local = local
    this.onLink = onLink
    this.mtu = mtu
  }
}

const CACHE_BITS = 10
/** What is known of an address: bits beside "asked before". */
const ASKED = 1
const LOCAL = 2
const BROADCAST = 4

/** Routing table of one machine: longest prefix first, with a direct-mapped cache of answers. */
export class Routes {
  private readonly interfaces: readonly Interface[]
  private readonly table: Route[] = []
  private readonly localAddresses = new Set<number>()
  /** Subnets of `lo`: all their addresses are the machine's own. */
  private readonly localNets: { readonly prefix: number; readonly mask: number }[] = []
  private readonly cache: (Path | undefined)[] = new Array<Path | undefined>(1 << CACHE_BITS)
  /** Addresses asked for lately, and what they are to this machine: the same cache for kinds. */
  private readonly askedAddresses = new Int32Array(1 << CACHE_BITS)
  private readonly kinds = new Uint8Array(1 << CACHE_BITS)
  private readonly clock: Clock
  /** What ICMP has taught; call `changed()` after an addition. */
  readonly exceptions: PathExceptions = new PathExceptions()
  /** The table of IPv6; call `changed()` after a change of it. */
  readonly ipv6: Ipv6Routes

  constructor(interfaces: readonly Interface[], clock: Clock, book: AddressBook) {
    this.interfaces = interfaces
    this.clock = clock
    this.ipv6 = new Ipv6Routes(book)
  }

  /** Adds a route; a longer prefix wins, among equals the one added first. */
  add(route: Route): void {
    let i = this.table.length
    while (i > 0 && this.table[i - 1]!.prefixLen < route.prefixLen) i--
    this.table.splice(i, 0, route)
    this.changed()
  }

  /** Derives local addresses and connected routes from the interfaces' addresses. */
  addConnected(): void {
    for (const iface of this.interfaces) {
      for (const own of iface.addresses) this.addAddress(iface, own)
    }
    this.changed()
  }

  /** Makes an address of either family one of the machine's own. */
  addLocal(address: number): void {
    this.localAddresses.add(address)
    this.changed()
  }

  /**
   * An interface has another address in place of `old`: its connected route follows. Returns the
   * routes taken out because their gateway is on no wire of this machine any more.
   */
  readdress(iface: Interface, old: InterfaceAddress | undefined): readonly Route[] {
    const isOld = (own: InterfaceAddress): boolean => own.address === old?.address
    if (old !== undefined && !this.interfaces.some((each) => each.addresses.some(isOld))) {
      this.localAddresses.delete(old.address)
    }
    const stale = this.table.filter(
      (route) => route.iface === iface && route.via === 0 && route.source === old?.address,
    )
    for (const route of stale) this.remove(route)
    const [own] = iface.addresses
    if (own !== undefined) this.addAddress(iface, own)
    const lost = this.table.filter(
      (route) => route.iface === iface && route.via !== 0 && !this.isOnLink(route.via),
    )
    for (const route of lost) this.remove(route)
    this.exceptions.clear()
    this.changed()
    return lost
  }

  private remove(route: Route): void {
    this.table.splice(this.table.indexOf(route), 1)
  }

  private isOnLink(address: number): boolean {
    return this.table.some(
      (route) => route.via === 0 && ((address ^ route.prefix) & maskOf(route.prefixLen)) === 0,
    )
  }

  private addAddress(iface: Interface, own: InterfaceAddress): void {
    this.localAddresses.add(own.address)
    if (own.prefixLen === 32) return
    const prefix = (own.address & own.mask) >>> 0
    if (iface.loopback) {
      if (prefix >>> 24 !== 127) this.localNets.push({ prefix, mask: own.mask })
      return
    }
    this.add({ prefix, prefixLen: own.prefixLen, via: 0, iface, source: own.address })
  }

  /** An address that no interface has any more. */
  removeLocal(address: number): void {
    this.localAddresses.delete(address)
    this.changed()
  }

  isLocal(address: number): boolean {
    return (this.kindOf(address) & LOCAL) !== 0
  }

  /** Linux makes the whole subnet of an address on lo local (net/ipv4/fib_frontend.c). */
  private isInLocalNet(address: number): boolean {
    for (const { prefix, mask } of this.localNets) {
      if (((address ^ prefix) & mask) === 0 && !isIpv6(address)) return true
    }
    return false
  }

  /** Whether `address` is the broadcast address of a subnet of ours, or 255.255.255.255. */
  isBroadcast(address: number): boolean {
    return (this.kindOf(address) & BROADCAST) !== 0
  }

  /**
   * Every packet asks this of both of its addresses. Looking in the set took 4 % of a run of
   * datagrams: most addresses are above 2^31, and hashing such numbers is slow.
   */
  private kindOf(address: number): number {
    const slot = Math.imul(address, 0x9e3779b1) >>> (32 - CACHE_BITS)
    const known = this.kinds[slot]!
    if (known !== 0 && this.askedAddresses[slot] === (address | 0)) return known
    // 127.0.0.0/8 is the machine itself, whatever addresses lo carries.
    const isOwn = this.localAddresses.has(address) || address >>> 24 === 127
    const isLocal = isOwn || this.isInLocalNet(address)
    const isBroadcast = this.isBroadcastSomewhere(address)
    const kind = ASKED | (isLocal ? LOCAL : 0) | (isBroadcast ? BROADCAST : 0)
    this.askedAddresses[slot] = address
    this.kinds[slot] = kind
    return kind
  }

  private isBroadcastSomewhere(address: number): boolean {
    if (address === 0xffffffff) return true
    for (const iface of this.interfaces) {
      for (const own of iface.addresses) {
        if (own.prefixLen < 31 && address === (own.address | ~own.mask) >>> 0) return true
      }
    }
    return false
  }

  /** Path to `destination`, or undefined without a route. */
  find(destination: number): Path | undefined {
    const slot = Math.imul(destination, 0x9e3779b1) >>> (32 - CACHE_BITS)
    const cached = this.cache[slot]
    if (cached !== undefined && cached.destination === destination) {
      if (cached.untilNs === Infinity || this.clock.now < cached.untilNs) return cached
    }
    const path = this.lookup(destination)
    if (path !== undefined) this.cache[slot] = path
    return path
  }

  changed(): void {
    this.cache.fill(undefined)
    this.kinds.fill(0)
  }

  /** The table, longest prefix first. */
  list(): readonly Route[] {
    return this.table
  }

  private lookup(destination: number): Path | undefined {
    const lo = this.interfaces[0]!
    if (this.isLocal(destination)) {
      return new Path(destination, lo, destination, destination, true, true, lo.mtu)
    }
    if (isIpv6(destination)) return this.lookupIpv6(destination)
    for (const route of this.table) {
      if (((destination ^ route.prefix) & maskOf(route.prefixLen)) !== 0) continue
      const nextHop = route.via === 0 ? destination : route.via
      const source = route.source || (route.iface.addressTowards(nextHop)?.address ?? 0)
      return this.except(destination, route.iface, nextHop, source, route.via === 0)
    }
    return undefined
  }

  private lookupIpv6(destination: number): Path | undefined {
    const route = this.ipv6.match(destination)
    if (route === undefined) return undefined
    const { host } = route.iface
    const source = route.source || host.ipv6.sourceOn(route.iface, destination)
    return this.except(destination, route.iface, route.via || destination, source, route.via === 0)
  }

  /** The path of a route, or what ICMP has made of it. */
  private except(
    destination: number,
    iface: Interface,
    nextHop: number,
    source: number,
    onLink: boolean,
  ): Path {
    const learned = this.exceptions.find(destination, this.clock.now)
    if (learned === undefined) {
      return new Path(destination, iface, nextHop, source, false, onLink, iface.mtu)
    }
    const { gateway, mtu, mtuLocked, untilNs } = learned
    const least = mtu === 0 ? iface.mtu : Math.min(mtu, iface.mtu)
    const path = new Path(destination, iface, gateway || nextHop, source, false, onLink, least)
    path.mtuLocked = mtuLocked
    path.untilNs = untilNs
    return path
  }
}
