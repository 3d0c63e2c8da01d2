import { newServer } from '../../../sim/balancer/new-server.ts'
import { Groups, type GroupSettings } from '../../../sim/balancer/roster/groups.ts'
import { Passive } from '../../../sim/balancer/roster/passive.ts'
import { Quorum } from '../../../sim/balancer/roster/quorum.ts'
import { SlowStart } from '../../../sim/balancer/roster/slow-start.ts'
import type { Server } from '../../../sim/balancer/service.ts'
import { DECIDED, SHIFTED, TURNED } from '../../../sim/trace/index.ts'
import { RST, SYN } from '../../../sim/wire/tcp.ts'
import { assert, cases, suite } from '../../lib/harness.ts'
import { ip, segment } from '../../nat/packets.ts'
import { S, Stand, server as configOf, service, VIP } from '../stand.ts'

/** Servers a, b, ... with these ranks. */
const servers = (...ranks: number[]): Server[] =>
  ranks.map((rank, i) => newServer({ ...configOf(`10.0.0.${i + 1}:80`), rank }, i, i, true))

// keepalived 2.2, keepalived/check/ipwrapper.c: lost when the sum is below quorum - hysteresis, or
// 0; gained at quorum + hysteresis.
cases(
  'quorum',
  [
    { name: 'of 2', weight: 2, hysteresis: 0, sums: [3, 2, 1, 2], held: '++-+' },
    { name: 'of 2 with 1', weight: 2, hysteresis: 1, sums: [3, 1, 0, 2, 3, 1], held: '++--++' },
    { name: 'of 5 with 2', weight: 5, hysteresis: 2, sums: [4, 3, 2, 6, 7, 3], held: '++--++' },
  ],
  ({ weight, hysteresis, sums, held }) => {
    const quorum = new Quorum({ weight, hysteresis })
    const seen = sums.map((sum) => {
      quorum.update(sum)
      return quorum.held ? '+' : '-'
    })
    assert.is(seen.join(''), held)
  },
)

// With "fewer than 2" of the first group up, A10 goes to the next group and F5 lets it join; with
// "fewer than 1" both wait until nobody is left.
const REPLACE: GroupSettings = { minActive: 2, whenBelow: 'replace', preempt: true }
const JOIN: GroupSettings = { ...REPLACE, whenBelow: 'join' }
cases(
  'groups 20 20 10 10 5',
  [
    { name: 'replace: all up', settings: REPLACE, up: 'abcde', used: 'ab' },
    { name: 'replace: one of the first', settings: REPLACE, up: 'acde', used: 'cd' },
    { name: 'replace: none is enough', settings: REPLACE, up: 'bde', used: 'b' },
    { name: 'replace: only the last', settings: REPLACE, up: 'e', used: 'e' },
    { name: 'replace below 1', settings: { ...REPLACE, minActive: 1 }, up: 'bcd', used: 'b' },
    { name: 'join: all up', settings: JOIN, up: 'abcde', used: 'ab' },
    { name: 'join: one of the first', settings: JOIN, up: 'acde', used: 'acd' },
    { name: 'join: two groups are needed for two', settings: JOIN, up: 'bce', used: 'bc' },
    { name: 'join: all are too few', settings: { ...JOIN, minActive: 4 }, up: 'ace', used: 'ace' },
  ],
  ({ settings, up, used }) => {
    const all = servers(20, 20, 10, 10, 5)
    const among = new Groups(settings, all).among(all.filter((_, i) => up.includes('abcde'[i]!)))
    assert.is(among.map(({ number }) => 'abcde'[number]).join(''), used)
  },
)

suite('slow start', (test) => {
  // Envoy: weight x max(10 %, t / window), with aggression 1; here in steps of a tenth.
  test('the share rises from a tenth to the whole in steps of a tenth', () => {
    const [one, other] = servers(1, 1) as [Server, Server]
    const slow = new SlowStart(20 * S)
    slow.begin(other, 100 * S)
    const shares = [0, 3, 4, 5, 6, 10, 19, 20].map((s) => {
      slow.weigh([one, other], (100 + s) * S)
      return (other.weight * 100) / one.weight
    })
    assert.equal(shares, [10, 10, 20, 20, 30, 50, 90, 100])
    assert.is(one.weight, 1)
    assert.ok(!slow.busy)
  })
})

