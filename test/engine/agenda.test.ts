import { Agenda, NONE } from '../../sim/engine/agenda.ts'
import { assert, suite } from '../lib/harness.ts'

/** An agenda whose one handler notes the first operand of each event. */
function noting(): { agenda: Agenda; handler: number; seen: number[] } {
  const agenda = new Agenda(4)
  const seen: number[] = []
  return { agenda, seen, handler: agenda.register((a) => seen.push(a)) }
}

suite('agenda', (test) => {
  test('runs events by time and, at one time, in the order in which they were scheduled', () => {
    const { agenda, handler, seen } = noting()
    for (const [at, name] of [
      [5, 1],
      [3, 2],
      [5, 3],
      [1, 4],
      [3, 5],
      [5, 6],
    ] as const) {
      agenda.schedule(at, handler, name, 0)
    }
    agenda.run(Infinity, 100)
    assert.equal(seen, [4, 2, 5, 1, 3, 6])
    assert.is(agenda.now, 5)
  })

  test('agrees with a sorted list over 20,000 random schedules and cancellations', () => {
    const { agenda, handler, seen } = noting()
    let x = 12345
    const draw = (below: number): number => {
      x = (Math.imul(x, 1103515245) + 12345) >>> 0
      return (x >>> 8) % below
    }
    const alive = new Map<number, { at: number; token: number }>()
    for (let name = 0; name < 20_000; name++) {
      const at = draw(5000)
      alive.set(name, { at, token: agenda.schedule(at, handler, name, 0) })
      if (draw(3) === 0) {
        const victim = draw(name + 1)
        const entry = alive.get(victim)
        assert.is(agenda.cancel(entry === undefined ? NONE : entry.token), entry !== undefined)
        alive.delete(victim)
      }
    }
    assert.is(agenda.pending, alive.size)
    const expected = [...alive]
      .sort((p, q) => p[1].at - q[1].at || p[0] - q[0])
      .map(([name]) => name)
    agenda.run(Infinity, Infinity)
    assert.equal(seen, expected)
    assert.is(agenda.pending, 0)
  })

  test('a token of an event that has run cancels nothing, even when its row is used again', () => {
    const { agenda, handler, seen } = noting()
    const first = agenda.schedule(1, handler, 1, 0)
    agenda.run(1, 10)
    agenda.schedule(2, handler, 2, 0)
    assert.not.ok(agenda.cancel(first))
    agenda.run(2, 10)
    assert.equal(seen, [1, 2])
  })

  test('stops after so many events, goes on in the next slice, and ends at `until`', () => {
    const { agenda, handler, seen } = noting()
    for (let i = 0; i < 5; i++) agenda.schedule(i, handler, i, 0)
    assert.is(agenda.run(10, 3), 3)
    assert.is(agenda.now, 2)
    assert.is(agenda.run(10, 3), 2)
    assert.is(agenda.now, 10)
    assert.equal(seen, [0, 1, 2, 3, 4])
  })

  test('an event in the past is our own mistake', () => {
    const { agenda, handler } = noting()
    agenda.run(100, 1)
    assert.throws(() => agenda.schedule(99, handler, 0, 0), /before now/)
  })
})
