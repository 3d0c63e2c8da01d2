import { Chance } from '../../../sim/engine/chance.ts'
import * as cubic from '../../../sim/host/tcp/cubic.ts'
import { Demux, NOTHING } from '../../../sim/host/tcp/demux.ts'
import { OutOfOrder } from '../../../sim/host/tcp/receive-queue.ts'
import * as rtt from '../../../sim/host/tcp/rtt.ts'
import type { Stack } from '../../../sim/host/tcp/stack.ts'
import { assert, suite } from '../../lib/harness.ts'
import { Lab } from './lab.ts'

/** The stack behind a machine's TCP, and a fresh control block in it. */
function block(): { t: Stack; s: number } {
  const { t } = new Lab().client.tcp as unknown as { t: Stack }
  return { t, s: t.allocate(undefined) }
}

suite('parts of TCP', (test) => {
  test('RFC 6298 §2: RTO of 100 ms, then of a sample of 200 ms (minimum variance 200 ms)', () => {
    const { t, s } = block()
    rtt.update(t, s, 100_000)
    // SRTT 100 ms, RTTVAR 50 ms: 100 + 4 x 50
    assert.is(t.blocks.rtoNs[s], 300_000_000)
    rtt.update(t, s, 200_000)
    // SRTT 112.5 ms, RTTVAR 3/4 x 50 + 1/4 x 100 = 62.5 ms: 112.5 + 4 x 62.5
    assert.is(t.blocks.rtoNs[s], 362_500_000)
  })

  test('a short path: RTO is its SRTT and 200 ms (TCP_RTO_MIN)', () => {
    const { t, s } = block()
    for (let i = 0; i < 20; i++) rtt.update(t, s, 40_000)
    assert.is(t.blocks.rtoNs[s], 240_000_000)
  })

  test('RFC 9438 §4.6 and §4.7: 0.7 of the window stays; a second loss below releases more', () => {
    const { t, s } = block()
    t.blocks.cwnd[s] = 100
    assert.is(cubic.ssthreshAfterLoss(t, s), 70)
    assert.is(t.blocks.cubicMax[s], 100)
    t.blocks.cwnd[s] = 80
    assert.is(cubic.ssthreshAfterLoss(t, s), 56)
    assert.is(t.blocks.cubicMax[s], 68)
  })

  test('the demultiplexer agrees with a Map after many additions and removals', () => {
    const demux = new Demux()
    const truth = new Map<number, number>()
    const random = new Chance(3).stream('demux')
    for (let step = 0; step < 20_000; step++) {
      const ports = random.below(3000)
      if (random.below(2) === 0) {
        demux.set(1, 2, ports, step)
        truth.set(ports, step)
      } else assert.is(demux.delete(1, 2, ports), truth.delete(ports))
    }
    assert.is(demux.size, truth.size)
    for (let ports = 0; ports < 3000; ports++) {
      assert.is(demux.find(1, 2, ports), truth.get(ports) ?? NOTHING)
    }
  })

  test('RFC 2018 §4: the block that just grew is told first, joined blocks once', () => {
    const ranges = new OutOfOrder()
    ranges.add(100, 200, 768)
    ranges.add(300, 400, 768)
    ranges.add(500, 600, 768)
    assert.equal([...ranges.sackStart.subarray(0, 3)], [500, 300, 100])
    ranges.add(200, 300, 768)
    assert.is(ranges.sackCount, 2)
    assert.equal([...ranges.sackStart.subarray(0, 2)], [100, 500])
    assert.equal([...ranges.sackEnd.subarray(0, 2)], [400, 600])
    assert.is(ranges.holds(150, 380), true)
    assert.is(ranges.holds(150, 450), false)
  })
})
