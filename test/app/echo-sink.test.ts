import { assert, suite } from '../lib/harness.ts'
import { connect, datagram, op, Stand } from './stand.ts'

suite('echo', (test) => {
  test('returns what comes, however much, until the other side ends', () => {
    const stand = new Stand().listen({ kind: 'echo' }, { port: 7 })
    const both = [op.send(300_000, 1, true), op.receive(300_000), op.shutdown, op.receive('end')]
    stand.step(0, connect(both)).run(10)
    assert.equal(stand.outcomes(), ['ok'])
    assert.is(stand.told[0]!.bytes, 300_000)
    assert.ok(/^(0123456789abcdef)+$/.test(stand.told[0]!.body!))
  })

  test('waits for a client that does not read, and loses nothing', () => {
    const stand = new Stand().listen({ kind: 'echo' }, { port: 7, sendBuffer: 4096 })
    const small = { kind: 'set', options: { receiveBuffer: 4096 } } as const
    const late = [small, op.send(100_000), op.shutdown, op.sleep(2000), op.receive(100_000)]
    stand.step(0, connect([...late, op.close])).run(30)
    assert.equal(stand.outcomes(), ['ok'])
    assert.is(stand.told[0]!.bytes, 100_000)
  })
})

suite('sink', (test) => {
  test('reads to the end, closes, and never says a word', () => {
    const stand = new Stand().listen({ kind: 'sink' }, { port: 7 })
    stand.step(0, connect([op.send(300_000), op.shutdown, op.receive('end'), op.close])).run(10)
    assert.equal(stand.outcomes(), ['ok'])
    assert.is(stand.said('S'), '')
    assert.is(stand.said('C').length, 300_000)
  })

  test('takes every datagram and is silent', () => {
    const stand = new Stand().listen({ kind: 'sink' }, { port: 53, protocol: 'udp' })
    stand.step(0, datagram({ answers: 0, times: 3 })).run(1)
    assert.is(stand.server.udp.received(0), 3)
    assert.equal(stand.talk(), ['C udp 8', 'C udp 8', 'C udp 8'])
  })
})
