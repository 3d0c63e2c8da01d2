import { roundRobin } from '../../../sim/balancer/schedule/round-robin.ts'
import { assert, suite } from '../../lib/harness.ts'
import { arrival, named, poolOf, surroundings } from './pool.ts'

suite('round-robin', (test) => {
  test('goes round in scan order', () => {
    const turn = roundRobin.start(poolOf(named('a', 'b', 'c')), surroundings())
    const chosen = [1, 2, 3, 4, 5].map(() => turn.choose(arrival(0))?.name)
    assert.equal(chosen, ['a', 'b', 'c', 'a', 'b'])
  })

  test('a server that fails and comes back costs nobody a turn', () => {
    // Server 3 is down after pick 3 and up again before pick 8.
    const pool = poolOf(named('1', '2', '3'))
    const turn = roundRobin.start(pool, surroundings())
    const chosen: (string | undefined)[] = []
    for (let pick = 1; pick <= 8; pick++) {
      if (pick === 4 || pick === 8) {
        pool.scan[2]!.weight = pick === 4 ? 0 : 1
        turn.changed()
      }
      chosen.push(turn.choose(arrival(0))?.name)
    }
    assert.equal(chosen, ['1', '2', '3', '1', '2', '1', '2', '3'])
  })

  test('when the last one used goes, its successor is next', () => {
    const all = named('a', 'b', 'c')
    const pool = poolOf(all)
    const turn = roundRobin.start(pool, surroundings())
    turn.choose(arrival(0))
    turn.choose(arrival(0))
    pool.scan = [all[0]!, all[2]!]
    turn.changed()
    assert.is(turn.choose(arrival(0))?.name, 'c')
  })

  test('when the first goes after it was used, the new first is next', () => {
    const all = named('a', 'b', 'c')
    const pool = poolOf(all)
    const turn = roundRobin.start(pool, surroundings())
    turn.choose(arrival(0))
    pool.scan = [all[1]!, all[2]!]
    turn.changed()
    assert.is(turn.choose(arrival(0))?.name, 'b')
  })

  test('a server that stands twice has two turns', () => {
    const [a, b] = named('a', 'b')
    const turn = roundRobin.start(poolOf([a!, { ...a! }, b!]), surroundings())
    assert.equal(
      [1, 2, 3, 4].map(() => turn.choose(arrival(0))?.name),
      ['a', 'a', 'b', 'a'],
    )
  })
})
