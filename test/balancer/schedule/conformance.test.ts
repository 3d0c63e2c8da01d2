import fc from 'fast-check'
import { murmurEnd } from '../../../sim/balancer/schedule/avalanche.ts'
import {
  type ScheduleSettings,
  SCHEDULERS,
  type Turn,
} from '../../../sim/balancer/schedule/index.ts'
import { assert, suite } from '../../lib/harness.ts'
import type { Server } from '../../../sim/balancer/service.ts'
import { arrival, choose, Pool, startOf as start } from './pool.ts'

/** Every scheduler by itself, and those with settings in each of their ways. */
const WAYS: readonly (readonly [string, ScheduleSettings])[] = [
  ...SCHEDULERS.map(({ name }): [string, ScheduleSettings] => [name, {}]),
  ['source-hash', { port: true }],
  ['source-hash', { fallback: true }],
  ['source-hash', { function: 'jhash', seed: 7 }],
  ['source-hash', { function: 'jhash', fallback: true }],
  ['source-hash', { function: 'nginx' }],
  ['source-hash', { function: 'haproxy' }],
  ['source-hash', { function: 'haproxy', port: true, fallback: true }],
  ['maglev', { port: true, fallback: true }],
  ['maglev', { slots: 65537 }],
  ['ring-hash', { function: 'haproxy' }],
  ['ring-hash', { boundedLoad: 1.25, port: true }],
  ['rendezvous', { boundedLoad: 1.25 }],
  ['least-connections', { per: 'server' }],
  ['weighted-least-connections', { per: 'server' }],
  ['weighted-least-connections', { rule: 'nginx' }],
  ['weighted-least-connections', { rule: 'haproxy' }],
  ['smooth-round-robin', { rule: 'haproxy' }],
  ['fastest', { forgetNs: 1_000_000_000 }],
  ['observed', { per: 'server' }],
  ['predictive', { per: 'server' }],
]

/** A choice that is over at once. */
function visit(turn: Turn, n: number): Server | undefined {
  const server = choose(turn, n)
  if (server === undefined) return undefined
  server.active--
  turn.counted?.(server)
  return server
}

/** How many of so many visits each of some servers got. */
function sharesOf(turn: Turn, servers: number, visits: number): number[] {
  const shares = Array.from({ length: servers }, () => 0)
  for (let n = 0; n < visits; n++) {
    const server = visit(turn, n)
    if (server !== undefined) shares[server.number]!++
  }
  return shares
}

/** Those that give weight 3 about three times as many visits as weight 1. */
const BY_WEIGHT = [
  'weighted-round-robin',
  'smooth-round-robin',
  'random',
  'source-hash',
  'maglev',
  'ring-hash',
  'rendezvous',
]
/** Those that lead visits that are over at once to one server, or to as many as there are ranks. */
const ONE_FOR_ALL = ['fail-over', 'overflow', 'least-connections', 'weighted-least-connections']
const STICKY = [...ONE_FOR_ALL, 'shortest-delay', 'never-queue', 'locality', 'locality-replicated']

