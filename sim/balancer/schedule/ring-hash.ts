import { type AddressBook, isIpv6 } from '../../wire/address-book.ts'
import type { Arrival, Server } from '../service.ts'
import { avalanche } from './avalanche.ts'
import { LoadBound } from './bounded-load.ts'
import { CRC_START, crcEnd, crcOctet, crcText } from './crc32.ts'
import { folded } from './hash-buckets.ts'
import { OWNERS, Ring } from './ring.ts'
import { isEligible, type Pool, type Scheduler, type Surroundings, type Turn } from './scheduler.ts'

/** How one balancer draws its ring. */
export interface RingFunction {
  /** Hashes of the points of a server, in the order in which more weight adds them. */
  points(server: Server, addresses: AddressBook): number[]
  /** Hash of a client. */
  hash(arrival: Arrival, addresses: AddressBook, withPort: boolean): number
  /** Place of the point that a hash belongs to. */
  find(ring: Ring, hash: number): number
}

/** Points of a server for each unit of its weight. */
const KETAMA_POINTS = 160
const HAPROXY_POINTS = 16
/** Numbers that HAProxy keeps for the points of one server. */
const HAPROXY_RANGE = 4096

/**
 * Ketama as nginx has it (`hash $remote_addr consistent`): a point is the CRC-32 of the server's
 * host, a zero, its port and the point before; a client is the CRC-32 of its address as text.
 */
export const KETAMA: RingFunction = {
  points(server, addresses) {
    const address = addresses.format(server.address)
    const host = isIpv6(server.address) ? `[${address}]` : address
    return ketamaPoints(host, String(server.port), KETAMA_POINTS * server.weight)
  },
  hash({ client, clientPort }, addresses, withPort) {
    const text = addresses.format(client)
    return crcEnd(crcText(CRC_START, withPort ? `${text}:${clientPort}` : text))
  },
  find: (ring, hash) => ring.place(hash),
}

/** The first points of a server that is written `host:port`. */
export function ketamaPoints(host: string, port: string, count: number): number[] {
  const base = crcText(crcOctet(crcText(CRC_START, host), 0), port)
  const points: number[] = []
  let before = 0
  for (let i = 0; i < count; i++) {
    let running = base
    for (let shift = 0; shift < 32; shift += 8) {
      running = crcOctet(running, (before >>> shift) & 0xff)
    }
    before = crcEnd(running)
    points.push(before)
  }
  return points
}

/**
 * HAProxy's `hash-type consistent` with `balance source`: servers go by their place in the list,
 * and a client belongs to the nearest point on either side.
 */
export const HAPROXY_RING: RingFunction = {
  points: ({ number, weight }) => haproxyPoints(number + 1, HAPROXY_POINTS * weight),
  hash({ client, clientPort }, addresses, withPort) {
    const word = folded(addresses, client)
    return avalanche(withPort ? word + clientPort : word)
  },
  find: (ring, hash) => ring.nearest(hash),
}

/** The first points of the server with this id, counted from 1. */
export function haproxyPoints(id: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => avalanche(id * HAPROXY_RANGE + i))
}

/** Points at most: heavier weights are scaled down, and still get one each. */
const MOST_POINTS = 0x10_0000

/** Each client belongs to a point of the ring; whose owner cannot take it passes it on along. */
class RingTurn implements Turn {
  private readonly pool: Pool
  private readonly around: Surroundings
  private readonly draw: RingFunction
  private readonly bound: LoadBound
  private ring: Ring | undefined

  constructor(pool: Pool, around: Surroundings, draw: RingFunction) {
    this.pool = pool
    this.around = around
    this.draw = draw
    this.bound = new LoadBound(around.settings.boundedLoad)
  }

  choose(arrival: Arrival): Server | undefined {
    const { addresses, settings } = this.around
    const { scan } = this.pool
    this.ring ??= this.drawn()
    if (this.ring.size === 0) return undefined
    const hash = this.draw.hash(arrival, addresses, settings.port === true)
    const first = this.draw.find(this.ring, hash)
    this.bound.measure(scan)
    for (let step = 0; step < this.ring.size; step++) {
      const server = scan[this.ring.owner(first + step)]!
      if (isEligible(server) && this.bound.allows(server)) return server
    }
    return undefined
  }

  changed(): void {
    this.ring = undefined
  }

  private drawn(): Ring {
    const { scan } = this.pool
    const points: number[] = []
    let weights = 0
    for (const server of scan) weights += server.weight
    const share = Math.min(1, MOST_POINTS / (weights * KETAMA_POINTS))
    for (const [owner, server] of scan.entries()) {
      if (server.weight === 0) continue
      const weight = share === 1 ? server.weight : Math.ceil(server.weight * share)
      const scaled = weight === server.weight ? server : { ...server, weight }
      for (const hash of this.draw.points(scaled, this.around.addresses)) {
        points.push(hash * OWNERS + owner)
      }
    }
    return new Ring(points)
  }
}

export const ringHash: Scheduler = {
  name: 'ring-hash',
  sentence: "the client's address falls on a ring of points; the next point's server takes it",
  source: 'nginx src/http/modules/ngx_http_upstream_hash_module.c (ketama); Karger et al., 1997',
  elsewhere: [
    'hash KEY consistent, ketama (nginx)',
    'hash-type consistent (HAProxy)',
    'ring hash (Envoy)',
    'bounded-load: hash-balance-factor (HAProxy)',
  ],
  byHash: true,
  start: (pool, around) =>
    new RingTurn(pool, around, around.settings.function === 'haproxy' ? HAPROXY_RING : KETAMA),
}
