import { createRun, formatProblem, load, type Sheet, type Verdict } from '../../sim/lab/index.ts'
import { assert, cases, suite } from '../lib/harness.ts'

// Steps that break something, seen from outside: what the sheet can see.

function sheetOf(text: string): Sheet {
  const loaded = load({ file: 'faults.yaml', text, read: () => undefined })
  if ('sheet' in loaded) return loaded.sheet
  throw new Error(loaded.errors.map((each) => formatProblem('faults.yaml', each)).join('\n'))
}

function sheet(topology: string, steps: readonly string[], expect: readonly string[]): Sheet {
  const list = (of: readonly string[]): string => of.map((each) => `  - { ${each} }\n`).join('')
  return sheetOf(`title: Something breaks
aim: It can be seen from outside.
topology: ${topology}
programs:
  site: { nodes: [server], listen: 80/tcp, run: web }
  returns: { nodes: [server], listen: 7/tcp, run: echo }
  answers: { nodes: [server], listen: 7/udp, run: echo }
steps:
${list(steps)}expect:
${list(expect)}`)
}

function held({ expectations, invariants, notes, ok }: Verdict): void {
  const problems = expectations.flatMap(({ failure, text }) =>
    failure === undefined ? [] : [`${text}: ${failure.problem}`],
  )
  const broken = invariants.flatMap((each) => (each.ok ? [] : [`${each.name}: ${each.detail}`]))
  assert.ok(ok, [...problems, ...broken, ...notes].join('\n'))
}

const GET = 'from: client, get: http://172.16.20.1/'
const STAR = '{ use: lan, networks: { lan: { wire: switch } } }'