suite('passive checks', (test) => {
  // Envoy: base_ejection_time (30 s) x times in a row, up to max_ejection_time (300 s).
  test('each time out is longer, up to the longest, and a success makes it short again', () => {
    const [one] = servers(1) as [Server]
    const passive = new Passive({ failures: 2, ejectNs: 30 * S, longestNs: 300 * S, atMost: 0.1 })
    const seconds: number[] = []
    for (let time = 0; time < 12; time++) {
      passive.failed(one, [one], 0)
      seconds.push(passive.failed(one, [one], 0) / S)
    }
    assert.equal(seconds, [30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300])
    passive.worked(one)
    passive.failed(one, [one], 0)
    assert.is(passive.failed(one, [one], 0) / S, 30)
  })

  // Envoy: the first host is ejected whatever max_ejection_percent says, another one only below it.
  test('one may always be out, another only while the share is below the bound', () => {
    const all = servers(1, 1, 1, 1)
    const passive = new Passive({ failures: 1, ejectNs: S, longestNs: S, atMost: 0.5 })
    const out = all.map((server) => {
      server.ejected = passive.failed(server, all, 0) > 0
      return server.ejected
    })
    assert.equal(out, [true, true, false, false])
  })

  test('three refusals in a row take a server out, and time brings it back', () => {
    const passive = { failures: 3, ejectNs: 10 * S, longestNs: 300 * S, atMost: 0.1 }
    const stand = new Stand(service(['172.16.20.1', '172.16.20.2'], { passive }))
    const visit = (srcPort: number): void => {
      const ends = { src: ip('207.17.117.20'), dst: ip(VIP), srcPort, dstPort: 80 }
      stand.request(segment(ends, SYN))
      const last = stand.events(DECIDED).slice(-1)[0]!.a
      const src = ip(`172.16.20.${last + 1}`)
      const back = { src, dst: ends.src, srcPort: 80, dstPort: srcPort }
      if (last === 1) stand.reply(segment(back, RST))
    }
    for (let port = 1000; port < 1008; port++) visit(port)
    assert.equal(
      stand.events(DECIDED).map(({ a }) => a),
      [0, 1, 0, 1, 0, 1, 0, 0],
    )
    assert.equal(
      stand.events(TURNED).map(({ a, b }) => [a, b]),
      [[1, 2]],
    )
    stand.wait(10)
    visit(1008)
    assert.equal(
      stand.events(TURNED).map(({ a, b, timeNs }) => [a, b, timeNs / S]),
      [
        [1, 2, 0],
        [1, 3, 10],
      ],
    )
    assert.is(stand.events(DECIDED).slice(-1)[0]!.a, 1)
  })
})

suite('a service that changes', (test) => {
  test('panic begins below the share and not at it', () => {
    const four = ['172.16.20.1', '172.16.20.2', '172.16.20.3', '172.16.20.4']
    const stand = new Stand(service(four, { panicBelow: 0.5 }))
    const { services } = stand.balancer
    services.setUp(0, 0, false)
    services.setUp(0, 1, false)
    assert.is(stand.events(SHIFTED).length, 0)
    services.setUp(0, 2, false)
    assert.is(services.get(0).scan.length, 4)
    assert.is(stand.events(SHIFTED).length, 1)
  })

  test('what is connected is reset at both ends, with the numbers that they expect', () => {
    const stand = new Stand(service(['172.16.20.1'], { whenDown: 'reset' }))
    const ends = { src: ip('207.17.117.20'), dst: ip(VIP), srcPort: 1000, dstPort: 80 }
    stand.request(segment(ends, SYN))
    stand.balancer.services.setUp(0, 0, false)
    const [from, fromPort, to, toPort, sequence, ack] = stand.resets[0]!
    assert.equal(
      [from, fromPort, to, toPort, sequence],
      [ip(VIP), 80, ip('207.17.117.20'), 1000, 0],
    )
    // RFC 9293 §3.10.7.3: in SYN-SENT a reset counts only when its ACK covers the SYN.
    assert.ok(ack! > 0)
    assert.is(stand.balancer.size, 0)
  })
})
