import { Chance } from '../../sim/engine/chance.ts'
import {
  type FaultShares,
  type Matcher,
  NO_FAULTS,
  type Trouble,
  troubleStreams,
} from '../../sim/link/faults.ts'
import type { Port } from '../../sim/link/port.ts'
import { DAMAGED, LATE } from '../../sim/wire/frame.ts'
import { assert, cases, suite } from '../lib/harness.ts'
import { Bench, LANE } from './cabling.ts'

/** Trouble that changes nothing but what a test asks for. */
function trouble(shares: Partial<FaultShares>, rest: Partial<Trouble> = {}, seed = 1): Trouble {
  return {
    place: 0,
    delayNs: 0,
    jitterNs: 0,
    rateBps: Infinity,
    queueFrames: Infinity,
    mtu: Infinity,
    shares: { ...NO_FAULTS, ...shares },
    streams: troubleStreams(new Chance(seed), 'link a-b', 'out'),
    drop: undefined,
    ...rest,
  }
}

/** Frames that arrive of `count`, sent 20 us apart. */
function sent(bench: Bench, near: Port, count: number): void {
  const timer = bench.agenda.register(() => near.transmit(bench.frame(100)))
  for (let i = 0; i < count; i++) bench.agenda.schedule(i * 20_000, timer, 0, 0)
  bench.agenda.run(Infinity, 1_000_000)
}

