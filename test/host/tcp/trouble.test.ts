import { assert, suite } from '../../lib/harness.ts'
import { dial, Lab, PATTERN, serve, type Side } from './lab.ts'
import { gaps, lose, sender } from './losses.ts'

/** What TCP does when segments are lost or late: RFCs, and timings seen on Linux 6.18. */
const nothing = (): void => {}
const closeAtEnd = (side: Side): void => {
  side.drain()
  if (side.atEnd) side.close()
}

suite('TCP in trouble', (test) => {
  test('10-loss-syn: five gaps of 1 s, then 2 s (tcp_syn_linear_timeouts = 4)', () => {
    const lab = new Lab(lose(true, (segment) => segment.flags === 'S', 6))
    serve(lab, closeAtEnd)
    dial(lab, (side) => side.close())
    lab.run(9000)
    assert.equal(
      gaps(lab, (s) => s.flags === 'S'),
      [1000, 1000, 1000, 1000, 1000, 2000],
    )
  })

  test('10-loss-syn-classic: 1, 2, 4 s without linear timeouts (RFC 6298)', () => {
    const lab = new Lab({
      ...lose(true, (segment) => segment.flags === 'S', 3),
      client: { 'net.ipv4.tcp_syn_linear_timeouts': 0 },
    })
    serve(lab, closeAtEnd)
    dial(lab, (side) => side.close())
    lab.run(9000)
    assert.equal(
      gaps(lab, (s) => s.flags === 'S'),
      [1000, 2000, 4000],
    )
  })

  test('13-syn-flood: a SYN+ACK nobody answers is sent six times, after 1, 2, 4, 8, 16 s', () => {
    const lab = new Lab(lose(true, (segment) => segment.flags === 'A', 1000))
    serve(lab, closeAtEnd)
    dial(lab, nothing)
    lab.run(70_000)
    assert.equal(
      gaps(lab, (s) => s.flags === 'SA'),
      [1000, 2000, 4000, 8000, 16000],
    )
    assert.is(lab.server.tcp.sockets().length, 1, 'only the listener is left')
  })

  test('10-loss-handshake-ack: the repeated SYN+ACK is acknowledged, the server speaks', () => {
    const lab = new Lab(lose(true, (segment) => segment.flags === 'A'))
    serve(lab, (side) => {
      if (side.wakes === 0) side.write(100)
    })
    dial(lab, (side) => void side.drain())
    lab.run(1100)
    assert.equal(lab.lines().slice(3), [
      'S SA 0 ack 1 win 65160 len 0 <mss 1460,sackOK,ts,nop,wscale 7>',
      'C A 1 ack 1 win 502 len 0',
      'S PA 1 ack 1 win 510 len 100',
      'C A 1 ack 101 win 502 len 0',
    ])
  })

  test('10-loss-fin: the FIN is sent again after RTO', () => {
    const lab = new Lab(lose(true, (segment) => segment.flags === 'FA'))
    serve(lab, closeAtEnd)
    const client = dial(lab, nothing)
    lab.at(105, () => client.close()).run(3000)
    assert.equal(lab.lines().slice(3), [
      'C FA 1 ack 1 win 502 len 0',
      'C FA 1 ack 1 win 502 len 0',
      'S FA 1 ack 2 win 510 len 0',
      'C A 2 ack 2 win 502 len 0',
    ])
    const [gap] = gaps(lab, (s) => s.fromClient && s.flags === 'FA')
    assert.ok(gap! >= 200 && gap! < 215, `the gap was ${gap} ms`)
  })

  test('10-loss-rto-notlp: 200 ms, doubling', () => {
    const lab = new Lab({
      ...lose(true, (segment) => segment.len > 0, 4),
      client: { 'net.ipv4.tcp_early_retrans': 0 },
    })
    serve(lab, closeAtEnd)
    const client = dial(lab, nothing)
    lab.at(1, () => client.write(500)).run(5000)
    assert.equal(
      gaps(lab, (s) => s.len > 0),
      [200, 400, 800, 1600],
    )
  })

  test('RFC 5681 §3.1: after a timeout one segment leaves, then twice as many each round', () => {
    const lab = new Lab({
      ...lose(false, (segment) => segment.len > 0, 10),
      server: { 'net.ipv4.tcp_early_retrans': 0 },
    })
    serve(lab, sender(14_480))
    const client = dial(lab, (side) => void side.drain())
    lab.run(3000)
    const data = lab.segments.filter((segment) => segment.len > 0).slice(10)
    const rounds: number[] = []
    let last = -1
    for (const { timeMs } of data) {
      if (timeMs - last > 0.015) rounds.push(0)
      rounds[rounds.length - 1]!++
      last = timeMs
    }
    assert.equal(rounds, [1, 2, 4, 3])
    assert.is(client.got, 14_480)
  })

  test('10-loss-rto-rtt40: a probe after RTO, then RTO, doubling', () => {
    const lab = new Lab({ ...lose(true, (segment) => segment.len > 0, 4), delayUs: 20_000 })
    serve(lab, closeAtEnd)
    const client = dial(lab, nothing)
    lab.at(200, () => client.write(500)).run(9000)
    const [first, second, third, fourth] = gaps(lab, (s) => s.len > 0)
    // The recording's connection had RTT 40 ms; ours also resolved addresses within its SYN's.
    assert.is(first, second)
    assert.is(third, second! * 2)
    assert.is(fourth, second! * 4)
  })

  test('10-loss-tail: the last of ten segments is probed for before RTO', () => {
    const lab = new Lab(lose(false, (segment) => segment.data === 10))
    const server = serve(lab, (side) => {
      if (side.wakes === 0) side.write(14480)
    })
    dial(lab, (side) => void side.drain())
    lab.run(3000)
    const last = lab.segments.filter((segment) => segment.seq === 13033 && segment.len > 0)
    assert.is(last.length, 2)
    assert.is(last[1]!.flags, 'PA')
    assert.is(server.length, 1)
    assert.is(lab.server.tcp.counters.timeouts, 0)
    assert.is(lab.server.tcp.counters.lossProbes, 1)
  })

  test('10-loss-data-fast-rtt40: three SACKs beyond the hole, one retransmission, in order', () => {
    const lab = new Lab({ ...lose(false, (s) => s.data === 5), delayUs: 20_000 })
    serve(lab, sender(102_400))
    const client = dial(lab, (side) => void side.drain())
    lab.run(3000)
    const again = lab.segments.filter((s) => !s.fromClient && s.len > 0 && s.seq === 5793)
    assert.is(again.length, 2)
    assert.is(client.got, 102_400)
    assert.is(lab.server.tcp.counters.retransmitted, 1)
    const sacks = lab.lines().filter((text) => text.includes('sack '))
    assert.is(sacks[0], 'C A 1 ack 5793 win 593 len 0 <sack 7241-8689>')
    assert.is(sacks[1], 'C A 1 ack 5793 win 593 len 0 <sack 7241-10137>')
    const filled = lab.lines().find((text) => text.startsWith('C A 1 ack 28961'))
    assert.is(filled, 'C A 1 ack 28961 win 460 len 0')
  })

  test('10-loss-data-nosack-rtt40: three duplicate ACKs do the same', () => {
    const lab = new Lab({
      ...lose(false, (s) => s.data === 5),
      delayUs: 20_000,
      client: { 'net.ipv4.tcp_sack': 0 },
    })
    serve(lab, sender(102_400))
    const client = dial(lab, (side) => void side.drain())
    lab.run(3000)
    assert.is(client.got, 102_400)
    assert.is(lab.server.tcp.counters.retransmitted, 1)
    assert.is(lab.server.tcp.counters.timeouts, 0)
  })

  test('10-bulk100k-rtt40: flights of 10, 20 and 40 segments, the 71st has PSH', () => {
    const lab = new Lab({ delayUs: 20_000 })
    serve(lab, sender(102_400))
    dial(lab, (side) => void side.drain())
    lab.run(3000)
    const flights: number[] = []
    let last = -1000
    for (const { timeMs } of lab.segments.filter((s) => !s.fromClient && s.len > 0)) {
      if (timeMs - last > 5) flights.push(0)
      flights[flights.length - 1]!++
      last = timeMs
    }
    assert.equal(flights, [10, 20, 40, 1])
    // Each unit handed to segmentation, two segments on this path, ends with PSH.
    const first = lab.segments.filter((s) => !s.fromClient && s.len > 0).slice(0, 6)
    assert.equal(
      first.map((segment) => segment.flags),
      ['A', 'PA', 'A', 'PA', 'A', 'PA'],
    )
    const windows = lab.segments.filter((s) => s.fromClient && s.ack > 1).map((s) => s.win)
    const recorded = [525, 548, 570, 593, 584, 573, 562, 551, 540, 529, 616, 618, 607, 596, 585]
    assert.equal(windows.slice(0, recorded.length), recorded)
  })

  test('10-zero-window: probes at growing gaps, then a window update and all the rest', () => {
    const lab = new Lab()
    let reading = false
    const server = serve(lab, (side) => void (reading && side.drain()), { receiveBuffer: 8192 })
    dial(lab, sender(102_400))
    lab.at(8057, () => {
      reading = true
      server[0]!.drain()
    })
    lab.run(12_000)
    assert.is(
      lab.segments[1]!.text,
      'S SA 0 ack 1 win 7240 len 0 <mss 1460,sackOK,ts,nop,wscale 0>',
    )
    const probe = lab.segments.filter((s) => s.fromClient && s.len === 0 && s.timeMs > 100)
    const [first, ...rest] = probe
      .slice(0, 5)
      .map((s, i, all) => s.timeMs - (all[i - 1]?.timeMs ?? 0))
    assert.ok(first! > 200 && first! < 300)
    assert.equal(
      rest.map((gap) => Math.round(gap / 100)),
      [4, 8, 16, 33],
    )
    assert.is(server[0]!.got, 102_400)
  })

  test('10-keepalive-dead: three probes, then RST, and the program learns of it', () => {
    let dead = false
    const lab = new Lab({ loss: (segment) => dead && !segment.fromClient })
    serve(lab, (side) => void side.drain())
    const client = dial(lab, (side) => {
      if (side.wakes > 1) return
      lab.client.tcp.setKeepAlive(side.socket, 2e9, 1e9, 3)
      side.write(10)
    })
    lab.at(1500, () => (dead = true)).run(7000)
    const late = lab.segments.filter((s) => s.fromClient && s.timeMs > 1500)
    assert.equal(
      late.map((s) => s.text),
      [
        'C A 10 ack 1 win 502 len 0',
        'C A 10 ack 1 win 502 len 0',
        'C A 10 ack 1 win 502 len 0',
        'C RA 11 ack 1 win 502 len 0',
      ],
    )
    assert.is(lab.client.tcp.error(client.socket), 'timeout')
  })

  test('10-backlog-full: listen(1) without accept holds two, later SYNs are dropped', () => {
    const lab = new Lab()
    lab.server.tcp.listen({ address: 0, port: 80, backlog: 1, owner: { wake: nothing } })
    const sides: Side[] = []
    for (let i = 0; i < 4; i++) {
      lab.at(i * 200, () => sides.push(dial(lab, nothing, { localPort: 40000 + i })))
    }
    lab.run(900)
    const states = sides.map((side) => lab.client.tcp.established(side.socket))
    assert.equal(states, [true, true, false, false])
    assert.equal(lab.drops(), ['tcp-listen-overflow', 'tcp-listen-overflow'])
  })

  test('every octet arrives in order when a tenth of all segments is lost', () => {
    const stream = new Lab().world.chance.stream('loss of a test')
    const lab = new Lab({ delayUs: 2000, loss: (s) => s.timeMs > 10 && stream.happens(0.1) })
    const size = 300_000
    serve(lab, sender(size, true))
    const into = new Uint8Array(65536)
    let got = 0
    let wrong = 0
    const client = dial(lab, (side) => {
      for (;;) {
        const count = lab.client.tcp.read(side.socket, into, into.length)
        for (let i = 0; i < count; i++) if (into[i] !== PATTERN[got + i]) wrong++
        got += count
        if (count === 0) break
      }
      if (side.atEnd) side.close()
    })
    lab.run(300_000)
    assert.is(got, size)
    assert.is(wrong, 0)
    assert.is(lab.client.tcp.open, 0)
    assert.is(lab.server.tcp.open, 1)
    assert.is(lab.world.pool.live, 0)
    assert.ok(client.wakes > 0)
  })
})
