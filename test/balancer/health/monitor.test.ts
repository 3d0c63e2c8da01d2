import { type CheckPlan, HEALTH_CHECKS, Monitor } from '../../../sim/balancer/health/index.ts'
import type { CheckDetails } from '../../../sim/balancer/health/index.ts'
import { Timers } from '../../../sim/host/timers.ts'
import type { ProgramSettings, RunSettings } from '../../../sim/app/settings.ts'
import { MS, op, SERVER, Stand, v4, web } from '../../app/stand.ts'
import { assert, cases, suite } from '../../lib/harness.ts'

const SECOND = 1000 * MS

function plan(name: string, change: Partial<CheckPlan> = {}): CheckPlan {
  const kind = HEALTH_CHECKS.find((each) => each.name === name)!
  const times = { everyNs: 5 * SECOND, retryNs: 5 * SECOND, downNs: 5 * SECOND, timeoutNs: SECOND }
  return { kind, ...times, tries: 3, rise: 1, port: 80, details: {}, ...change }
}

/** `12000 down: why`, in milliseconds rounded down. */
function watch(stand: Stand, ...plans: CheckPlan[]): string[] {
  const turns: string[] = []
  const timers = new Timers(stand.network.agenda)
  new Monitor(stand.client, timers, SERVER, plans, (up, why) => {
    const ms = Math.floor(stand.network.agenda.now / MS)
    turns.push(`${ms} ${up ? 'up' : 'down'}: ${why}`)
  })
  return turns
}

const WEB = web({ path: '/', body: 'alive' })
const UDP: Partial<ProgramSettings> = { protocol: 'udp' }
const ZONE: RunSettings = {
  kind: 'dns',
  zone: [{ name: 'www.example.com', addresses: [v4('10.1.0.1')], ttlSeconds: 60, rotate: false }],
}
const lines = (...texts: string[]): RunSettings => ({
  kind: 'script',
  operations: texts.flatMap((text, i) =>
    i === 0 ? [op.say(text)] : [op.receive('any'), op.say(text)],
  ),
})
const ECHO: RunSettings = { kind: 'echo' }
const says = (text: string): RunSettings => ({
  kind: 'script',
  operations: [op.say(text), op.sleep(1000 * MS)],
})

suite('health monitor', (test) => {
  test('a server that always answers never turns', () => {
    const stand = new Stand().listen(ECHO)
    const turns = watch(stand, plan('tcp'))
    stand.run(59)
    assert.equal(turns, [])
    const syns = stand.talk().filter((line) => line === 'C S')
    assert.is(syns.length, 12, 'a question every 5 s, at 0, 5, .. 55')
  })

  test('three silent questions in a row take it out, one answer takes it in', () => {
    const stand = new Stand().listen(ECHO)
    stand.at(12_000, () => Object.assign(stand.server, { down: true }))
    stand.at(41_000, () => Object.assign(stand.server, { down: false }))
    const turns = watch(stand, plan('tcp'))
    stand.run(60)
    assert.equal(turns, [
      '26000 down: it did not answer the SYN',
      '45000 up: it accepted a connection',
    ])
  })

  test('a closed port fails at once', () => {
    const stand = new Stand()
    const turns = watch(stand, plan('tcp'))
    stand.run(20)
    assert.equal(turns, ['10000 down: its port is closed'])
  })

  test('after a failure the gap is the shorter one', () => {
    const stand = new Stand()
    const turns = watch(stand, plan('tcp', { retryNs: SECOND }))
    stand.run(20)
    assert.equal(turns, ['2000 down: its port is closed'])
  })

  test('as HAProxy 2.6.12 with inter 5s fall 3 rise 2, s1 killed at 3.264 s and back at 27.267 s', () => {
    // Its log: DOWN at 15.007 s, UP at 35.014 s; its own delays add up to some milliseconds.
    const stand = new Stand().listen(ECHO)
    stand.at(3264, () => Object.assign(stand.server, { down: true }))
    stand.at(27_267, () => Object.assign(stand.server, { down: false }))
    const turns = watch(stand, plan('tcp', { rise: 2, timeoutNs: MS }))
    stand.run(42)
    assert.equal(
      turns.map((turn) => turn.split(':')[0]),
      ['15001 down', '35000 up'],
    )
  })

  test('while it is about to turn the gap is the short one, while it is down another', () => {
    const stand = new Stand().listen(ECHO)
    stand.at(6000, () => Object.assign(stand.server, { down: true }))
    stand.at(31_000, () => Object.assign(stand.server, { down: false }))
    const gaps = { retryNs: SECOND, downNs: 10 * SECOND, timeoutNs: 500 * MS }
    const turns = watch(stand, plan('tcp', { rise: 3, ...gaps }))
    stand.run(60)
    // Silent from 10 s on: asked at 10, 11, 12; then at 22 and 32, and quickly at 33 and 34.
    assert.equal(
      turns.map((turn) => turn.split(':')[0]),
      ['12500 down', '34000 up'],
    )
    const asked = [0, 5, 10, 11, 12, 22, 32, 33, 34, 39, 44, 49, 54, 59]
    assert.is(stand.talk().filter((line) => line === 'C S').length, asked.length)
  })

  test('rise asks for more than one success', () => {
    const stand = new Stand().listen(ECHO)
    stand.at(1, () => Object.assign(stand.server, { down: true }))
    stand.at(17_000, () => Object.assign(stand.server, { down: false }))
    const turns = watch(stand, plan('tcp', { rise: 2 }))
    stand.run(40)
    assert.equal(
      turns.map((turn) => turn.split(':')[0]),
      ['16000 down', '25000 up'],
    )
  })

  test('a balancer without power concludes nothing from silence', () => {
    const stand = new Stand()
    stand.server.down = true
    stand.at(10_500, () => Object.assign(stand.client, { down: true }))
    const turns = watch(stand, plan('tcp'))
    stand.run(20)
    assert.equal(turns, [])
  })

  test('all checks must pass', () => {
    const stand = new Stand().listen(WEB)
    const turns = watch(stand, plan('ping'), plan('http', { details: { body: 'living' } }))
    stand.run(20)
    assert.equal(turns, ["10000 down: 'living' is not in its page"])
  })
})