cases(
  'faults: what a step breaks, and for how long',
  [
    {
      name: 'a network loses everything, counted once a frame',
      steps: [
        'at: 0s, from: client, ping: 172.16.20.1',
        'at: 1s, impair: lan, loss: 100%, for: 10s',
        'at: 2s, from: client, ping: 172.16.20.1, timeout: 1s, name: lost',
      ],
      expect: [
        'response: lost, outcome: timeout',
        'dropped: lost, where: client, times: { min: 1 }',
        'never: server.eth0 in icmp echo-request * > *, during: [1s, 11s]',
      ],
    },
    {
      name: 'a direction is that of the machine',
      steps: [
        'at: 0s, from: client, ping: 172.16.20.1',
        'at: 1s, impair: client.eth0, direction: in, drop: { match: icmp }, for: 5s',
        'at: 2s, from: client, ping: 172.16.20.1, timeout: 1s, name: half',
      ],
      expect: [
        'response: half, outcome: timeout',
        'packet: server.eth0 out icmp echo-reply * > *, times: 2',
        'dropped: impaired, where: client, times: 1',
      ],
    },
    {
      name: 'relative numbers count from the beginning of the connection, before the step',
      steps: [
        'at: 0s, from: client, connect: 172.16.20.1:7/tcp, name: talk, do: [send: 10B, receive: 10B]',
        'at: 1s, impair: client.eth0, direction: out, drop: { match: tcp.seq == 11 && tcp.len > 0, nth: [1] }',
        'at: 2s, continue: talk, do: [send: 20B, receive: 20B, close], name: more',
      ],
      expect: [
        'dropped: impaired, times: 1',
        'response: more, outcome: ok, took: { min: 200ms, max: 1s }',
      ],
    },
    {
      name: 'two impairments count each for itself from its own instant on',
      steps: [
        'at: 0s, from: client, ping: 172.16.20.1, times: 6, every: 1s, timeout: 500ms, name: six',
        'at: 500ms, impair: client.eth0, direction: out, drop: { match: icmp, nth: [1] }',
        'at: 1500ms, impair: client.eth0, direction: out, drop: { match: icmp, nth: [1, 3] }',
      ],
      expect: ['response: six, outcome: { ok: 3, timeout: 3 }', 'dropped: impaired, times: 3'],
    },
    {
      name: 'a delay is added in each direction',
      steps: [
        'at: 0s, from: client, ping: 172.16.20.1, name: before',
        'at: 1s, impair: client.eth0, delay: 30ms, for: 2s',
        'at: 2s, from: client, ping: 172.16.20.1, name: slow',
        'at: 4s, from: client, ping: 172.16.20.1, name: after',
      ],
      expect: [
        'response: before, took: { max: 1ms }',
        'response: slow, took: { min: 60ms, max: 61ms }',
        'response: after, took: { max: 1ms }',
      ],
    },
    {
      name: 'a smaller MTU swallows large frames in silence',
      steps: [
        'at: 0s, from: client, ping: 172.16.20.1',
        'at: 1s, impair: client.eth0, direction: out, mtu: 500, for: 5s',
        'at: 2s, from: client, ping: 172.16.20.1, size: 1000B, timeout: 1s, name: large',
      ],
      expect: ['response: large, outcome: timeout', 'dropped: oversize, where: client, times: 1'],
    },
    {
      name: 'a switch forgets who was behind a cable that is out',
      topology: STAR,
      steps: ['at: 0s, from: client, ping: 172.16.20.1', 'at: 1s, cut: server.eth0, for: 1s'],
      expect: [
        'table: lan.fdb, at: 900ms, rows: 2',
        'table: lan.fdb, at: 1500ms, rows: 1',
        'table: server.neighbours, at: 1500ms, rows: 0',
      ],
    },
    {
      name: 'a client that crashes says nothing more, and its step ends as closed',
      steps: [
        'at: 0s, from: client, connect: 172.16.20.1:7/tcp, name: talk, do: [sleep: 10s, send: 10B]',
        'at: 1s, crash: client, for: 30s',
        `at: 2s, ${GET}, name: dead`,
        `at: 40s, ${GET}, name: again`,
      ],
      expect: [
        'response: talk, outcome: closed',
        'response: dead, outcome: closed',
        'response: again, outcome: ok',
        'count: 0, where: client.eth0 out, during: [1s, 31s]',
      ],
    },
    {
      name: 'a server that starts anew knows no connection of before',
      steps: [
        'at: 0s, from: client, connect: 172.16.20.1:7/tcp, name: talk, do: [send: 10B, receive: 10B]',
        'at: 1s, crash: server, for: 5s',
        'at: 8s, continue: talk, do: [send: 10B, receive: 10B], name: more',
      ],
      expect: [
        'response: more, outcome: reset',
        'packet: "server.eth0 out R 172.16.20.1:7 > client:*"',
      ],
    },
    {
      name: 'a stopped program closes its connections, and is back when its time is over',
      steps: [
        'at: 0s, from: client, connect: 172.16.20.1:7/tcp, name: talk, do: [send: 10B, receive: 10B]',
        'at: 1s, stop: returns, for: 2s',
        'at: 2s, from: client, connect: 172.16.20.1:7/tcp, name: meanwhile',
        'at: 4s, from: client, connect: 172.16.20.1:7/tcp, name: after, do: [send: 1B, receive: 1B, close]',
      ],
      expect: [
        'packet: "server.eth0 out F. 172.16.20.1:7 > client:*", at: { about: 1s, within: 1ms }',
        'response: meanwhile, outcome: refused',
        'response: after, outcome: ok',
      ],
    },
    {
      name: 'a stopped program of UDP is answered for by its kernel',
      steps: [
        'at: 0s, stop: answers, for: 2s',
        'at: 1s, from: client, datagram: 172.16.20.1:7/udp, size: 5B, name: closed',
        'at: 3s, from: client, datagram: 172.16.20.1:7/udp, size: 5B, name: open',
      ],
      expect: ['response: closed, outcome: refused', 'response: open, outcome: ok'],
    },
    {
      name: 'what a hanging program missed it does when it goes on',
      steps: [
        'at: 0s, hang: site, for: 4s',
        `at: 1s, ${GET}, name: patient`,
        `at: 2s, ${GET}, timeout: 1s, name: impatient`,
      ],
      expect: [
        'response: patient, outcome: ok, took: { about: 3s, within: 10ms }',
        'response: impatient, outcome: timeout',
      ],
    },
    {
      name: 'the run goes on until a fault has ended',
      steps: ['at: 0s, from: client, ping: 172.16.20.1', 'at: 1s, cut: client.eth0, for: 20s'],
      expect: ['table: client.neighbours, at: 21s, rows: 0'],
    },
  ] as { name: string; topology?: string; steps: string[]; expect: string[] }[],
  ({ topology = 'lan', steps, expect }) => {
    held(createRun(sheet(topology, steps, expect)).finish())
  },
)

