import type { Server } from '../service.ts'
import { isEligible, type Pool, type Turn } from './scheduler.ts'

/** Steps of a unit of weight. */
const SCALE = 16

/** A server on the belt. */
interface Place {
  readonly server: Server
  weight: number
  /** Where it stands next, and what the division by its weight left over. */
  next: number
  rest: number
  /** Not served yet; waiting for the next round; on the belt of this one. */
  queue: 'new' | 'later' | 'now'
  /** When it was put into its queue: of equal places the earlier is first. */
  order: number
}

/**
 * HAProxy's `roundrobin`: servers stand on a belt as long as the sum of the weights, each at
 * distances of sum / weight, with what divisions leave over carried along. At a hole in the belt a
 * server that was not served yet comes in, heavy ones first. 5, 1, 1 gives a a a b a a c.
 *
 * Weights that change and servers that come are put where HAProxy puts one that comes up: as far
 * ahead as what is left of this round and the next one say.
 */
export class PositionTurn implements Turn {
  private readonly pool: Pool
  private places: Place[] = []
  private orders = 0
  /** Position on the belt, its length now and after the next switch. */
  private at = 0
  private length = 0
  private nextLength = 0

  constructor(pool: Pool) {
    this.pool = pool
    for (const server of pool.scan) {
      if (server.weight > 0) this.put(this.placeOf(server), 'new')
    }
    this.nextLength = this.sum()
    this.length = this.nextLength
    this.at = this.length
  }

  choose(): Server | undefined {
    const full: Place[] = []
    let chosen: Place | undefined
    let switched = false
    while (chosen === undefined) {
      const place = this.first(full)
      if (place === undefined) {
        if (switched) break
        switched = true
        this.startRound()
        continue
      }
      this.advance(place)
      this.at++
      if (isEligible(place.server)) chosen = place
      else full.push(place)
    }
    if (chosen !== undefined) this.queue(chosen)
    for (let i = full.length - 1; i >= 0; i--) this.queue(full[i]!)
    return chosen?.server
  }

  changed(): void {
    const { scan } = this.pool
    const old = this.places
    this.places = old.filter(({ server }) => scan.includes(server) && server.weight > 0)
    const come = scan.flatMap((server): Place[] => {
      if (server.weight === 0) return []
      const known = this.places.find((place) => place.server === server)
      if (known?.weight === server.weight * SCALE) return []
      if (known !== undefined) {
        known.weight = server.weight * SCALE
        return known.queue === 'new' ? [] : [known]
      }
      const place = this.placeOf(server)
      this.places.push(place)
      return [place]
    })
    this.nextLength = this.sum()
    for (const place of come) {
      place.next = this.at + Math.floor((this.nextLength + this.length - this.at) / place.weight)
      place.rest = 0
      this.queue(place)
    }
  }

  /** The first on the belt, or at a hole the heaviest that is new; but none of `but`. */
  private first(but: readonly Place[]): Place | undefined {
    if (this.length === 0) {
      this.length = this.nextLength
      this.at = this.length
    }
    let now: Place | undefined
    let fresh: Place | undefined
    for (const place of this.places) {
      if (but.includes(place)) continue
      if (place.queue === 'now' && (now === undefined || isBefore(place, now))) now = place
      if (place.queue === 'new' && (fresh === undefined || isHeavier(place, fresh))) fresh = place
    }
    if (fresh === undefined || (now !== undefined && now.next <= this.at)) return now
    fresh.next = 0
    fresh.rest = 0
    return fresh
  }

  private startRound(): void {
    for (const place of this.places) if (place.queue === 'later') place.queue = 'new'
    this.length = this.nextLength
    this.at = this.length
  }

  private advance(place: Place): void {
    if (place.next === 0) place.next = this.at
    place.next += Math.floor(this.nextLength / place.weight)
    place.rest += this.nextLength % place.weight
    if (place.rest < place.weight) return
    place.rest -= place.weight
    place.next++
  }

  /** Puts a place where it belongs: on the belt, or aside for the next round. */
  private queue(place: Place): void {
    const { length, nextLength } = this
    if (place.next >= 2 * length || place.next >= length + nextLength) {
      place.next -= length
      this.put(place, 'later')
    } else this.put(place, 'now')
  }

  private put(place: Place, queue: Place['queue']): void {
    place.queue = queue
    place.order = ++this.orders
    if (!this.places.includes(place)) this.places.push(place)
  }

  private placeOf(server: Server): Place {
    return { server, weight: server.weight * SCALE, next: 0, rest: 0, queue: 'new', order: 0 }
  }

  private sum(): number {
    return this.places.reduce((sum, { weight }) => sum + weight, 0)
  }
}

function isBefore(one: Place, other: Place): boolean {
  if (one.next !== other.next) return one.next < other.next
  const ranks = rankOf(one) - rankOf(other)
  return ranks === 0 ? one.order < other.order : ranks < 0
}

/** At the same place heavy servers go first, and those whose divisions left less over. */
function rankOf({ rest, weight }: Place): number {
  return Math.floor((rest - weight) / SCALE)
}

function isHeavier(one: Place, other: Place): boolean {
  return one.weight === other.weight ? one.order < other.order : one.weight > other.weight
}
