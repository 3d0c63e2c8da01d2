import type { Operation, VerbSettings } from '../../sim/app/settings.ts'
import { assert, suite } from '../lib/harness.ts'
import { datagram, MS, op, SERVER, Stand, TRAFFIC } from './stand.ts'

const UDP = { port: 53, protocol: 'udp' } as const
const script = (...operations: Operation[]) => ({ kind: 'script', operations }) as const

suite('datagrams', (test) => {
  test('an echo comes back to who asked', () => {
    const stand = new Stand().listen({ kind: 'echo' }, UDP).step(0, datagram()).run(1)
    assert.equal(stand.talk(), ['C udp 8', 'S udp 8'])
    assert.is(stand.told[0]!.outcome, 'ok')
    assert.is(stand.told[0]!.body, 'question')
    assert.is(stand.told[0]!.bytes, 8)
  })

  test('a size is filled with the pattern, a text in front of it', () => {
    const stand = new Stand().listen({ kind: 'sink' }, UDP)
    stand.step(0, datagram({ size: 6, text: undefined, answers: 0 }))
    stand.step(10, datagram({ index: 1, size: 6, text: 'ab', answers: 0 })).run(1)
    assert.is(stand.said('C'), '012345ab2345')
  })

  test('a script answers each datagram, after a while if it says so', () => {
    const answers = script(op.receive('any'), op.sleep(100), op.say('{node} to {peer}'))
    const stand = new Stand().listen(answers, UDP)
    stand.step(0, datagram({ sourcePort: 5000 })).run(1)
    assert.is(stand.told[0]!.body, 'server to 10.1.0.10:5000')
    assert.ok(stand.told[0]!.tookNs > 100 * MS)
  })

  test('several answers are waited for', () => {
    const stand = new Stand().listen(script(op.say('one'), op.sleep(50), op.say('two')), UDP)
    stand.step(0, datagram({ answers: 2 })).run(1)
    assert.is(stand.told[0]!.body, 'onetwo')
    assert.ok(stand.told[0]!.tookNs > 50 * MS)
  })

  test('no answer: timeout', () => {
    const stand = new Stand().listen({ kind: 'sink' }, UDP)
    stand.step(0, datagram({ timeoutNs: 2000 * MS })).run(5)
    assert.equal(stand.outcomes(), ['timeout'])
    assert.is(stand.told[0]!.atMs, 2000)
  })

  test('nobody listens: refused, by ICMP', () => {
    assert.equal(new Stand().step(0, datagram()).run(1).outcomes(), ['refused'])
  })

  test('no route: unreachable', () => {
    const away = { kind: 'address', address: { family: 4, v4: 0xc0000201 }, port: 53 } as const
    const stand = new Stand().step(0, datagram({ target: away })).run(1)
    assert.equal(stand.outcomes(), ['unreachable'])
    assert.is(stand.steps.length, 1)
  })

  test('each repetition has a socket of its own', () => {
    const stand = new Stand().listen({ kind: 'echo' }, UDP)
    stand.step(0, datagram({ times: 5, everyNs: 10 * MS })).run(1)
    const ports = stand.sent().flatMap(({ who, srcPort }) => (who === 'C' ? [srcPort] : []))
    assert.is(new Set(ports).size, 5)
  })

  test('one way with a fixed port: one socket, at equal gaps', () => {
    const stand = new Stand().listen({ kind: 'sink' }, UDP)
    const rain = datagram({ times: 4, everyNs: 10 * MS, answers: 0, sourcePort: 5000, size: 100 })
    stand.step(0, rain).run(1)
    const sent = stand.sent()
    assert.equal(
      sent.map(({ srcPort, text }) => [srcPort, text.length]),
      new Array(4).fill([5000, 100]),
    )
    assert.equal(
      sent.slice(1).map(({ atMs }, i) => Math.round(atMs - sent[i]!.atMs)),
      [10, 10, 10],
    )
    assert.is(stand.server.udp.received(0), 4)
    assert.is(stand.steps.length, 1)
  })

  test('a datagram larger than the MTU travels in fragments and arrives whole', () => {
    const stand = new Stand().listen({ kind: 'echo' }, UDP)
    stand.step(0, datagram({ size: 4000, text: undefined })).run(1)
    assert.equal(
      stand.told.map(({ outcome, bytes }) => [outcome, bytes]),
      [['ok', 4000]],
    )
  })
})

function ping(more: Partial<Extract<VerbSettings, { verb: 'ping' }>> = {}): VerbSettings {
  const target = { kind: 'address', address: { family: 4, v4: SERVER }, port: 0 } as const
  return { ...TRAFFIC, verb: 'ping', target, size: 56, ident: 0, ...more }
}

suite('ping', (test) => {
  test('requests with rising numbers, a second apart, each told with its time', () => {
    const stand = new Stand().step(0, ping({ times: 3 })).run(5)
    assert.equal(stand.outcomes(), ['ok', 'ok', 'ok'])
    assert.equal(
      stand.told.map(({ atMs, bytes }) => [Math.floor(atMs), bytes]),
      [
        [0, 56],
        [1000, 56],
        [2000, 56],
      ],
    )
    assert.is(stand.steps.length, 1)
  })

  test('one id for all of a ping: drawn, or as the step says', () => {
    const stand = new Stand().step(0, ping({ times: 2, everyNs: 10 * MS, ident: 77 })).run(1)
    assert.equal(
      stand.told.map(({ localPort, remotePort }) => [localPort, remotePort]),
      [
        [77, 77],
        [77, 77],
      ],
    )
  })

  test('no machine there: each request ends by itself', () => {
    const nobody = { kind: 'address', address: { family: 4, v4: 0x0a010063 }, port: 0 } as const
    const stand = new Stand().step(0, ping({ target: nobody, times: 2 })).run(20)
    assert.equal(stand.outcomes(), ['unreachable', 'unreachable'])
    assert.is(stand.steps.length, 1)
  })

  test('a machine that is down: timeout', () => {
    const stand = new Stand().step(0, ping()).at(500, () => {
      stand.server.down = true
    })
    stand.step(600, ping({ index: 1, timeoutNs: 1000 * MS })).run(5)
    assert.equal(stand.outcomes(), ['ok', 'timeout'])
    assert.is(Math.round(stand.told[1]!.atMs), 1600)
  })
})
