import { createJudge, type InvariantVerdict, type JudgeConfig } from '../../sim/judge/index.ts'
import { BORN, CONSUMED, dropCode, DROPPED, RECEIVED, SENT, Trace } from '../../sim/trace/index.ts'
import { DAMAGED, type Frame, FramePool } from '../../sim/wire/frame.ts'
import { linuxCapture } from '../capture/linux.ts'
import { assert, suite } from '../lib/harness.ts'

const VIP = 0xc7edca7c // 199.237.202.124
const SERVER = 0xac101401 // 172.16.20.1
const CLIENT_PLACE = 3

function setUp(config: Partial<JudgeConfig> = {}): {
  show: (kind: number, place: number, octets: Uint8Array) => void
  emit: (kind: number, place: number, frame: Frame, code?: number) => void
  pool: FramePool
  verdict: (name: string) => InvariantVerdict
} {
  const clock = { now: 0 }
  const trace = new Trace(clock)
  const pool = new FramePool(1514)
  const judge = createJudge({
    clientPlaces: [CLIENT_PLACE],
    servers: [{ family: 4, v4: SERVER }],
    vips: [{ family: 4, v4: VIP }],
    ...config,
  })
  judge.listen(trace)
  const emit = (kind: number, place: number, frame: Frame, code = 0): void => {
    clock.now += 1000
    trace.emit(kind, place, frame, code, 0, 0)
  }
  return {
    emit,
    pool,
    show: (kind, place, octets) => {
      const frame = pool.take()
      frame.bytes.set(octets, frame.start)
      frame.end = frame.start + octets.length
      emit(kind, place, frame)
      pool.release(frame)
    },
    verdict: (name) => {
      const found = judge.verdicts().find((each) => each.name === name)
      assert.ok(found, `${name} is watched`)
      return found!
    },
  }
}

/** Shows a capture of the client's interface as the client's own events. */
function play(show: ReturnType<typeof setUp>['show'], name: string): void {
  for (const { bytes } of linuxCapture(name).records) {
    const own = bytes[6] === 2 && bytes[10] === 1 // 02:00:00:00:01:00 is the client
    show(own ? SENT : RECEIVED, CLIENT_PLACE, bytes)
  }
}

suite('judge: checksum', (test) => {
  test('sound frames break nothing; a wrong one is named with its place and time', () => {
    const { show, verdict } = setUp()
    const [, , syn] = linuxCapture('01-inline-dnat/client-eth0').records
    show(SENT, 7, syn!.bytes)
    assert.equal(verdict('checksum'), { name: 'checksum', broken: 0 })
    const wrong = syn!.bytes.slice()
    wrong[51]! ^= 1
    show(SENT, 7, wrong)
    show(SENT, 8, wrong)
    assert.equal(verdict('checksum'), {
      name: 'checksum',
      broken: 2,
      first: { timeNs: 2000, place: 7, frameId: 2, detail: 'tcp-bad-checksum' },
    })
  })

  test('the same frame behind a balancer has the sum of its header again, or is wrong', () => {
    const { emit, pool, verdict } = setUp()
    const [, , before] = linuxCapture('01-inline-dnat/client-eth0').records
    const [, , after] = linuxCapture('01-inline-dnat/s1-eth0').records
    assert.is(after!.bytes.length, before!.bytes.length)
    const frame = pool.take()
    frame.bytes.set(before!.bytes, frame.start)
    frame.end = frame.start + before!.bytes.length
    emit(SENT, 7, frame)
    frame.bytes.set(after!.bytes, frame.start)
    emit(SENT, 8, frame)
    assert.is(verdict('checksum').broken, 0)
    frame.bytes[frame.start + 36]! ^= 1 // the port at the server
    emit(SENT, 8, frame)
    assert.equal(verdict('checksum'), {
      name: 'checksum',
      broken: 1,
      first: { timeNs: 3000, place: 8, frameId: frame.id, detail: 'tcp-bad-checksum' },
    })
  })

  test('what a receiver finds wrong counts, unless a cable damaged it', () => {
    const { emit, pool, verdict } = setUp()
    const drop = (marks: number): void => {
      const frame = pool.take()
      frame.marks = marks
      emit(DROPPED, 9, frame, dropCode('tcp-bad-checksum'))
    }
    drop(DAMAGED)
    assert.is(verdict('checksum').broken, 0)
    drop(0)
    assert.is(verdict('checksum').broken, 1)
    assert.is(verdict('checksum').first?.detail, 'tcp-bad-checksum')
  })
})

