import { Agenda } from '../../sim/engine/agenda.ts'
import type { StepSheet } from '../../sim/lab/sheet/types.ts'
import { Steps } from '../../sim/lab/steps.ts'
import { assert, suite } from '../lib/harness.ts'

function step(index: number, when: Partial<StepSheet>): StepSheet {
  return {
    line: 1,
    column: 1,
    name: `step${index}`,
    index,
    atNs: undefined,
    after: undefined,
    waitNs: 0,
    note: undefined,
    verb: 'sysctl',
    node: 0,
    settings: {},
    ...when,
  } as StepSheet
}

function play(list: StepSheet[], durations: number[]): { log: string[]; steps: Steps } {
  const agenda = new Agenda()
  const log: string[] = []
  const end = agenda.register((index) => steps.end(index))
  const steps: Steps = new Steps(agenda, list, (index) => {
    log.push(`${agenda.now} ${index}`)
    const duration = durations[index]!
    if (Number.isFinite(duration)) agenda.schedule(agenda.now + duration, end, index, 0)
  })
  agenda.run(1000, 1000)
  return { log, steps }
}

suite('steps', (test) => {
  test('begin at their instants, those of one instant in their order', () => {
    const { log } = play(
      [step(0, { atNs: 5 }), step(1, { atNs: 5 }), step(2, { atNs: 0 })],
      [0, 0, 0],
    )
    assert.equal(log, ['0 2', '5 0', '5 1'])
  })

  test('begin so long after the end of another', () => {
    const { log, steps } = play([step(0, { atNs: 1 }), step(1, { after: 0, waitNs: 10 })], [100, 7])
    assert.equal(log, ['1 0', '111 1'])
    assert.is(steps.allEnded, true)
    assert.is(steps.lastEndNs, 118)
  })

  test('name those that have not ended', () => {
    const { steps } = play([step(0, { atNs: 1 }), step(1, { after: 0 })], [Infinity, 0])
    assert.is(steps.allEnded, false)
    assert.equal(
      steps.unfinished.map(({ name }) => name),
      ['step0', 'step1'],
    )
  })
})
