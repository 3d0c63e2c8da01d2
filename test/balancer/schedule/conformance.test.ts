import fc from 'fast-check'
import { SCHEDULERS, type Turn } from '../../../sim/balancer/schedule/index.ts'
import type { Server } from '../../../sim/balancer/service.ts'
import { assert, suite } from '../../lib/harness.ts'

/** A pool as a service is one, with servers of these weights. */
class Pool {
  scan: readonly Server[]
  private made = 0

  constructor(weights: readonly number[]) {
    this.scan = weights.map((weight) => this.server(weight))
  }

  server(weight: number): Server {
    const number = this.made++
    const ends = { name: `rs${number}`, address: 0xac10_1401 + number, port: 80, rule: number }
    return { number, ...ends, weight, active: 0, inactive: 0, present: true }
  }

  add(weight: number): void {
    this.scan = [this.server(weight), ...this.scan]
  }

  remove(at: number): void {
    this.scan[at % Math.max(1, this.scan.length)]!.present = false
    this.scan = this.scan.filter((server) => server.present)
  }
}

/** A choice, counted at its server as a balancer counts it. */
function choose(turn: Turn, n: number): Server | undefined {
  const server = turn.choose(0x0a00_0001 + n, 40000 + n)
  if (server !== undefined) server.active++
  return server
}

for (const scheduler of SCHEDULERS) {
  suite(`scheduler ${scheduler.name}`, (test) => {
    test('says what it is', () => {
      assert.match(scheduler.name, /^[a-z]+(-[a-z]+)*$/)
      assert.ok(scheduler.sentence.length > 20)
      assert.match(scheduler.source, /\S/)
    })

    test('chooses nobody when there is nobody', () => {
      assert.is(scheduler.start(new Pool([])).choose(1, 2), undefined)
    })

    test('chooses nobody when all weights are 0', () => {
      assert.is(scheduler.start(new Pool([0, 0, 0])).choose(1, 2), undefined)
    })

    test('chooses the only server every time', () => {
      const turn = scheduler.start(new Pool([1]))
      for (let n = 0; n < 10; n++) assert.is(choose(turn, n)?.number, 0)
    })

    test('passes over weight 0', () => {
      const turn = scheduler.start(new Pool([0, 1, 0, 1]))
      for (let n = 0; n < 40; n++) assert.is(choose(turn, n)!.number % 2, 1)
    })

    test('a weight that becomes 0 counts at once, and so does one that comes back', () => {
      const pool = new Pool([1, 1])
      const turn = scheduler.start(pool)
      pool.scan[0]!.weight = 0
      turn.changed()
      for (let n = 0; n < 10; n++) assert.is(choose(turn, n)?.number, 1)
      pool.scan[0]!.weight = 1
      pool.scan[1]!.weight = 0
      turn.changed()
      for (let n = 0; n < 10; n++) assert.is(choose(turn, n)?.number, 0)
    })

    test('two turns of equal pools choose alike', () => {
      const one = scheduler.start(new Pool([3, 2, 1]))
      const other = scheduler.start(new Pool([3, 2, 1]))
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
        const turn = scheduler.start(pool)
        for (const [n, { what, at, weight }] of changes.entries()) {
          if (what === 'choose') {
            const server = choose(turn, n)
            const able = pool.scan.some((each) => each.weight > 0)
            assert.is(server !== undefined, able)
            if (server !== undefined) assert.ok(server.present && server.weight > 0)
            continue
          }
          if (what === 'add') pool.add(weight)
          else if (pool.scan.length === 0) continue
          else if (what === 'remove') pool.remove(at)
          else pool.scan[at % pool.scan.length]!.weight = weight
          turn.changed()
        }
      })
      fc.assert(property, { seed: 1, numRuns: 200 })
    })
  })
}
