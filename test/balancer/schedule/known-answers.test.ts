// Answers that are known from elsewhere: sequences in the documentation of balancers, check values
// of hashes, and how many clients different hashes move when a server leaves.

import { avalanche, murmurEnd } from '../../../sim/balancer/schedule/avalanche.ts'
import { CRC_START, crcEnd, crcText } from '../../../sim/balancer/schedule/crc32.ts'
import { bucketOf } from '../../../sim/balancer/schedule/hash-buckets.ts'
import { lightest, overhead } from '../../../sim/balancer/schedule/lightest.ts'
import { maglev } from '../../../sim/balancer/schedule/maglev.ts'
import { observed } from '../../../sim/balancer/schedule/observed.ts'
import { negativeLogarithm, rendezvous } from '../../../sim/balancer/schedule/rendezvous.ts'
import { ringHash } from '../../../sim/balancer/schedule/ring-hash.ts'
import type { ScheduleSettings, Scheduler } from '../../../sim/balancer/schedule/index.ts'
import { expectedLoad } from '../../../sim/balancer/schedule/shortest-delay.ts'
import { smoothRoundRobin } from '../../../sim/balancer/schedule/smooth-round-robin.ts'
import { sourceHash } from '../../../sim/balancer/schedule/source-hash.ts'
import { weightedRoundRobin } from '../../../sim/balancer/schedule/weighted-round-robin.ts'
import type { Server } from '../../../sim/balancer/service.ts'
import { parseAddress } from '../../../sim/wire/address.ts'
import { assert, cases, suite } from '../../lib/harness.ts'
import { arrival, Pool, startOf, surroundings } from './pool.ts'

/** Servers chosen, as letters in the order of the list. */
function letters(scheduler: Scheduler, pool: Pool, count: number): string {
  const turn = startOf(scheduler, pool)
  return Array.from({ length: count }, (_, n) => 'abc'[turn.choose(arrival(n))!.number]!).join('')
}

const SMOOTH = [
  { name: '5, 1, 1', weights: [5, 1, 1], turns: 'aabacaa' },
  { name: '4, 3, 2', weights: [4, 3, 2], turns: 'abcabacba' },
  { name: '3, 2, 1', weights: [3, 2, 1], turns: 'abacba' },
  { name: '3, 1, 1', weights: [3, 1, 1], turns: 'abaca' },
]
cases('smooth turns by weight', SMOOTH, ({ weights, turns }) => {
  assert.is(letters(smoothRoundRobin, new Pool(weights), turns.length * 2), turns + turns)
})

const FALLING = [
  { name: '4, 3, 2', weights: [4, 3, 2], turns: 'aababcabc' },
  { name: '5, 1, 1', weights: [5, 1, 1], turns: 'aaaaabc' },
  { name: '3, 2, 1', weights: [3, 2, 1], turns: 'aababc' },
  { name: '6, 4, 2', weights: [6, 4, 2], turns: 'aababc' },
]
cases('turns by a falling bar, after the plain round of a new service', FALLING, (row) => {
  const { weights, turns } = row
  assert.is(
    letters(weightedRoundRobin, new Pool(weights), 3 + turns.length * 2),
    `abc${turns}${turns}`,
  )
})

/** Servers of these weights with these active connections. */
function loaded(weights: readonly number[], active: readonly number[]): readonly Server[] {
  const { scan } = new Pool(weights)
  for (const [i, count] of active.entries()) scan[i]!.active = count
  return scan
}

suite('connections against weights', (test) => {
  test('weighted least connections: 3 of weight 2 are more than 1 of weight 1', () => {
    assert.is(lightest(loaded([2, 1], [3, 1]), overhead)!.number, 1)
  })

  test('shortest delay: 2 + 1 of weight 3 are as many as 0 + 1 of weight 1, and the first wins', () => {
    assert.is(lightest(loaded([3, 1], [2, 0]), expectedLoad)!.number, 0)
  })

  test('observed: 10, 20 and 30 connections make ratios 3, 2 and 2', () => {
    const pool = new Pool([1, 1, 1])
    for (const [i, count] of [10, 20, 30].entries()) pool.scan[i]!.active = count
    const turn = startOf(observed, pool)
    const turns = [0, 0, 0]
    for (let n = 0; n < 70; n++) turns[turn.choose(arrival(n))!.number]!++
    assert.equal(turns, [30, 20, 20])
  })
})

suite('hashes', (test) => {
  test('CRC-32 of 123456789', () => {
    assert.is(crcEnd(crcText(CRC_START, '123456789')), 0xcbf4_3926)
  })

  test("the end of MurmurHash3, which is all there is of an empty text's", () => {
    assert.is(murmurEnd(1), 0x514e_28b7)
    assert.is(murmurEnd(0xffff_ffff), 0x81f1_6f39)
  })

  test('avalanche moves half of the bits', () => {
    let moved = 0
    for (let word = 0; word < 1000; word++) {
      for (let rest = avalanche(word) ^ avalanche(word ^ 1); rest !== 0; rest &= rest - 1) moved++
    }
    assert.ok(moved > 15_000 && moved < 17_000, String(moved))
  })

  test('the buckets of IPVS for two addresses', () => {
    assert.is(bucketOf(0xcf11_7514), 156)
    assert.is(bucketOf(0x0a00_0002), 137)
  })

  test('logarithms of halves, quarters and eighths', () => {
    // ln 2 to 16 digits; a hash of 2^31 stands for a half, but for half of its last bit.
    for (const [hash, halves] of [
      [0x8000_0000, 1],
      [0x4000_0000, 2],
      [0x2000_0000, 3],
    ] as const) {
      const error = negativeLogarithm(hash) - halves * 0.6931471805599453
      assert.ok(error < 0 && error > -1e-8, String(error))
    }
    assert.ok(Math.abs(negativeLogarithm(0) - 22.873856958477) < 1e-9)
  })
})