suite('faults: chance', (test) => {
  // Nobody asks for a MAC, so that only echoes get lost.
  const known =
    'client: { neighbours: { server: "02:00:00:00:02:00" } }, ' +
    'server: { neighbours: { client: "02:00:00:00:01:00" } }'
  const lossy = `{ use: lan, networks: { lan: { loss: 30% } }, nodes: { ${known} } }`
  const pings = 'at: 0s, from: client, ping: 172.16.20.1, times: 100, every: 10ms, timeout: 5ms'
  const outcomes = (topology: string, more: string[] = [], seed = 1): string[] =>
    createRun(sheet(topology, [`${pings}, name: many`, ...more], ['response: many']), { seed })
      .finish()
      .responses.map(({ outcome }) => outcome)

  test('a share of losses is drawn in each direction', () => {
    const ok = outcomes(lossy).filter((outcome) => outcome === 'ok').length
    // 0.7 x 0.7 of the hundred that a verdict lists, give or take three standard deviations.
    assert.ok(ok > 33 && ok < 64, `${ok} of 100`)
  })

  test('the same seed loses the same frames, another seed others', () => {
    assert.equal(outcomes(lossy), outcomes(lossy))
    assert.not.equal(outcomes(lossy), outcomes(lossy, [], 2))
  })

  test('a fault elsewhere leaves the losses as they were', () => {
    const quiet = 'at: 0s, impair: server.eth0, direction: out, corrupt-after-fcs: 1%'
    const lost = (all: string[]): number => all.filter((outcome) => outcome !== 'ok').length
    assert.ok(Math.abs(lost(outcomes(lossy, [quiet])) - lost(outcomes(lossy))) <= 3)
  })
})

suite('faults: a balancer', (test) => {
  const text = (fault: string, expect: string): string => `title: The balancer crashes
aim: Its table is gone, the open connection is lost.
topology: inline
programs:
  returns: { nodes: [rs1, rs2], listen: 80/tcp, run: echo }
services:
  web:
    balancer: lb
    vip: 199.237.202.124:80/tcp
    forward: dnat
    servers: [rs1:80, rs2:80]
    health: { tcp: { every: 1s } }
steps:
  - at: 0s
    from: client
    connect: 199.237.202.124:80/tcp
    name: talk
    do: [send: 10B, receive: 10B]
${fault}  - { at: 20s, continue: talk, do: [send: 10B, receive: 10B, close], name: more }
expect:
${expect}`

  test('that starts anew has forgotten its connections, and serves again', () => {
    const fault = '  - { at: 5s, crash: lb, for: 5s }\n'
    const rows = (at: string, count: number): string =>
      `  - { table: lb.connections, at: ${at}, match: { state: ESTABLISHED }, rows: ${count} }\n`
    const expect = `${rows('4s', 1)}${rows('12s', 0)}
  - { count: 0, where: lb.inside out, during: [5s, 10s], why: it does not even check its servers }
  - { response: more, outcome: reset, why: the balancer refuses what it does not know }
`
    held(createRun(sheetOf(text(fault, expect))).finish())
  })

  test('checks keep no run alive, though one is under way at every look', () => {
    const run = createRun(sheetOf(text('', '  - { response: more, outcome: ok }\n')))
    held(run.finish())
    assert.ok(run.nowNs < 25_000_000_000, `it ended at ${run.nowNs} ns`)
  })
})
