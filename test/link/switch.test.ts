import { AGEING_NS } from '../../sim/link/switch.ts'
import { assert, suite } from '../lib/harness.ts'
import { Bench } from './cabling.ts'

const counts = (heard: { arrivals: unknown[] }[]): number[] =>
  heard.map((one) => one.arrivals.length)

suite('switch', (test) => {
  test('floods an unknown address to all but the sender, the last plugged port first', () => {
    const bench = new Bench()
    const { ends, heard } = bench.star(4)
    ends[0]!.transmit(bench.frame(60, 1, 9))
    bench.agenda.run(Infinity, 100)
    assert.equal(counts(heard), [0, 1, 1, 1])
    // The last of the flood is the frame itself; those before it are copies with ids of their own.
    assert.equal(
      heard.slice(1).map((one) => one.arrivals[0]!.id),
      [1, 3, 2],
    )
    assert.is(bench.pool.live, 0)
  })

  test('sends to one port what it has learned, and floods a broadcast all the same', () => {
    const bench = new Bench()
    const { ends, heard } = bench.star(3)
    ends[1]!.transmit(bench.frame(60, 2, 1))
    bench.agenda.run(Infinity, 100)
    ends[0]!.transmit(bench.frame(60, 1, 2))
    bench.agenda.run(Infinity, 100)
    assert.equal(counts(heard), [1, 1, 1])
    ends[0]!.transmit(bench.frame(60, 1, 0xff))
    bench.agenda.run(Infinity, 100)
    assert.equal(counts(heard), [1, 2, 2])
  })

  test('follows an address that moves to another port', () => {
    const bench = new Bench()
    const { ends, heard } = bench.star(3)
    for (const port of [1, 2]) {
      ends[port]!.transmit(bench.frame(60, 7, 0xff))
      bench.agenda.run(Infinity, 100)
    }
    ends[0]!.transmit(bench.frame(60, 1, 7))
    bench.agenda.run(Infinity, 100)
    assert.equal(counts(heard), [2, 1, 2])
  })

  test('forgets an address after 300 s of silence', () => {
    const bench = new Bench()
    const { ends, heard } = bench.star(3)
    ends[1]!.transmit(bench.frame(60, 2, 0xff))
    bench.agenda.run(Infinity, 100)
    bench.agenda.run(bench.agenda.now + AGEING_NS + 1, 1)
    ends[0]!.transmit(bench.frame(60, 1, 2))
    bench.agenda.run(Infinity, 100)
    assert.equal(counts(heard), [1, 1, 2])
  })

  test('drops a frame whose addressee lives where it came from', () => {
    const bench = new Bench()
    const { ends } = bench.star(3)
    for (const from of [1, 2]) ends[0]!.transmit(bench.frame(60, from, 0xff))
    bench.agenda.run(Infinity, 100)
    ends[0]!.transmit(bench.frame(60, 1, 2))
    bench.agenda.run(Infinity, 100)
    assert.equal(bench.drops, ['switch-same-port'])
  })

  test('a hub learns nothing', () => {
    const bench = new Bench()
    const { ends, heard } = bench.star(3, false)
    ends[1]!.transmit(bench.frame(60, 2, 1))
    bench.agenda.run(Infinity, 100)
    ends[0]!.transmit(bench.frame(60, 1, 2))
    bench.agenda.run(Infinity, 100)
    assert.equal(counts(heard), [1, 1, 2])
  })
})