for (const [name, settings] of WAYS) {
  const scheduler = SCHEDULERS.find((each) => each.name === name)!
  const words = JSON.stringify(settings).replaceAll('"', '')
  const startOf = (_: typeof scheduler, pool: Pool): Turn => start(scheduler, pool, settings)
  const mayRefuse = scheduler.mayRefuse === true && settings.function !== 'nginx'
  suite(`scheduler ${name}${words === '{}' ? '' : ` ${words}`}`, (test) => {
    test('says what it is', () => {
      assert.match(scheduler.name, /^[a-z]+(-[a-z]+)*$/)
      assert.ok(scheduler.sentence.length > 20)
      assert.match(scheduler.source, /\S/)
    })

    test('chooses nobody when there is nobody', () => {
      assert.is(startOf(scheduler, new Pool([])).choose(arrival(0)), undefined)
    })

    test('chooses nobody when all weights are 0', () => {
      assert.is(startOf(scheduler, new Pool([0, 0, 0])).choose(arrival(0)), undefined)
    })

    test('chooses the only server every time', () => {
      const turn = startOf(scheduler, new Pool([1]))
      for (let n = 0; n < 10; n++) {
        const server = choose(turn, n)
        // One of weight 1 may be full after two.
        if (n < 2 || !mayRefuse) assert.is(server?.number, 0)
        else assert.ok(server === undefined || server.number === 0)
      }
    })

    test('passes over weight 0', () => {
      const turn = startOf(scheduler, new Pool([0, 1, 0, 1]))
      let chosen = 0
      for (let n = 0; n < 40; n++) {
        const server = choose(turn, n)
        if (server === undefined) assert.ok(mayRefuse)
        else assert.is(server.number % 2, 1)
        if (server !== undefined) chosen++
      }
      assert.ok(chosen > 0 || scheduler.name === 'destination-hash')
    })

    test('a weight that becomes 0 counts at once, and so does one that comes back', () => {
      const pool = new Pool([1, 1])
      const turn = startOf(scheduler, pool)
      pool.weigh(0, 0)
      turn.changed()
      const only = (number: number): void => {
        for (let n = 0; n < 10; n++) {
          const server = choose(turn, n)
          if (server === undefined) assert.ok(mayRefuse)
          else assert.is(server.number, number)
        }
      }
      only(1)
      pool.weigh(0, 1)
      pool.weigh(1, 0)
      turn.changed()
      only(0)
    })

    test('chooses nobody when all are full', () => {
      const pool = new Pool([1, 2])
      const turn = startOf(scheduler, pool)
      for (const server of pool.scan) server.overloaded = true
      for (let n = 0; n < 10; n++) assert.is(choose(turn, n), undefined)
    })

    test('goes on when one of those that were full has room again', () => {
      const pool = new Pool([1, 2])
      const turn = startOf(scheduler, pool)
      for (const server of pool.scan) server.overloaded = true
      for (let n = 0; n < 10; n++) choose(turn, n)
      pool.scan[1]!.overloaded = false
      const chosen = Array.from({ length: 40 }, (_, n) => visit(turn, n)?.number)
      assert.ok(chosen.includes(1))
      assert.ok(!chosen.includes(0))
    })

    test('never chooses one that a check has found down', () => {
      const pool = new Pool([1, 1, 1])
      const turn = startOf(scheduler, pool)
      for (let n = 0; n < 5; n++) visit(turn, n)
      const down = pool.scan[1]!
      pool.setUp(down, false)
      turn.changed()
      for (let n = 0; n < 60; n++) assert.is.not(visit(turn, n), down)
      pool.setUp(down, true)
      turn.changed()
      const shares = sharesOf(turn, 3, 600)
      assert.ok(shares[1]! > 0 || STICKY.includes(name) || name === 'fastest')
    })

    test('finds every server that has weight', () => {
      const turn = startOf(scheduler, new Pool([1, 1, 1]))
      const chosen = new Set<number | undefined>()
      // Held connections, so that those who look at load look further.
      for (let n = 0; n < 600; n++) chosen.add(choose(turn, n)?.number)
      const all = name === 'fail-over' ? [0] : [0, 1, 2]
      assert.equal(
        all.filter((number) => !chosen.has(number)),
        [],
      )
    })

    if (scheduler.byHash === true && settings.boundedLoad === undefined) {
      test('leads a client to the same server while nothing changes', () => {
        const turn = startOf(scheduler, new Pool([3, 2, 1]))
        for (let n = 0; n < 50; n++) {
          const first = visit(turn, n)
          for (let again = 0; again < 3; again++) assert.is(visit(turn, n), first)
        }
      })
    }

    if (BY_WEIGHT.includes(name)) {
      test('gives a server what its weight says', () => {
        // From many networks, since one of the hashes looks at no more of an address.
        const turn = startOf(scheduler, new Pool([3, 2, 1]))
        const shares = [0, 0, 0]
        for (let n = 0; n < 6000; n++) {
          const client = murmurEnd(n) >>> 1
          shares[turn.choose({ ...arrival(n), client })?.number ?? 0]!++
        }
        // HAProxy has 16 points for a weight of 1, so its shares are rough.
        const rough = name === 'ring-hash' && settings.function === 'haproxy' ? 0.4 : 0.15
        for (const [i, due] of [3000, 2000, 1000].entries()) {
          assert.ok(Math.abs(shares[i]! - due) < rough * due, `${shares[i]} instead of ${due}`)
        }
      })
    }

    test('two turns of equal pools choose alike', () => {
      const one = startOf(scheduler, new Pool([3, 2, 1]))
      const other = startOf(scheduler, new Pool([3, 2, 1]))
      for (let n = 0; n < 100; n++) assert.is(choose(one, n)?.number, choose(other, n)?.number)
    })

    test('whatever is added, removed and weighed, it chooses one that has weight', () => {
      const change = fc.record({
        what: fc.constantFrom('add', 'remove', 'weigh', 'choose', 'choose'),
        at: fc.nat(20),
        weight: fc.nat(3),
      })
      const property = fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
        const pool = new Pool([1, 2])
        const turn = startOf(scheduler, pool)
        for (const [n, { what, at, weight }] of changes.entries()) {
          if (what === 'choose') {
            const server = choose(turn, n)
            const able = pool.scan.some((each) => each.weight > 0)
            if (!able || !mayRefuse) assert.is(server !== undefined, able)
            if (server !== undefined) assert.ok(server.present && server.weight > 0)
            continue
          }
          if (what === 'add') pool.add(weight)
          else if (pool.scan.length === 0) continue
          else if (what === 'remove') pool.remove(at)
          else pool.weigh(at, weight)
          turn.changed()
        }
      })
      fc.assert(property, { seed: 1, numRuns: settings.slots === undefined ? 200 : 10 })
    })
  })
}
