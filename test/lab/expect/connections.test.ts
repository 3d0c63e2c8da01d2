import { ConnectionsWatch } from '../../../sim/lab/expect/connections.ts'
import type { ConnectionCounts } from '../../../sim/lab/expect/snapshot.ts'
import type { Bound } from '../../../sim/lab/sheet/types.ts'
import { assert, suite } from '../../lib/harness.ts'
import { PLAN } from './scene.ts'

const exactly = (value: number): Bound => {
  return { min: value, max: value, text: String(value), percent: false }
}

type Sheet = ConstructorParameters<typeof ConnectionsWatch>[0]

/** Two services; rs1 and rs2 are the machines 3 and 4. */
const COUNTS: readonly (readonly ConnectionCounts[])[] = [
  [
    { node: 3, active: 2, inactive: 1 },
    { node: 4, active: 0, inactive: 0 },
  ],
  [
    { node: 3, active: 1, inactive: 0 },
    { node: 3, active: 4, inactive: 0 },
  ],
]

function judge(servers: Sheet['servers'], service: number | undefined): string | undefined {
  const base = { line: 1, column: 1, index: 0, why: undefined }
  const sheet: Sheet = { ...base, kind: 'connections', servers, service, atNs: undefined }
  const watch = new ConnectionsWatch(sheet, PLAN, COUNTS.length)
  watch.take({ table: () => [], connections: (number) => COUNTS[number]! })
  // Later looks change nothing.
  watch.take({ table: () => [], connections: () => [] })
  return watch.misfit()?.problem
}

suite('connections', (test) => {
  const names = [PLAN.nodes[3]!.name, PLAN.nodes[4]!.name]

  test('are those of one service, or of all', () => {
    const two = [{ node: 3, active: exactly(2), inactive: exactly(1) }]
    assert.is(judge(two, 0), undefined)
    assert.is(judge(two, undefined), `${names[0]} has 7 active, not 2`)
    assert.is(judge([{ node: 3, active: exactly(7), inactive: undefined }], undefined), undefined)
  })

  test('of a machine that stands several times in a service are added', () => {
    assert.is(judge([{ node: 3, active: exactly(5), inactive: exactly(0) }], 1), undefined)
  })

  test('say each count that is wrong', () => {
    const wanted = [
      { node: 3, active: exactly(1), inactive: exactly(0) },
      { node: 4, active: exactly(0), inactive: exactly(3) },
    ]
    const [first, second] = names
    const said = [`${first} has 2 active, not 1`, `${first} has 1 inactive, not 0`]
    assert.is(judge(wanted, 0), [...said, `${second} has 0 inactive, not 3`].join('; '))
  })
})
