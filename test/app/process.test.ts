import { Agenda } from '../../sim/engine/agenda.ts'
import { type Timed, Timers } from '../../sim/host/timers.ts'
import { assert, suite } from '../lib/harness.ts'

/** Notes when it was called, and may cancel another timer then. */
class Note implements Timed {
  readonly calls: [what: number, atNs: number][] = []
  also: () => void = () => {}
  private readonly agenda: Agenda

  constructor(agenda: Agenda) {
    this.agenda = agenda
  }

  due(what: number): void {
    this.calls.push([what, this.agenda.now])
    this.also()
  }
}

function stand(): { agenda: Agenda; timers: Timers; note: Note } {
  const agenda = new Agenda()
  return { agenda, timers: new Timers(agenda), note: new Note(agenda) }
}

suite('timers of programs that can be stopped', (test) => {
  test('those that come up while the program stands still are called when it goes on', () => {
    const { agenda, timers, note } = stand()
    timers.after(10, note, 1)
    timers.after(20, note, 2)
    timers.after(50, note, 3)
    timers.freeze()
    agenda.run(30, 100)
    assert.equal(note.calls, [])
    timers.thaw()
    agenda.run(100, 100)
    assert.equal(note.calls, [
      [1, 30],
      [2, 30],
      [3, 50],
    ])
  })

  test('one that came up meanwhile can still be cancelled by what is called before it', () => {
    const { agenda, timers, note } = stand()
    timers.after(10, note, 1)
    const second = timers.after(20, note, 2)
    note.also = () => timers.cancel(second)
    timers.freeze()
    agenda.run(30, 100)
    timers.thaw()
    assert.equal(note.calls, [[1, 30]])
  })

  test('nobody is called once they are cleared', () => {
    const { agenda, timers, note } = stand()
    const first = timers.after(10, note, 1)
    timers.freeze()
    agenda.run(15, 100)
    timers.after(10, note, 2)
    timers.clear()
    timers.cancel(first)
    timers.thaw()
    agenda.run(100, 100)
    assert.equal(note.calls, [])
    assert.is(agenda.pending, 0)
  })
})