const OCTETS = [
  { name: '207.17.117.20', chosen: 1 },
  { name: '207.17.117.99', chosen: 1 },
  { name: '207.17.118.20', chosen: 2 },
]
cases('ip_hash of nginx on three servers', OCTETS, ({ name, chosen }) => {
  const around = surroundings({ settings: { function: 'nginx' } })
  const turn = sourceHash.start(new Pool([1, 1, 1]), around)
  const client = around.addresses.number(parseAddress(name)!)
  assert.is(turn.choose({ ...arrival(0), client })!.number, chosen)
})

suite('ip_hash of nginx on thirty networks', (test) => {
  for (const [servers, each] of [
    [2, 15],
    [3, 10],
  ] as const) {
    test(`127.0.1.2 to 127.0.30.2: ${each} for each of ${servers}`, () => {
      const pool = new Pool(Array.from({ length: servers }, () => 1))
      const turn = startOf(sourceHash, pool, { function: 'nginx' })
      const counts = Array.from({ length: servers }, () => 0)
      for (let i = 1; i <= 30; i++) {
        counts[turn.choose({ ...arrival(0), client: 0x7f00_0002 + i * 256 })!.number]!++
      }
      assert.equal(
        counts,
        counts.map(() => each),
      )
    })
  }
})

/** Clients that are asked before and after. */
const CLIENTS = 20_000

/** Shares of clients with another server: of all, and of those whose server is still there. */
function moved(
  name: string,
  scheduler: Scheduler,
  settings: ScheduleSettings,
  servers: number,
): { all: number; needless: number } {
  const pool = new Pool(Array.from({ length: servers }, () => 1))
  const turn = startOf(scheduler, pool, settings)
  const ask = (): Server[] =>
    Array.from({ length: CLIENTS }, (_, n) => {
      return turn.choose({ ...arrival(0), client: murmurEnd(n + 1) >>> 1 })!
    })
  const before = ask()
  const gone = pool.scan[servers >> 1]!
  pool.remove(servers >> 1)
  turn.changed()
  const after = ask()
  const others = before.filter((server, n) => server !== after[n])
  const stayed = before.filter((server) => server !== gone)
  const needless = others.filter((server) => server !== gone)
  assert.ok(!after.includes(gone), name)
  return { all: others.length / CLIENTS, needless: needless.length / stayed.length }
}

const SCALES = [
  { name: '3 servers', servers: 3, modulo: 0.667, maglev: 0.004, large: 0.01 },
  { name: '10 servers', servers: 10, modulo: 0.9, maglev: 0.02, large: 0.0066 },
  { name: '100 servers', servers: 100, modulo: 0.99, maglev: 0.064, large: 0.012 },
]
cases('one server leaves', SCALES, ({ servers, modulo, maglev: small, large }) => {
  const byModulo = moved('modulo', sourceHash, { function: 'haproxy' }, servers)
  assert.ok(Math.abs(byModulo.all - modulo) < 0.01, `modulo moves ${byModulo.all}`)
  const byTable = moved('maglev', maglev, {}, servers)
  assert.ok(byTable.needless <= small, `a table of 4093 moves ${byTable.needless}`)
  const byLarge = moved('maglev', maglev, { slots: 65537 }, servers)
  assert.ok(byLarge.needless <= large, `a table of 65537 moves ${byLarge.needless}`)
  assert.is(moved('ring', ringHash, {}, servers).needless, 0)
  assert.is(moved('rendezvous', rendezvous, {}, servers).needless, 0)
})

suite('one server comes', (test) => {
  test('from 3 to 4 the modulo moves three quarters, rendezvous one quarter, to the new one', () => {
    for (const [scheduler, settings, due] of [
      [sourceHash, { function: 'haproxy' }, 0.75],
      [rendezvous, {}, 0.25],
    ] as const) {
      const pool = new Pool([1, 1, 1])
      const turn = startOf(scheduler, pool, settings)
      const ask = (): Server[] =>
        Array.from({ length: CLIENTS }, (_, n) => {
          return turn.choose({ ...arrival(0), client: murmurEnd(n + 1) >>> 1 })!
        })
      const before = ask()
      pool.order = [...pool.order, pool.server(1)]
      pool.scan = pool.order
      turn.changed()
      const after = ask()
      const others = after.filter((server, n) => server !== before[n])
      assert.ok(Math.abs(others.length / CLIENTS - due) < 0.02, `${others.length} moved`)
      if (scheduler === rendezvous) assert.ok(others.every(({ number }) => number === 3))
    }
  })
})

suite('a table of Maglev', (test) => {
  test('is shared as evenly as 65537 slots can be', () => {
    const { scan } = new Pool([1, 1, 1])
    const pool = { scan, order: scan }
    const around = surroundings({ settings: { slots: 65537 } })
    const turn = maglev.start(pool, around) as unknown as { slots: readonly Server[] }
    const counts = scan.map((server) => turn.slots.filter((each) => each === server).length)
    assert.equal(
      [...counts].sort((a, b) => a - b),
      [21845, 21846, 21846],
    )
  })
})