suite('link: faults', (test) => {
  test('a share of frames is lost, each with a reason', () => {
    const bench = new Bench()
    const { near, heard } = bench.cable(LANE)
    near.impair(trouble({ loss: 0.1 }))
    sent(bench, near, 10_000)
    const lost = bench.drops.filter((reason) => reason === 'lost').length
    // 10,000 draws of 10 %: the standard deviation is 30.
    assert.ok(lost > 850 && lost < 1150, `${lost} of 10,000 were lost`)
    assert.is(heard.arrivals.length, 10_000 - lost)
    assert.is(bench.pool.live, 0)
  })

  test('a frame with a wrong check sequence reaches the port and nobody behind it', () => {
    const bench = new Bench()
    const { near, heard } = bench.cable(LANE)
    near.impair(trouble({ corrupt: 1 }))
    sent(bench, near, 3)
    assert.equal(bench.drops, ['bad-fcs', 'bad-fcs', 'bad-fcs'])
    assert.equal(bench.dropPlaces, [1, 1, 1])
    assert.is(heard.arrivals.length, 0)
    assert.is(bench.cabling.inFlight, 0)
  })

  test('a flipped bit stands behind the Ethernet header, and only one', () => {
    const bench = new Bench()
    const { near, heard } = bench.cable(LANE)
    near.impair(trouble({ corruptAfterFcs: 1 }))
    for (let i = 0; i < 50; i++) {
      const frame = bench.frame(64)
      const before = frame.bytes.slice(frame.start, frame.end)
      near.transmit(frame)
      const after = frame.bytes.slice(frame.start, frame.end)
      let bits = 0
      for (const [at, octet] of after.entries()) {
        for (let x = octet ^ before[at]!; x !== 0; x &= x - 1) bits++
        if (at < 14) assert.is(octet, before[at])
      }
      assert.is(bits, 1)
      assert.is(frame.marks, DAMAGED)
    }
    bench.agenda.run(Infinity, 1000)
    assert.is(heard.arrivals.length, 50)
  })

  test('a duplicate is a frame of its own and comes right behind', () => {
    const bench = new Bench()
    const { near, heard } = bench.cable(LANE)
    near.impair(trouble({ duplicate: 1 }))
    near.transmit(bench.frame(101))
    bench.agenda.run(Infinity, 100)
    // 125 octets with preamble, check sequence and gap take 1 us.
    assert.equal(heard.arrivals, [
      { timeNs: 51_000, id: 1, length: 101 },
      { timeNs: 52_000, id: 2, length: 101 },
    ])
  })

  test('a frame on a detour is overtaken by those sent within the delay', () => {
    const bench = new Bench()
    const { near, heard } = bench.cable({ ...LANE, delayNs: 200_000 })
    const chosen: Matcher = { matches: () => false }
    const once = trouble({ reorder: 1 }, { drop: chosen })
    near.impair(once)
    const late = bench.frame(101)
    near.transmit(late)
    assert.is(late.marks, LATE)
    near.relieve(once)
    near.transmit(bench.frame(101))
    bench.agenda.run(Infinity, 100)
    assert.equal(heard.arrivals, [
      { timeNs: 202_000, id: 2, length: 101 },
      { timeNs: 401_000, id: 1, length: 101 },
    ])
  })

  test('chosen frames are lost on purpose, and each trouble counts by itself', () => {
    const bench = new Bench()
    const { near, heard } = bench.cable(LANE)
    const nth = (wanted: number): Matcher => {
      let count = 0
      return { matches: () => ++count === wanted }
    }
    near.impair(trouble({}, { drop: nth(2), place: 7 }))
    near.impair(trouble({}, { drop: nth(4), place: 8 }))
    sent(bench, near, 5)
    assert.equal(bench.drops, ['impaired', 'impaired'])
    assert.equal(bench.dropPlaces, [7, 8])
    assert.equal(
      heard.arrivals.map(({ id }) => id),
      [1, 3, 5],
    )
  })

  test('delays add up, and the lowest rate, queue and MTU count', () => {
    const bench = new Bench()
    const { near, heard } = bench.cable(LANE)
    near.impair(trouble({}, { delayNs: 100_000, rateBps: 100_000_000, mtu: 500 }))
    near.impair(trouble({}, { delayNs: 7_000, queueFrames: 0 }))
    near.transmit(bench.frame(101))
    near.transmit(bench.frame(101))
    near.transmit(bench.frame(600))
    bench.agenda.run(Infinity, 100)
    // 125 octets at 100 Mbit/s take 10 us; 50 + 100 + 7 us of delay follow.
    assert.equal(heard.arrivals, [{ timeNs: 167_000, id: 1, length: 101 }])
    assert.equal(bench.drops, ['queue-full', 'oversize'])
  })

  test('when a delay ends, what was sent before still arrives before', () => {
    const bench = new Bench()
    const { near, heard } = bench.cable(LANE)
    const slow = trouble({}, { delayNs: 1_000_000 })
    near.impair(slow)
    near.transmit(bench.frame(101))
    near.relieve(slow)
    near.transmit(bench.frame(101))
    bench.agenda.run(Infinity, 100)
    assert.equal(
      heard.arrivals.map(({ id, timeNs }) => [id, timeNs]),
      [
        [1, 1_051_000],
        [2, 1_051_000],
      ],
    )
  })

  test('a cut cable takes nothing in at either end, and overlapping cuts add up', () => {
    const bench = new Bench()
    const { near, far, heard } = bench.cable(LANE)
    near.transmit(bench.frame(101))
    far.cut()
    near.cut()
    near.transmit(bench.frame(101))
    near.mend()
    bench.agenda.run(Infinity, 100)
    assert.equal(bench.drops, ['cable-cut', 'cable-cut'])
    assert.is(near.plugged, false)
    far.mend()
    near.transmit(bench.frame(101))
    bench.agenda.run(Infinity, 100)
    assert.is(heard.arrivals.length, 1)
  })

  test('without power a machine neither hears nor speaks', () => {
    const bench = new Bench()
    const { near, far, heard } = bench.cable(LANE)
    far.power(false)
    near.transmit(bench.frame(101))
    far.transmit(bench.frame(101))
    bench.agenda.run(Infinity, 100)
    assert.equal(bench.drops, ['machine-down', 'machine-down'])
    assert.is(far.plugged, true)
    far.power(true)
    near.transmit(bench.frame(101))
    bench.agenda.run(Infinity, 100)
    assert.is(heard.arrivals.length, 1)
  })
})

/** Ids of the frames that arrive of 2,000. */
function arrivals(shares: Partial<FaultShares>): number[] {
  const bench = new Bench()
  const { near, heard } = bench.cable(LANE)
  near.impair(trouble(shares))
  sent(bench, near, 2000)
  return heard.arrivals.map(({ id }) => id)
}

cases(
  'link: one fault more leaves the losses as they were',
  [
    { name: 'corrupt after the check', more: { corruptAfterFcs: 0.3 } },
    { name: 'reorder', more: { reorder: 0.3 } },
  ],
  ({ more }) => {
    const sorted = (ids: number[]): number[] => ids.sort((a, b) => a - b)
    assert.equal(sorted(arrivals({ loss: 0.2, ...more })), sorted(arrivals({ loss: 0.2 })))
  },
)
