// What holds for every program and for every verb, whatever it is.

import { PROGRAMS } from '../../sim/app/programs/index.ts'
import type { RecordedFlow, RunSettings, Target, VerbSettings } from '../../sim/app/settings.ts'
import { VERBS } from '../../sim/app/verbs/index.ts'
import { assert, cases, suite } from '../lib/harness.ts'
import { datagram as datagramOf } from '../nat/packets.ts'
import { CLIENT, connect, datagram, get, MS, op, Stand, to, TRAFFIC, v4, web } from './stand.ts'

const RUNS: Readonly<Record<string, RunSettings>> = {
  web: web(),
  echo: { kind: 'echo' },
  sink: { kind: 'sink' },
  closed: { kind: 'closed' },
  script: { kind: 'script', operations: [op.receive('any'), op.say('x'), op.receive('end')] },
  dns: { kind: 'dns', zone: [] },
}

/** What visitors do to a program that it must survive. */
const VISITS = [
  [op.close],
  [op.abort],
  [op.say('\0\xff\r\n\r\n'), op.close],
  [op.say('\0\xff\r\n\r\n'), op.sleep(10), op.abort],
  [op.send(200_000), op.receive('end'), op.close],
  [op.send(200_000), op.shutdown, op.receive('end'), op.close],
  [op.shutdown, op.receive('end'), op.close],
]

cases(
  'every program',
  PROGRAMS.map(({ name, sentence }) => ({ name, sentence })),
  ({ name, sentence }) => {
    assert.match(sentence, /^[a-z].*[^.]$/)
    const run = RUNS[name]
    assert.ok(run !== undefined, `no settings for ${name}: add a row`)
    const stand = new Stand().listen(run!, { port: 7 })
    stand.listen(run!, { port: 7, protocol: 'udp' })
    const open = stand.server.tcp.open
    for (const [i, operations] of VISITS.entries()) {
      stand.step(i * 100, connect(operations, { index: i, timeoutNs: 2000 * MS }))
    }
    stand.step(2000, datagram({ target: to(7), index: 90, timeoutNs: 500 * MS }))
    stand.step(2100, datagram({ target: to(7), index: 91, text: undefined, timeoutNs: 500 * MS }))
    stand.run(200)
    assert.is(stand.steps.length, VISITS.length + 2)
    assert.is(stand.server.tcp.open, open, 'connections stay behind')
    assert.is(stand.client.tcp.open, 0, 'the client keeps connections')
  },
)

const TIMES = 3
const many = (more: object): object => ({ times: TIMES, timeoutNs: 2000 * MS, ...more })

/** A step of each verb towards a target, and how many endings it tells. */
const STEPS: Readonly<Record<string, (target: Target) => [VerbSettings, number]>> = {
  get: (target) => [get(many({ target })), TIMES],
  post: (target) => [get(many({ target, verb: 'post', body: 'a=b', keepAlive: true })), TIMES],
  connect: (target) => [
    connect([op.say('x'), op.receive('any'), op.close], many({ target })),
    TIMES,
  ],
  continue: () => [{ verb: 'continue', index: 0, step: 9, operations: [op.say('x')] }, 1],
  datagram: (target) => [datagram(many({ target })), TIMES],
  ping: (target) => [
    { ...TRAFFIC, ...many({ target }), verb: 'ping', target, size: 56, ident: 0 },
    TIMES,
  ],
  resolve: () => [
    { ...TRAFFIC, ...many({}), verb: 'resolve', question: 'a.example', type: 'A', ident: 0 },
    TIMES,
  ],
  load: (target) => [
    {
      ...TRAFFIC,
      timeoutNs: 2000 * MS,
      verb: 'load',
      target,
      path: '/',
      host: 'a',
      arrivals: { kind: 'constant', perSecond: 10 },
      forNs: TIMES * 100 * MS,
      sources: undefined,
      size: 0,
    },
    TIMES,
  ],
  'syn-flood': (target) => {
    const syn = { sources: undefined, window: 8192, options: [2, 4, 5, 180], ident: 256 }
    const gaps = many({ everyNs: MS })
    return [{ ...TRAFFIC, ...gaps, verb: 'syn-flood', target, ...syn }, 0]
  },
  replay: (target) => {
    const flows = Array.from({ length: TIMES }, (_, i) => recorded(target, 40000 + i))
    const step = { verb: 'replay', index: 0, node: 0, timeoutNs: 2000 * MS, shift: true } as const
    return [{ ...step, flows }, TIMES]
  },
}

/** A recorded datagram to this end. */
function recorded(target: Target, clientPort: number): RecordedFlow {
  const server = target.kind === 'address' ? target.address : v4('0.0.0.0')
  const dst = server.family === 4 ? server.v4 : 0
  const ends = { src: CLIENT, dst, srcPort: clientPort, dstPort: target.port }
  const octets = datagramOf(ends, new Uint8Array([1, 2, 3]))
  return {
    protocol: 'udp',
    client: v4('10.1.0.10'),
    clientPort,
    server,
    serverPort: target.port,
    serverFirst: undefined,
    serverEnd: undefined,
    answers: 1,
    packets: [{ atNs: 0, octets, transport: 20, fragment: false }],
  }
}

const SITUATIONS: readonly { name: string; address: string; prepare: (stand: Stand) => void }[] = [
  {
    name: 'a server that answers',
    address: '10.1.0.1',
    prepare: (stand) => stand.listen(web()).listen({ kind: 'echo' }, { protocol: 'udp' }),
  },
  { name: 'nobody listens', address: '10.1.0.1', prepare: () => undefined },
  {
    name: 'a server that is silent',
    address: '10.1.0.1',
    prepare: (stand) => {
      stand.server.down = true
    },
  },
  {
    name: 'a server that accepts and says nothing',
    address: '10.1.0.1',
    prepare: (stand) =>
      stand.listen({ kind: 'sink' }).listen({ kind: 'sink' }, { protocol: 'udp' }),
  },
  {
    name: 'a server that resets',
    address: '10.1.0.1',
    prepare: (stand) => stand.listen({ kind: 'script', operations: [op.abort] }),
  },
  { name: 'no route', address: '192.0.2.1', prepare: () => undefined },
]

for (const { name: verb } of VERBS) {
  suite(`every verb: ${verb}`, (test) => {
    for (const { name, address, prepare } of SITUATIONS) {
      test(`${name}: each repetition ends once, and so does the step`, () => {
        const make = STEPS[verb]
        assert.ok(make !== undefined, `no step for ${verb}: add a row`)
        const [step, endings] = make!({ kind: 'address', address: v4(address), port: 80 })
        const stand = new Stand({ resolver: { server: v4(address) } })
        prepare(stand)
        stand.step(0, step).run(300)
        assert.is(stand.told.length, endings)
        assert.is(stand.steps.length, 1)
        for (const told of stand.told) {
          assert.ok(told.tookNs >= 0 && told.atMs <= stand.steps[0]!.atMs)
          assert.is(told.step, 0)
        }
        assert.is(stand.client.tcp.open, 0, 'connections stay behind')
      })
    }
  })
}