suite('judge: leak', (test) => {
  test('inline, the client sees the VIP only', () => {
    const { show, verdict } = setUp()
    play(show, '01-inline-dnat/client-eth0')
    assert.is(verdict('leak').broken, 0)
  })

  test('the server answers the client directly', () => {
    const { show, verdict } = setUp()
    play(show, '04-one-arm-no-snat/client-eth0')
    const { broken, first } = verdict('leak')
    assert.ok(broken >= 6)
    assert.is(first?.place, CLIENT_PLACE)
    assert.match(first?.detail ?? '', /^172\.16\.20\.1 > 207\.17\.117\.20/)
  })

  test('what is seen elsewhere does not matter', () => {
    const { show, verdict } = setUp()
    for (const { bytes } of linuxCapture('04-one-arm-no-snat/client-eth0').records) {
      show(RECEIVED, 1, bytes)
      show(RECEIVED, 900, bytes)
    }
    assert.is(verdict('leak').broken, 0)
  })

  test('a server that the client asks by its own address is no leak', () => {
    const { show, verdict } = setUp()
    for (const { bytes } of linuxCapture('10-handshake/client-eth0').records) {
      const own = bytes[10] === 1
      show(own ? SENT : RECEIVED, CLIENT_PLACE, bytes)
    }
    assert.is(verdict('leak').broken, 0)
  })

  test('an ICMP error that was translated back is innocent', () => {
    const { show, verdict } = setUp()
    play(show, '08a-icmp-port-unreachable/client-eth0')
    assert.is(verdict('leak').broken, 0)
  })

  test('an ICMP error that quotes the server is a leak', () => {
    const { show, verdict } = setUp()
    const error = linuxCapture('08a-icmp-port-unreachable/client-eth0').records[3]!.bytes.slice()
    error.set([172, 16, 20, 1], 14 + 20 + 8 + 16)
    show(RECEIVED, CLIENT_PLACE, error)
    assert.match(verdict('leak').first?.detail ?? '', /an ICMP error quotes .* > 172\.16\.20\.1/)
  })
})

suite('judge: unaccounted', (test) => {
  test('born is consumed, dropped or on its way', () => {
    let alive = 0
    const { emit, pool, verdict } = setUp({ alive: () => alive })
    const frames = [pool.take(), pool.take(), pool.take()]
    for (const frame of frames) emit(BORN, 0, frame)
    emit(CONSUMED, 0, frames[0]!)
    emit(DROPPED, 0, frames[1]!)
    alive = 1
    assert.is(verdict('unaccounted').broken, 0)
    alive = 0
    const { broken, first } = verdict('unaccounted')
    assert.is(broken, 1)
    assert.is(
      first?.detail,
      '3 frames were born; 1 consumed, 1 dropped, 0 on their way: 1 vanished',
    )
    emit(DROPPED, 0, frames[2]!)
    emit(CONSUMED, 0, frames[2]!)
    assert.match(verdict('unaccounted').first?.detail ?? '', /1 came from nowhere$/)
  })
})

suite('judge: arp-silence', (test) => {
  const reply = linuxCapture('01-inline-dnat/lb-eth0').records[1]!.bytes

  test('the owner may answer, another may not', () => {
    const { show, verdict } = setUp({ vipOwners: [{ vip: { family: 4, v4: VIP }, places: [4] }] })
    show(SENT, 4, reply)
    assert.is(verdict('arp-silence').broken, 0)
    show(SENT, 5, reply)
    assert.is(verdict('arp-silence').broken, 1)
    assert.match(verdict('arp-silence').first?.detail ?? '', /199\.237\.202\.124/)
  })
})

suite('judge: reordered', (test) => {
  const [, , , , ack, get] = linuxCapture('01-inline-dnat/client-eth0').records

  function pair(): ReturnType<typeof setUp> & { one: Frame; two: Frame } {
    const made = setUp()
    const fill = (octets: Uint8Array): Frame => {
      const frame = made.pool.take()
      frame.bytes.set(octets, frame.start)
      frame.end = frame.start + octets.length
      return frame
    }
    return { ...made, one: fill(ack!.bytes), two: fill(get!.bytes) }
  }

  test('in the order of their birth', () => {
    const { emit, verdict, one, two } = pair()
    for (const place of [1, 2]) for (const frame of [one, two]) emit(RECEIVED, place, frame)
    assert.is(verdict('reordered').broken, 0)
  })

  test('the later one first, at one of two places', () => {
    const { emit, verdict, one, two } = pair()
    emit(RECEIVED, 1, one)
    emit(RECEIVED, 1, two)
    emit(RECEIVED, 2, two)
    emit(RECEIVED, 2, one)
    assert.is(verdict('reordered').broken, 1)
    assert.is(verdict('reordered').first?.place, 2)
    assert.is(verdict('reordered').first?.frameId, 1)
  })

  test('other flows and other directions do not matter', () => {
    const { emit, verdict, one, two } = pair()
    two.view.setUint16(two.start + 34, 40001)
    emit(RECEIVED, 1, two)
    emit(RECEIVED, 1, one)
    assert.is(verdict('reordered').broken, 0)
  })

  test('a copy of a switch is no witness', () => {
    const { emit, verdict, pool, one, two } = pair()
    const copy = pool.copy(one)
    emit(RECEIVED, 1, copy)
    emit(RECEIVED, 1, two)
    assert.is(verdict('reordered').broken, 0)
  })
})
