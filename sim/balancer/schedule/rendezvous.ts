import type { Arrival, Server } from '../service.ts'
import { murmurEnd } from './avalanche.ts'
import { LoadBound } from './bounded-load.ts'
import { folded } from './hash-buckets.ts'
import { isEligible, type Pool, type Scheduler, type Surroundings, type Turn } from './scheduler.ts'

const LN_2 = 0.6931471805599453

/**
 * -ln((hash + 1/2) / 2^32), by arithmetic that every engine does alike: halves are counted, and the
 * rest is 2 artanh((m - 1) / (m + 1)), whose series ends below the last bit of a double.
 */
export function negativeLogarithm(hash: number): number {
  let rest = (hash + 0.5) / 0x1_0000_0000
  let halves = 0
  while (rest < 0.5) {
    rest *= 2
    halves++
  }
  const s = (rest - 1) / (rest + 1)
  let power = s
  let sum = s
  for (let n = 3; n <= 33; n += 2) {
    power *= s * s
    sum += power / n
  }
  return halves * LN_2 - 2 * sum
}

/**
 * Highest random weight (Thaler and Ravishankar, 1998): client and server together give a number,
 * and the server with the best one has the client. Who is taken away loses its own clients and
 * moves nobody else's. Weights as in Schindelhauer and Schomaker, 2005: the least -ln(u) / weight.
 */
class RendezvousTurn implements Turn {
  private readonly pool: Pool
  private readonly around: Surroundings
  private readonly bound: LoadBound

  constructor(pool: Pool, around: Surroundings) {
    this.pool = pool
    this.around = around
    this.bound = new LoadBound(around.settings.boundedLoad)
  }

  choose({ client, clientPort }: Arrival): Server | undefined {
    const { addresses, settings } = this.around
    const { scan } = this.pool
    const value = murmurEnd(folded(addresses, client) + (settings.port === true ? clientPort : 0))
    this.bound.measure(scan)
    let best: Server | undefined
    let least = 0
    for (let i = 0; i < scan.length; i++) {
      const server = scan[i]!
      if (!isEligible(server) || !this.bound.allows(server)) continue
      const place = murmurEnd(folded(addresses, server.address) + server.port)
      const score = negativeLogarithm(murmurEnd(value ^ place)) / server.weight
      if (best === undefined || score < least) {
        best = server
        least = score
      }
    }
    return best
  }

  changed(): void {}
}

export const rendezvous: Scheduler = {
  name: 'rendezvous',
  sentence:
    'each server draws a number with the client; the best number has it, always the same one',
  source: 'Thaler and Ravishankar, IEEE/ACM Transactions on Networking 6(1), 1998',
  elsewhere: ['highest random weight, HRW', 'second level of the table of GLB (GitHub)'],
  byHash: true,
  start: (pool, around) => new RendezvousTurn(pool, around),
}
