import type { Arrival, Server } from '../service.ts'
import { BUCKETS, bucketOf, folded } from './hash-buckets.ts'
import { isEligible, type Pool, type Scheduler, type Surroundings, type Turn } from './scheduler.ts'
import { JhashTurn, MapTurn, NginxTurn } from './source-functions.ts'

/** As many buckets in a row as a server's weight says (weight 0 one, and its clients are lost). */
class SourceTurn implements Turn {
  private readonly pool: Pool
  private readonly around: Surroundings
  private buckets: Server[] = []

  constructor(pool: Pool, around: Surroundings) {
    this.pool = pool
    this.around = around
    this.changed()
  }

  choose({ client, clientPort }: Arrival): Server | undefined {
    const { addresses, settings } = this.around
    const value = folded(addresses, client) + (settings.port === true ? clientPort : 0)
    const first = bucketOf(value)
    const server = this.buckets[first]
    if (server === undefined) return undefined
    if (isEligible(server)) return server
    if (settings.fallback !== true) return undefined
    for (let offset = 0; offset < BUCKETS; offset++) {
      // The kernel adds the hash once more to a place that has it already.
      const place = ((offset + first) % BUCKETS) + first
      const other = this.buckets[place % BUCKETS]!
      if (isEligible(other)) return other
    }
    return undefined
  }

  changed(): void {
    const { scan } = this.pool
    this.buckets = []
    if (scan.length === 0) return
    for (let i = 0, at = 0, turns = 0; i < BUCKETS; i++) {
      const server = scan[at]!
      this.buckets.push(server)
      turns++
      if (turns < server.weight) continue
      turns = 0
      at = (at + 1) % scan.length
    }
  }
}

export const sourceHash: Scheduler = {
  name: 'source-hash',
  sentence: "the client's address chooses, from a table of 256 buckets filled by weight",
  source: 'Linux net/netfilter/ipvs/ip_vs_sh.c',
  elsewhere: [
    'sh (IPVS)',
    'src-ip-hash (A10)',
    'function nginx: ip_hash (nginx)',
    'function haproxy: source (HAProxy)',
    'function jhash: jhash ip saddr mod (nftables)',
  ],
  byHash: true,
  mayRefuse: true,
  start(pool, around) {
    switch (around.settings.function) {
      case 'nginx':
        return new NginxTurn(pool, around)
      case 'haproxy':
        return new MapTurn(pool, around)
      case 'jhash':
        return new JhashTurn(pool, around)
      default:
        return new SourceTurn(pool, around)
    }
  },
}
