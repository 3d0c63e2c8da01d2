import { assert, suite } from '../lib/harness.ts'
import { Bench, LANE } from './cabling.ts'

suite('port', (test) => {
  test('a frame takes (octets + 24) x 8 / rate and then the delay', () => {
    const bench = new Bench()
    const { near, heard } = bench.cable(LANE)
    near.transmit(bench.frame(1514))
    bench.agenda.run(Infinity, 100)
    // (1514 + 24) x 8 ns at 1 Gbit/s, and 50 us.
    assert.equal(heard.arrivals, [{ timeNs: 12_304 + 50_000, id: 1, length: 1514 }])
  })

  test('what a rate leaves of a nanosecond is carried to the next frame', () => {
    const bench = new Bench()
    const { near, heard } = bench.cable({ ...LANE, rateBps: 3_000_000_000, delayNs: 0 })
    for (let i = 0; i < 3; i++) near.transmit(bench.frame(76))
    bench.agenda.run(Infinity, 100)
    // Each frame takes 100 x 8 / 3 = 266.67 ns.
    assert.equal(
      heard.arrivals.map((arrival) => arrival.timeNs),
      [266, 533, 800],
    )
  })

  test('beside the frame being sent, as many wait as the queue holds; the next is dropped', () => {
    const bench = new Bench()
    const { near, heard } = bench.cable({ ...LANE, queueFrames: 2 })
    for (let i = 0; i < 4; i++) near.transmit(bench.frame(100))
    assert.equal(bench.drops, ['queue-full'])
    bench.agenda.run(Infinity, 100)
    assert.is(heard.arrivals.length, 3)
    // The queue is empty again, so three more pass.
    for (let i = 0; i < 3; i++) near.transmit(bench.frame(100))
    assert.is(bench.drops.length, 1)
    bench.agenda.run(Infinity, 100)
    assert.is(bench.cabling.inFlight, 0)
    assert.is(bench.cabling.hops, 6)
    assert.is(bench.pool.live, 0)
  })

  test('a frame with more than the MTU of IP is dropped, one with just the MTU passes', () => {
    const bench = new Bench()
    const { near, heard } = bench.cable({ ...LANE, mtu: 100 })
    near.transmit(bench.frame(115))
    near.transmit(bench.frame(114))
    bench.agenda.run(Infinity, 100)
    assert.equal(bench.drops, ['oversize'])
    assert.is(heard.arrivals.length, 1)
  })

  test('a cable that is out loses what is sent and what is on it', () => {
    const bench = new Bench()
    const { near, far, heard } = bench.cable(LANE)
    near.transmit(bench.frame(100))
    far.cut()
    near.transmit(bench.frame(100))
    bench.agenda.run(Infinity, 100)
    assert.equal(bench.drops, ['cable-cut', 'cable-cut'])
    assert.is(heard.arrivals.length, 0)
    assert.is(bench.pool.live, 0)
  })
})
