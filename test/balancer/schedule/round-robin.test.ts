import { roundRobin } from '../../../sim/balancer/schedule/round-robin.ts'
import type { Server } from '../../../sim/balancer/service.ts'
import { assert, suite } from '../../lib/harness.ts'

function servers(...names: string[]): Server[] {
  const rest = { address: 1, port: 80, rule: 0, weight: 1, active: 0, inactive: 0, present: true }
  return names.map((name, number) => ({ name, number, ...rest }))
}

suite('round-robin', (test) => {
  test('goes round in scan order', () => {
    const turn = roundRobin.start({ scan: servers('a', 'b', 'c') })
    const chosen = [1, 2, 3, 4, 5].map(() => turn.choose(0, 0)?.name)
    assert.equal(chosen, ['a', 'b', 'c', 'a', 'b'])
  })

  test('a server that fails and comes back costs nobody a turn', () => {
    // Server 3 is down after pick 3 and up again before pick 8.
    const pool = { scan: servers('1', '2', '3') }
    const turn = roundRobin.start(pool)
    const chosen: (string | undefined)[] = []
    for (let pick = 1; pick <= 8; pick++) {
      if (pick === 4 || pick === 8) {
        pool.scan[2]!.weight = pick === 4 ? 0 : 1
        turn.changed()
      }
      chosen.push(turn.choose(0, 0)?.name)
    }
    assert.equal(chosen, ['1', '2', '3', '1', '2', '1', '2', '3'])
  })

  test('when the last one used goes, its successor is next', () => {
    const all = servers('a', 'b', 'c')
    const pool = { scan: all }
    const turn = roundRobin.start(pool)
    turn.choose(0, 0)
    turn.choose(0, 0)
    pool.scan = [all[0]!, all[2]!]
    turn.changed()
    assert.is(turn.choose(0, 0)?.name, 'c')
  })

  test('when the first goes after it was used, the new first is next', () => {
    const all = servers('a', 'b', 'c')
    const pool = { scan: all }
    const turn = roundRobin.start(pool)
    turn.choose(0, 0)
    pool.scan = [all[1]!, all[2]!]
    turn.changed()
    assert.is(turn.choose(0, 0)?.name, 'b')
  })

  test('a server that stands twice has two turns', () => {
    const [a, b] = servers('a', 'b') as [Server, Server]
    const turn = roundRobin.start({ scan: [a, { ...a }, b] })
    assert.equal(
      [1, 2, 3, 4].map(() => turn.choose(0, 0)?.name),
      ['a', 'a', 'b', 'a'],
    )
  })
})