cases<{
  name: string
  check: string
  details?: CheckDetails
  answers: RunSettings | undefined
  more?: Partial<ProgramSettings>
  says: string
}>(
  'what a check takes for an answer',
  [
    { name: 'ping', check: 'ping', answers: undefined, says: '' },
    { name: 'a page', check: 'http', answers: WEB, says: '' },
    {
      name: 'another status',
      check: 'http',
      details: { path: '/nowhere' },
      answers: WEB,
      says: 'it answered with status 404',
    },
    {
      name: 'the status that is wanted',
      check: 'http',
      details: { path: '/nowhere', status: 404 },
      answers: WEB,
      says: '',
    },
    {
      name: 'a mail server',
      check: 'smtp',
      answers: lines('220-rs1\r\n220 ready\r\n', '250 hello\r\n', '221 bye\r\n'),
      says: '',
    },
    {
      name: 'a mail server that is tired',
      check: 'smtp',
      answers: lines('421 too busy\r\n'),
      says: 'it answered 421 instead of 220',
    },
    { name: 'no greeting', check: 'ftp', answers: WEB, says: 'it did not greet' },
    { name: 'a datagram', check: 'udp', answers: ECHO, more: UDP, says: '' },
    { name: 'a closed port', check: 'udp', answers: undefined, says: 'its port is closed' },
    {
      name: 'silence',
      check: 'udp',
      details: { silence: 'down' },
      answers: { kind: 'sink' },
      more: UDP,
      says: 'it did not answer',
    },
    {
      name: 'silence that is no answer either way',
      check: 'udp',
      answers: { kind: 'sink' },
      more: UDP,
      says: '',
    },
    {
      name: 'a name server that knows the name',
      check: 'dns',
      details: { name: 'www.example.com' },
      answers: ZONE,
      more: UDP,
      says: '',
    },
    {
      name: 'a name server that does not',
      check: 'dns',
      details: { name: 'nobody.example.com' },
      answers: ZONE,
      more: UDP,
      says: 'it answered with code 3',
    },
    {
      name: 'no HTTP',
      check: 'http',
      answers: says('hello\r\n\r\n'),
      says: 'it answered no HTTP',
    },
  ],
  ({ check, details = {}, answers, more = {}, says: said }) => {
    const stand = new Stand()
    if (answers !== undefined) stand.listen(answers, more)
    const turns = watch(stand, plan(check, { tries: 1, details }))
    stand.run(4)
    assert.is(turns[0]?.replace(/^\d+ down: /, '') ?? '', said)
  },
)
