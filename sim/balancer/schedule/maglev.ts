import type { Arrival, Server } from '../service.ts'
import { folded } from './hash-buckets.ts'
import { isEligible, type Pool, type Scheduler, type Surroundings, type Turn } from './scheduler.ts'
import { sipHash13 } from './siphash.ts'
import { greatestCommonDivisor } from './weighted-round-robin.ts'

/** Slots of the table: a prime, the kernel's default (IP_VS_MH_TAB_INDEX 12). */
export const SLOTS = 4093
/** Weights are scaled down until their highest has at most so many bits. */
const WEIGHT_BITS = 6
const KEY_OFFSET = 2654435761
const KEY_SKIP = 2654446892

/** A server while it fills the table. */
interface Filler {
  readonly server: Server
  /** Slots it takes in a row each round. */
  readonly turns: number
  readonly skip: number
  at: number
}

/**
 * Maglev hashing (Eisenbud et al., NSDI 2016): every server walks the slots in an order of its own
 * and takes the next free one in its turn, so a server that leaves moves few others.
 *
 * The table follows the last weight that was not 0: a server set to 0 keeps its slots, and its
 * clients are refused unless `fallback` is set.
 */
class MaglevTurn implements Turn {
  private readonly pool: Pool
  private readonly around: Surroundings
  private readonly count: number
  private slots: readonly (Server | undefined)[] = []

  constructor(pool: Pool, around: Surroundings) {
    this.pool = pool
    this.around = around
    this.count = around.settings.slots ?? SLOTS
    this.changed()
  }

  choose({ client, clientPort }: Arrival): Server | undefined {
    const { count } = this
    const { addresses, settings } = this.around
    const value = folded(addresses, client) + (settings.port === true ? clientPort : 0)
    const first = sipHash13(value, KEY_OFFSET) % count
    const server = this.slots[first]
    if (server === undefined) return undefined
    if (isEligible(server)) return server
    if (settings.fallback !== true) return undefined
    for (let offset = 0; offset < count; offset++) {
      const place = (offset + first) % count
      const other = this.slots[sipHash13(value + place, KEY_OFFSET) % count]!
      if (isEligible(other)) return other
    }
    return undefined
  }

  changed(): void {
    const { count } = this
    const fillers = this.fillers()
    const slots: (Server | undefined)[] = new Array<undefined>(count).fill(undefined)
    for (let filled = 0; filled < count && fillers.length > 0; ) {
      for (const filler of fillers) {
        for (let turn = 0; turn < filler.turns && filled < count; turn++, filled++) {
          while (slots[filler.at] !== undefined) filler.at = (filler.at + filler.skip) % count
          slots[filler.at] = filler.server
          filler.at = (filler.at + filler.skip) % count
        }
      }
    }
    this.slots = slots
  }

  private fillers(): Filler[] {
    const able = this.pool.scan.filter((server) => server.lastWeight > 0)
    const divisor = able.reduce((sum, { lastWeight }) => {
      return greatestCommonDivisor(lastWeight, sum)
    }, 0)
    const highest = able.reduce((most, { lastWeight }) => Math.max(most, lastWeight), 0)
    const bits = highest === 0 ? 0 : 32 - Math.clz32(highest / divisor)
    const shift = Math.max(0, bits - WEIGHT_BITS)
    return able.map((server) => {
      const value = folded(this.around.addresses, server.address) + server.port
      const at = sipHash13(value, KEY_OFFSET) % this.count
      const skip = (sipHash13(value, KEY_SKIP) % (this.count - 1)) + 1
      const turns = Math.max(1, Math.floor(server.lastWeight / divisor) >> shift)
      return { server, turns, skip, at }
    })
  }
}

export const maglev: Scheduler = {
  name: 'maglev',
  sentence: "the client's address chooses, from a table that changes little when servers do",
  source: 'Linux net/netfilter/ipvs/ip_vs_mh.c; Eisenbud et al., NSDI 2016',
  elsewhere: ['mh (IPVS)', 'Maglev (Envoy, Katran)'],
  byHash: true,
  mayRefuse: true,
  start: (pool, around) => new MaglevTurn(pool, around),
}
