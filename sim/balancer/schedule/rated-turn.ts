import type { Server } from '../service.ts'
import { isEligible, type Pool, type Surroundings, type Turn } from './scheduler.ts'
import { SmoothTurn } from './smooth-round-robin.ts'

/** Ratings are made each second. */
const EVERY_NS = 1_000_000_000

/** What a balancer thinks of a server; `before`: its connections at the rating before. */
export interface Rating {
  ratio: number
  connections: number
  before: number
}

/**
 * Turns by ratios that the balancer sets itself, from the active connections of each server. The
 * first connection of a second is what makes it look: without one nobody would notice.
 */
export class RatedTurn implements Turn {
  private readonly pool: Pool
  private readonly around: Surroundings
  private readonly first: number
  private readonly rate: (ratings: readonly Rating[]) => void
  private readonly ratings = new Map<Server, Rating>()
  private readonly smooth: SmoothTurn
  private second = -1

  /** `first`: ratio of a server before it is rated; `rate` gives each its next one. */
  constructor(
    pool: Pool,
    around: Surroundings,
    first: number,
    rate: (ratings: readonly Rating[]) => void,
  ) {
    this.pool = pool
    this.around = around
    this.first = first
    this.rate = rate
    this.smooth = new SmoothTurn(pool, (server) => this.ratingOf(server).ratio)
  }

  choose(): Server | undefined {
    const second = Math.floor(this.around.clock.now / EVERY_NS)
    if (second !== this.second) {
      this.second = second
      this.look()
    }
    return this.smooth.choose()
  }

  changed(): void {
    for (const server of this.ratings.keys()) if (!server.present) this.ratings.delete(server)
    this.smooth.changed()
  }

  private look(): void {
    const ratings: Rating[] = []
    for (const server of this.pool.scan) {
      if (!isEligible(server)) continue
      const rating = this.ratingOf(server)
      rating.before = rating.connections
      rating.connections = this.connections(server)
      ratings.push(rating)
    }
    this.rate(ratings)
  }

  private ratingOf(server: Server): Rating {
    let rating = this.ratings.get(server)
    if (rating === undefined) {
      rating = { ratio: this.first, connections: this.connections(server), before: 0 }
      this.ratings.set(server, rating)
    }
    return rating
  }

  /** Active connections, of the server or of its whole machine. */
  private connections(server: Server): number {
    if (this.around.settings.per !== 'server') return server.active
    return this.around.ports(server).reduce((sum, { active }) => sum + active, 0)
  }
}
