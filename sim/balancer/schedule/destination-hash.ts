import type { Arrival, Server } from '../service.ts'
import { BUCKETS, bucketOf, folded } from './hash-buckets.ts'
import { isEligible, type Pool, type Scheduler, type Surroundings, type Turn } from './scheduler.ts'

/** Each bucket holds the next server of the list; weights do not matter, but for 0. */
class DestinationTurn implements Turn {
  private readonly pool: Pool
  private readonly around: Surroundings
  private buckets: readonly Server[] = []

  constructor(pool: Pool, around: Surroundings) {
    this.pool = pool
    this.around = around
    this.changed()
  }

  choose({ virtual }: Arrival): Server | undefined {
    const server = this.buckets[bucketOf(folded(this.around.addresses, virtual))]
    return server !== undefined && isEligible(server) ? server : undefined
  }

  changed(): void {
    const { scan } = this.pool
    const { length } = scan
    this.buckets = length === 0 ? [] : Array.from({ length: BUCKETS }, (_, i) => scan[i % length]!)
  }
}

export const destinationHash: Scheduler = {
  name: 'destination-hash',
  sentence: 'the address asked for chooses, from a table of 256 buckets; for caches and proxies',
  source: 'Linux net/netfilter/ipvs/ip_vs_dh.c',
  elsewhere: ['dh (IPVS)', 'dst-ip-hash (A10)'],
  byHash: true,
  mayRefuse: true,
  start: (pool, around) => new DestinationTurn(pool, around),
}
