import fc from 'fast-check'
import { SCHEDULERS } from '../../../sim/balancer/schedule/index.ts'
import { assert, suite } from '../../lib/harness.ts'
import { arrival, choose, Pool, startOf } from './pool.ts'

for (const scheduler of SCHEDULERS) {
  suite(`scheduler ${scheduler.name}`, (test) => {
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
        if (n < 2 || !scheduler.mayRefuse) assert.is(server?.number, 0)
        else assert.ok(server === undefined || server.number === 0)
      }
    })

    test('passes over weight 0', () => {
      const turn = startOf(scheduler, new Pool([0, 1, 0, 1]))
      let chosen = 0
      for (let n = 0; n < 40; n++) {
        const server = choose(turn, n)
        if (server === undefined) assert.ok(scheduler.mayRefuse)
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
          if (server === undefined) assert.ok(scheduler.mayRefuse)
          else assert.is(server.number, number)
        }
      }
      only(1)
      pool.weigh(0, 1)
      pool.weigh(1, 0)
      turn.changed()
      only(0)
    })

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
            if (!able || !scheduler.mayRefuse) assert.is(server !== undefined, able)
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
      fc.assert(property, { seed: 1, numRuns: 200 })
    })
  })
}
