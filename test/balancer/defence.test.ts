// The defences against floods, as ipvs-sysctl.rst describes them and a kernel has them.

import { DROP, REROUTE } from '../../sim/hook/hook.ts'
import { DROPS } from '../../sim/trace/index.ts'
import { ACK, FIN, PSH, RST, SYN } from '../../sim/wire/tcp.ts'
import { assert, cases, suite } from '../lib/harness.ts'
import { datagram, type Ends, ip, segment } from '../nat/packets.ts'
import { S, Stand, service, VIP } from './stand.ts'

const RS1 = '172.16.20.1'
const toVip = (srcPort: number): Ends => {
  return { src: ip('207.17.117.20'), dst: ip(VIP), srcPort, dstPort: 80 }
}
const back = (dstPort: number): Ends => {
  return { src: ip(RS1), dst: ip('207.17.117.20'), srcPort: 80, dstPort }
}

function standWith(settings: Record<string, number>, change = {}): Stand {
  const stand = new Stand(service([RS1], change))
  for (const [name, value] of Object.entries(settings)) {
    stand.settings[`net.ipv4.vs.${name}`] = value
  }
  return stand
}

const FLAGS: Readonly<Record<string, number>> = {
  SYN,
  'SYN-ACK': SYN | ACK,
  ACK,
  'PSH-ACK': PSH | ACK,
  'FIN-ACK': FIN | ACK,
}

// Recorded with secure_tcp=3 on Debian's kernel 6.12: packet and state behind it.
const RECORDED: readonly { name: string; forward: string; talk: string }[] = [
  {
    name: 'dnat, the server closes first',
    forward: 'dnat',
    talk: `in SYN SYN_RECV 60, out SYN-ACK SYNACK 120, in ACK SYNACK 120, in PSH-ACK SYNACK 120,
      out ACK ESTABLISHED 900, out PSH-ACK ESTABLISHED 900, in ACK ESTABLISHED 900,
      out FIN-ACK FIN_WAIT 120, in ACK FIN_WAIT 120, in FIN-ACK TIME_WAIT 120,
      out ACK TIME_WAIT 120`,
  },
  {
    name: 'direct, where only the client is seen',
    forward: 'direct',
    talk: `in SYN SYNACK 120, in ACK ESTABLISHED 900, in PSH-ACK ESTABLISHED 900,
      in ACK ESTABLISHED 900, in FIN-ACK FIN_WAIT 120`,
  },
]

cases('secure_tcp', RECORDED, ({ forward, talk }) => {
  const stand = standWith({ secure_tcp: 3 }, { forward })
  for (const step of talk.split(/,\s+/)) {
    const [direction, packet, state, seconds] = step.split(' ')
    const flags = FLAGS[packet!]!
    if (direction === 'in') stand.request(segment(toVip(1000), flags))
    else stand.reply(segment(back(1000), flags))
    const [row] = stand.balancer.connections()
    assert.equal([row?.state, row!.expiresNs / S], [state, Number(seconds)], step)
  }
})

suite('drop_packet', (test) => {
  test('3: one in am_droprate new connections is dropped, the first first', () => {
    const stand = standWith({ drop_packet: 3, am_droprate: 3 })
    const fates = [1, 2, 3, 4, 5, 6, 7].map((port) => stand.request(segment(toVip(port), SYN)))
    const dropped = fates.map(({ verdict }) => verdict === DROP)
    assert.equal(dropped, [true, false, false, true, false, false, true])
    assert.is(DROPS[fates[0]!.reason], 'defence')
  })

  test('what belongs to a connection always passes', () => {
    const stand = standWith({ drop_packet: 3, am_droprate: 1 })
    stand.settings['net.ipv4.vs.drop_packet'] = 0
    stand.request(segment(toVip(1), SYN))
    stand.settings['net.ipv4.vs.drop_packet'] = 3
    stand.balancer.configure()
    assert.is(stand.request(segment(toVip(2), SYN)).verdict, DROP)
    assert.is(stand.request(segment(toVip(1), ACK)).verdict, REROUTE)
  })

  // amemthresh / (amemthresh - pages left), and a page holds 12 connections.
  test('1: only while less memory is left than amemthresh, and more the less there is', () => {
    const stand = standWith({ drop_packet: 1, amemthresh: 262_144 })
    const open = (port: number): boolean =>
      stand.request(segment(toVip(port), SYN)).verdict !== DROP
    assert.is(open(1), true)
    stand.clock.now = 1 * S
    const rate = 262_144
    assert.is(open(2), true, `one of ${rate} is dropped, and this is the first of them`)
    const scarce = standWith({ drop_packet: 1, amemthresh: 524_288 })
    const fates = [1, 2, 3, 4].map((port) => scarce.request(segment(toVip(port), SYN)).verdict)
    assert.equal(
      fates.map((verdict) => verdict === DROP),
      [false, true, false, true],
    )
  })
})

