import { hashAddress, scaled } from '../../nat/jhash.ts'
import { type AddressBook, isIpv6 } from '../../wire/address-book.ts'
import type { Arrival, Server } from '../service.ts'
import { folded } from './hash-buckets.ts'
import { isEligible, type Pool, type Surroundings, type Turn } from './scheduler.ts'
import { SmoothTurn } from './smooth-round-robin.ts'
import { greatestCommonDivisor } from './weighted-round-robin.ts'

/** Hashes that nginx tries before it takes turns. */
const TRIES = 21

/**
 * nginx's `ip_hash`: only the first three octets of an IPv4 address count (all 16 of IPv6), so a
 * whole /24 meets one server. The hash walks the weights; when the server it finds may not be
 * chosen the hash is hashed on, and at last the turn goes round.
 */
export class NginxTurn implements Turn {
  private readonly pool: Pool
  private readonly around: Surroundings
  private readonly rest: SmoothTurn

  constructor(pool: Pool, around: Surroundings) {
    this.pool = pool
    this.around = around
    this.rest = new SmoothTurn(pool)
  }

  choose({ client }: Arrival): Server | undefined {
    const { order, scan } = this.pool
    let total = 0
    for (const server of order) total += server.lastWeight
    if (total === 0) return undefined
    const octets = octetsOf(client, this.around.addresses)
    let hash = 89
    for (let tried = 0; tried < TRIES; tried++) {
      for (let i = 0; i < octets.length; i++) hash = (hash * 113 + octets[i]!) % 6271
      const server = at(order, hash % total)
      if (isEligible(server) && scan.includes(server)) return server
    }
    return this.rest.choose()
  }

  changed(): void {
    this.rest.changed()
  }
}

function at(order: readonly Server[], place: number): Server {
  let left = place
  let i = 0
  while (left >= order[i]!.lastWeight) left -= order[i++]!.lastWeight
  return order[i]!
}

function octetsOf(address: number, addresses: AddressBook): number[] {
  const four = (word: number): number[] => [24, 16, 8, 0].map((shift) => (word >>> shift) & 0xff)
  if (!isIpv6(address)) return four(address).slice(0, 3)
  return [0, 1, 2, 3].flatMap((i) => four(addresses.word(address, i)))
}

/**
 * HAProxy's `balance source` with `hash-type map-based`: the address modulo the sum of the weights
 * is a place in a map that is filled in turns, and filled anew when a server comes or goes. Nearly
 * everybody moves then.
 */
export class MapTurn implements Turn {
  private readonly pool: Pool
  private readonly around: Surroundings
  private map: readonly Server[] = []

  constructor(pool: Pool, around: Surroundings) {
    this.pool = pool
    this.around = around
    this.changed()
  }

  choose({ client, clientPort }: Arrival): Server | undefined {
    const { map } = this
    if (map.length === 0) return undefined
    const { addresses, settings } = this.around
    const hash = folded(addresses, client) + (settings.port === true ? clientPort : 0)
    return orNext(map, hash % map.length, settings.fallback === true)
  }

  changed(): void {
    this.map = filled(this.pool.scan)
  }
}

/** The map: as many places as weights, given to the one who is furthest behind. */
export function filled(servers: readonly Server[]): Server[] {
  const able = servers.filter((server) => server.weight > 0)
  const divisor = able.reduce((sum, { weight }) => greatestCommonDivisor(weight, sum), 0)
  const total = able.reduce((sum, { weight }) => sum + weight / divisor, 0)
  const scores = able.map(() => 0)
  return Array.from({ length: total }, () => {
    let best = -1
    for (let i = 0; i < able.length; i++) {
      scores[i]! += able[i]!.weight / divisor
      // Shares of less than a whole turn count alike, so the first of the list has it.
      const turns = Math.trunc((scores[i]! + total) / total)
      if (best < 0 || turns > Math.trunc((scores[best]! + total) / total)) best = i
    }
    scores[best]! -= total
    return able[best]!
  })
}

/** netfilter's `jhash ip saddr mod N`, as a map of nftables chooses: weights repeat entries. */
export class JhashTurn implements Turn {
  private readonly pool: Pool
  private readonly around: Surroundings
  private slots: readonly Server[] = []

  constructor(pool: Pool, around: Surroundings) {
    this.pool = pool
    this.around = around
    this.changed()
  }

  choose({ client }: Arrival): Server | undefined {
    const { slots } = this
    if (slots.length === 0) return undefined
    const { addresses, settings } = this.around
    const hash = hashAddress(addresses, client, settings.seed ?? 0)
    return orNext(slots, scaled(hash, slots.length), settings.fallback === true)
  }

  changed(): void {
    this.slots = this.pool.scan.flatMap((server) =>
      Array.from({ length: server.weight }, () => server),
    )
  }
}

/** The server of a slot if it may be chosen, else nobody, or with `fallback` the next one. */
function orNext(slots: readonly Server[], slot: number, fallback: boolean): Server | undefined {
  const tries = fallback ? slots.length : 1
  for (let step = 0; step < tries; step++) {
    const server = slots[(slot + step) % slots.length]!
    if (isEligible(server)) return server
  }
  return undefined
}
