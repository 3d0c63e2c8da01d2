import type { Ended } from '../../../sim/app/report.ts'
import { ResponseWatch } from '../../../sim/lab/expect/response.ts'
import { TableWatch } from '../../../sim/lab/expect/table.ts'
import type { StepSheet } from '../../../sim/lab/sheet/types.ts'
import { assert, cases, suite } from '../../lib/harness.ts'
import { BASE, PLAN } from './scene.ts'

type Answer = Ended & { readonly server: number }

const OK: Answer = {
  protocol: 'tcp',
  local: 0,
  localPort: 0,
  remote: 0,
  remotePort: 0,
  outcome: 'ok',
  status: 200,
  headers: [['Server', 'rs1']],
  body: 'hello, world',
  bytes: 12,
  tookNs: 2_000_000,
  server: 3,
}

const NOTHING = {
  ...BASE,
  kind: 'response',
  step: 0,
  status: undefined,
  server: undefined,
  body: undefined,
  contains: undefined,
  headers: [],
  bytes: undefined,
  took: undefined,
  outcome: undefined,
} as const

type Wanted = Partial<ConstructorParameters<typeof ResponseWatch>[0]>

function problem(wanted: Wanted, times: number, ...answers: Answer[]): string | undefined {
  const step = { verb: 'get', name: 'visit', index: 0, times } as StepSheet
  const watch = new ResponseWatch({ ...NOTHING, ...wanted }, step, PLAN)
  for (const answer of answers) watch.ended(answer, answer.server)
  return watch.misfit()?.problem
}

const between = (min: number, max: number) => ({
  min,
  max,
  text: `${min} to ${max}`,
  percent: false,
})
const refused: Answer = {
  ...OK,
  outcome: 'refused',
  status: undefined,
  body: undefined,
  server: -1,
}

interface Row {
  readonly name: string
  readonly wanted: Wanted
  readonly answer?: Answer
}

cases<Row>(
  'responses that do not fit',
  [
    { name: 'it ended refused, not ok', wanted: {}, answer: refused },
    { name: 'it ended ok, not timeout', wanted: { outcome: 'timeout' } },
    { name: 'the status was 200, not 404', wanted: { status: 404 } },
    { name: 'rs1 answered, not rs2', wanted: { server: 4 } },
    { name: 'nobody answered, not rs2', wanted: { server: 4 }, answer: { ...OK, server: -1 } },
    { name: 'the header server was rs1, not rs2', wanted: { headers: [['server', 'rs2']] } },
    { name: 'the header Via was not there, not x', wanted: { headers: [['Via', 'x']] } },
    { name: 'the header Server was rs1, not none', wanted: { headers: [['Server', 'none']] } },
    { name: 'the body was "hello, world", not "hello"', wanted: { body: 'hello' } },
    {
      name: 'the body was "hello, world", which does not contain "moon"',
      wanted: { contains: 'moon' },
    },
    { name: '12 octets came, not 1 to 2', wanted: { bytes: between(1, 2) } },
    { name: 'it took 2ms, not 1 to 2', wanted: { took: between(1, 2) } },
  ],
  ({ name, wanted, answer }) => assert.is(problem(wanted, 1, answer ?? OK), name),
)

suite('responses', (test) => {
  test('fit', () => {
    const wanted: Wanted = { status: 200, server: 3, contains: 'world', took: between(0, 2e6) }
    assert.is(problem({ ...wanted, headers: [['Server', 'rs1']] }, 1, OK), undefined)
  })

  test('every repetition has to end, and to fit', () => {
    assert.is(problem({}, 1), 'it has not ended')
    assert.is(problem({}, 2, OK), '1 of 2 repetitions had ended')
    assert.is(problem({}, 2, OK, refused), 'repetition 2: it ended refused, not ok')
  })

  test('outcomes may be counted', () => {
    const outcome = [
      ['ok', { min: 1, max: 1, text: '1', percent: false }],
      ['refused', { min: 1, max: 1, text: '1', percent: false }],
    ] as const
    assert.is(problem({ outcome, status: 200 }, 2, OK, refused), undefined)
    assert.is(problem({ outcome }, 2, OK, OK), '2 ended ok, not 1 (2 ok)')
  })
})

suite('tables', (test) => {
  const rows = [
    { address: '172.16.20.1', mac: '02:00:00:00:04:00', state: 'REACHABLE' },
    { address: '172.16.20.2', mac: '02:00:00:00:05:00', state: 'STALE' },
  ]
  const table = { node: 2, network: undefined, iface: undefined, table: 'neighbours' } as const
  const sheet = { ...BASE, kind: 'table', table, atNs: undefined } as const
  type Parts = Pick<ConstructorParameters<typeof TableWatch>[0], 'match' | 'rows' | 'has'>
  const judge = (parts: Partial<Parts>): string | undefined => {
    const watch = new TableWatch({ ...sheet, match: {}, rows: undefined, has: [], ...parts }, PLAN)
    watch.take({ table: () => rows, connections: () => [] })
    return watch.misfit()?.problem
  }

  test('have rows, with references and any values', () => {
    const has = [
      { mac: '$rs1.eth0.mac', state: 'REACHABLE' },
      { address: '*', state: 'STALE' },
    ]
    assert.is(judge({ has }), undefined)
    assert.is(
      judge({ has: [{ address: '172.16.20.2', state: 'REACHABLE' }] }),
      'no row is { address 172.16.20.2, state REACHABLE }; nearest row: ' +
        '{ address 172.16.20.1, mac 02:00:00:00:04:00, state REACHABLE }',
    )
  })

  test('have so many rows that match', () => {
    const rowsBound = { min: 1, max: 1, text: '1', percent: false }
    assert.is(judge({ match: { state: 'STALE' }, rows: rowsBound }), undefined)
    const wrong = judge({ rows: rowsBound })
    assert.ok(wrong?.startsWith('2 rows match, not 1; the table has { address 172.16.20.1'), wrong)
  })
})
