// Whom nginx and HAProxy chose, recorded at the real programs (data/peers.json): requests in order,
// with the instants at which they came and were over, and servers s1, s2, s3 with their weights.

import { readFileSync } from 'node:fs'
import { avalanche } from '../../../sim/balancer/schedule/avalanche.ts'
import { CRC_START, crcEnd, crcText } from '../../../sim/balancer/schedule/crc32.ts'
import {
  HAPROXY_RING,
  haproxyPoints,
  KETAMA,
  ketamaPoints,
} from '../../../sim/balancer/schedule/ring-hash.ts'
import { OWNERS, Ring } from '../../../sim/balancer/schedule/ring.ts'
import type { ScheduleSettings, Scheduler, Turn } from '../../../sim/balancer/schedule/index.ts'
import { smoothRoundRobin } from '../../../sim/balancer/schedule/smooth-round-robin.ts'
import { sourceHash } from '../../../sim/balancer/schedule/source-hash.ts'
import { weightedLeastConnections } from '../../../sim/balancer/schedule/weighted-least-connections.ts'
import { parseAddress } from '../../../sim/wire/address.ts'
import { AddressBook } from '../../../sim/wire/address-book.ts'
import { assert, cases } from '../../lib/harness.ts'
import { arrival, Pool, surroundings } from './pool.ts'

interface Recorded {
  readonly name: string
  readonly weights: readonly number[]
  readonly chosen: readonly number[]
}
interface ByClient extends Recorded {
  readonly clients: readonly string[]
  /** Number of the server that is down, 0 for none. */
  readonly down?: number
}
interface ByKey extends Recorded {
  readonly keys: readonly string[]
  readonly down?: number
}
/** Each request's first and last instant, in seconds. */
interface ByTime extends Recorded {
  readonly spans: readonly (readonly [number, number])[]
}

const PEERS = JSON.parse(
  readFileSync(new URL('./data/peers.json', import.meta.url), 'utf8'),
) as Readonly<{
  nginxRoundRobin: Recorded[]
  haproxyRoundRobin: Recorded[]
  nginxIpHash: ByClient[]
  haproxySource: ByClient[]
  nginxRing: ByKey[]
  haproxyRing: ByKey[]
  nginxLeast: ByTime[]
  haproxyLeast: ByTime[]
}>

const addresses = new AddressBook()

function start(scheduler: Scheduler, pool: Pool, settings: ScheduleSettings): Turn {
  return scheduler.start(pool, surroundings({ addresses, settings }))
}

/** Numbers from 1 of those chosen for so many connections. */
function turns(scheduler: Scheduler, run: Recorded, settings: ScheduleSettings): number[] {
  const turn = start(scheduler, new Pool(run.weights), settings)
  return run.chosen.map((_, n) => turn.choose(arrival(n))!.number + 1)
}

cases('nginx takes turns by weight', PEERS.nginxRoundRobin, (run) => {
  assert.equal(turns(smoothRoundRobin, run, {}), run.chosen)
})

cases('HAProxy takes turns by weight', PEERS.haproxyRoundRobin, (run) => {
  assert.equal(turns(smoothRoundRobin, run, { rule: 'haproxy' }), run.chosen)
})

function byClient(run: ByClient, settings: ScheduleSettings): number[] {
  const pool = new Pool(run.weights)
  if (run.down !== undefined && run.down > 0) pool.weigh(run.down - 1, 0)
  const turn = start(sourceHash, pool, settings)
  return run.clients.map((client) => {
    return (
      turn.choose({ ...arrival(0), client: addresses.number(parseAddress(client)!) })!.number + 1
    )
  })
}

cases('nginx hashes the first three octets', PEERS.nginxIpHash, (run) => {
  assert.equal(byClient(run, { function: 'nginx' }), run.chosen)
})

cases('HAProxy takes the address modulo the weights', PEERS.haproxySource, (run) => {
  assert.equal(byClient(run, { function: 'haproxy' }), run.chosen)
})

function ringOf(run: ByKey, points: (number: number, weight: number) => number[]): Ring {
  const all = run.weights.flatMap((weight, i) => {
    return i + 1 === run.down ? [] : points(i + 1, weight).map((hash) => hash * OWNERS + i + 1)
  })
  return new Ring(all)
}

cases('nginx looks for the next point of a ring', PEERS.nginxRing, (run) => {
  const ring = ringOf(run, (i, weight) => ketamaPoints(`172.16.20.${i}`, '80', 160 * weight))
  const hashes = run.keys.map((key) => crcEnd(crcText(CRC_START, key)))
  assert.equal(
    hashes.map((hash) => ring.owner(KETAMA.find(ring, hash))),
    run.chosen,
  )
})

/** HAProxy's default hash of texts. */
function sdbm(text: string): number {
  let hash = 0
  for (const letter of text) hash = (letter.charCodeAt(0) + (hash << 6) + (hash << 16) - hash) | 0
  return hash >>> 0
}

cases('HAProxy looks for the nearest point of a ring', PEERS.haproxyRing, (run) => {
  const ring = ringOf(run, (i, weight) => haproxyPoints(i, 16 * weight))
  const hashes = run.keys.map((key) => avalanche(sdbm(key)))
  assert.equal(
    hashes.map((hash) => ring.owner(HAPROXY_RING.find(ring, hash))),
    run.chosen,
  )
})

/** Gives connections to a turn at their instants and ends them at theirs. */
function byTime(run: ByTime, settings: ScheduleSettings): number[] {
  const pool = new Pool(run.weights)
  const turn = start(weightedLeastConnections, pool, settings)
  const open: { server: number; endsS: number }[] = []
  return run.spans.map(([beginsS, endsS], n) => {
    for (const one of open
      .filter((each) => each.endsS < beginsS)
      .sort((a, b) => a.endsS - b.endsS)) {
      open.splice(open.indexOf(one), 1)
      const server = pool.scan[one.server]!
      server.active--
      turn.counted?.(server)
    }
    const server = turn.choose(arrival(n))!
    server.active++
    turn.counted?.(server)
    open.push({ server: server.number, endsS })
    return server.number + 1
  })
}

cases('nginx looks for the fewest connections', PEERS.nginxLeast, (run) => {
  assert.equal(byTime(run, { rule: 'nginx' }), run.chosen)
})

cases('HAProxy looks for the fewest connections', PEERS.haproxyLeast, (run) => {
  assert.equal(byTime(run, { rule: 'haproxy' }), run.chosen)
})