/** Draws that let drop_entry look at everything. */
const ALL = (count: number): number[] => Array.from({ length: count }, () => 0)

suite('drop_entry', (test) => {
  test('3: half-open connections are given up, open ones are not', () => {
    const stand = standWith({ drop_entry: 3 })
    stand.request(segment(toVip(1), SYN))
    stand.request(segment(toVip(2), SYN))
    stand.request(segment(toVip(2), ACK))
    stand.draws.push(...ALL(2))
    stand.clock.now = 1 * S
    const left = stand.balancer.connections().map(({ clientPort, state }) => [clientPort, state])
    assert.equal(left, [[2, 'ESTABLISHED']])
    assert.equal(stand.balancer.counts(0, 0), { active: 1, inactive: 0 })
  })

  test('each second one in 32 is looked at', () => {
    const stand = standWith({ drop_entry: 3 })
    for (const port of [1, 2, 3]) stand.request(segment(toVip(port), SYN))
    stand.draws.push(65_535, 2016, 2015)
    stand.clock.now = 1 * S
    assert.is(stand.balancer.size, 2)
  })

  test('a quiet one of few packets goes after a minute, one of more than eight stays', () => {
    const stand = standWith({ drop_entry: 3 })
    for (const port of [1, 2]) stand.request(segment(toVip(port), SYN))
    stand.request(segment(toVip(1), ACK))
    for (let i = 0; i < 8; i++) stand.request(segment(toVip(2), ACK))
    stand.draws.push(...ALL(200))
    stand.clock.now = 59 * S
    assert.is(stand.balancer.size, 2)
    stand.clock.now = 60 * S
    assert.equal(
      stand.balancer.connections().map(({ clientPort }) => clientPort),
      [2],
    )
  })

  test('one in as many as it had packets is given up', () => {
    const stand = standWith({ drop_entry: 3 })
    for (const port of [1, 2, 3, 4, 5, 6]) {
      for (const flags of [SYN, ACK, ACK]) stand.request(segment(toVip(port), flags))
    }
    stand.draws.push(...ALL(60 * 6))
    stand.clock.now = 60 * S
    // The first of three packets goes at once, then each third.
    const left = stand.balancer.connections().map(({ clientPort }) => clientPort)
    assert.equal(left, [2, 3, 5, 6])
  })

  test('datagrams of a flood go, too', () => {
    const vips = [{ address: ip(VIP), port: 80, lastPort: 80, protocol: 'udp' as const }]
    const stand = standWith({ drop_entry: 3 }, { vips })
    for (const port of [1, 2, 3]) stand.request(datagram(toVip(port)))
    stand.draws.push(...ALL(60 * 3))
    stand.clock.now = 60 * S
    assert.is(stand.balancer.size, 0)
  })

  test('0: nothing is given up', () => {
    const stand = standWith({})
    stand.request(segment(toVip(1), SYN))
    stand.draws.push(...ALL(9))
    stand.clock.now = 9 * S
    assert.is(stand.balancer.size, 1)
  })

  test('1: only while memory is short', () => {
    for (const [amemthresh, size] of [
      [262_143, 1],
      [262_144, 0],
    ] as const) {
      const stand = standWith({ drop_entry: 1, amemthresh })
      stand.request(segment(toVip(1), SYN))
      stand.clock.now = 1 * S
      assert.is(stand.balancer.size, 1, 'it is found short now')
      stand.draws.push(...ALL(9))
      stand.clock.now = 2 * S
      assert.is(stand.balancer.size, size)
    }
  })
})

suite('a port that comes again while connection tracking knows it', (test) => {
  const reset = (settings: Record<string, number>): Stand => {
    const stand = standWith(settings)
    for (const flags of [SYN, ACK]) stand.request(segment(toVip(1), flags))
    stand.reply(segment(back(1), RST))
    return stand
  }

  test('is dropped once, and the old flow forgotten', () => {
    const stand = reset({ conntrack: 1 })
    stand.oldFlow = -1
    const first = stand.request(segment(toVip(1), SYN))
    assert.equal([first.verdict, DROPS[first.reason]], [DROP, 'old-flow'])
    assert.is(stand.balancer.size, 0)
    stand.oldFlow = -2
    assert.is(stand.request(segment(toVip(1), SYN)).verdict, REROUTE)
  })

  test('is served at once without tracking, or when tracking began anew itself', () => {
    const untracked = reset({ conntrack: 0 })
    untracked.oldFlow = -1
    assert.is(untracked.request(segment(toVip(1), SYN)).verdict, REROUTE)
    const fresh = reset({ conntrack: 1 })
    assert.is(fresh.request(segment(toVip(1), SYN)).verdict, REROUTE)
  })
})
