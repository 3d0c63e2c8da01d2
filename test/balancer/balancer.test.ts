import { ACCEPT, DROP, REJECT, REROUTE } from '../../sim/hook/hook.ts'
import { DECIDED, DROPS, TRANSLATED } from '../../sim/trace/index.ts'
import { ACK, FIN, RST, SYN } from '../../sim/wire/tcp.ts'
import { assert, sameBytes, suite } from '../lib/harness.ts'
import { datagram, type Ends, icmpError, ip, segment, wrongChecksums } from '../nat/packets.ts'
import { type Passed, S, Stand, server, service, VIP } from './stand.ts'

const CLIENT = '207.17.117.20'
const RS1 = '172.16.20.1'
const RS2 = '172.16.20.2'

const toVip = (srcPort: number, dstPort = 80): Ends => {
  return { src: ip(CLIENT), dst: ip(VIP), srcPort, dstPort }
}

const from = (address: string, srcPort: number, dstPort: number): Ends => {
  return { src: ip(address), dst: ip(CLIENT), srcPort, dstPort }
}

/** `172.16.20.1:80`, the destination of an IP packet. */
function destination({ octets }: Passed): string {
  return `${octets.slice(16, 20).join('.')}:${octets[22]! * 256 + octets[23]!}`
}

function source({ octets }: Passed): string {
  return `${octets.slice(12, 16).join('.')}:${octets[20]! * 256 + octets[21]!}`
}

suite('first packets', (test) => {
  test('a SYN is scheduled and told of, later packets follow it', () => {
    const stand = new Stand(service([RS1, RS2], { number: 3 }))
    assert.is(destination(stand.request(segment(toVip(1000), SYN))), `${RS1}:80`)
    assert.is(destination(stand.request(segment(toVip(1001), SYN))), `${RS2}:80`)
    assert.is(destination(stand.request(segment(toVip(1000), ACK))), `${RS1}:80`)
    const told = stand.events(DECIDED).map(({ code, a, b }) => [code, a, b])
    assert.equal(told, [
      [3, 0, 0],
      [3, 1, 0],
    ])
    assert.equal(
      stand.events(TRANSLATED).map(({ a, b }) => [a, b]),
      [
        [1, 0],
        [2, 0],
        [1, 0],
      ],
    )
  })

  test('anything but a SYN is left to the machine, unchanged', () => {
    const stand = new Stand(service([RS1]))
    for (const flags of [ACK, FIN | ACK, RST, RST | ACK]) {
      const packet = segment(toVip(1000), flags)
      const { verdict, octets } = stand.request(packet)
      assert.is(verdict, ACCEPT)
      sameBytes(octets, packet)
    }
    assert.is(stand.balancer.size, 0)
  })

  test('a port of the virtual address without a service is left to the machine', () => {
    const stand = new Stand(service([RS1]))
    assert.is(stand.request(segment(toVip(1000, 81), SYN)).verdict, ACCEPT)
    assert.is(stand.request(datagram(toVip(1000, 80))).verdict, ACCEPT)
  })

  test('without a server the client gets "port unreachable"', () => {
    const stand = new Stand({ ...service([]), servers: [server(RS1, 0)] })
    const packet = segment(toVip(1000), SYN)
    const { verdict, octets, icmp, reason } = stand.request(packet)
    assert.is(verdict, REJECT)
    assert.is(icmp, 3 * 256 + 3)
    assert.is(DROPS[reason], 'no-server')
    sameBytes(octets, packet)
    assert.is(stand.balancer.size, 0)
  })

  test('with a TTL of 1 the error quotes what the client sent', () => {
    const stand = new Stand(service([RS1]))
    const packet = segment(toVip(1000), SYN, new Uint8Array(0), 1)
    const { verdict, octets, icmp, reason } = stand.request(packet)
    assert.is(verdict, REJECT)
    assert.is(icmp, 11 * 256)
    assert.is(DROPS[reason], 'ttl-exceeded')
    sameBytes(octets, packet)
  })
})

suite('services', (test) => {
  const vip = (port: number, lastPort: number, protocol: 'tcp' | 'udp' | 'any') => {
    return { address: ip(VIP), port, lastPort, protocol }
  }

  test('one port goes before a range, whatever the order of the sheet', () => {
    const range = service([RS1], { number: 0, vips: [vip(0, 65535, 'any')] })
    const one = service([`${RS2}:8080`], { number: 1, vips: [vip(80, 80, 'tcp')] })
    for (const stand of [new Stand(range, one), new Stand(one, range)]) {
      assert.is(destination(stand.request(segment(toVip(1000, 80), SYN))), `${RS2}:8080`)
      assert.is(destination(stand.request(segment(toVip(1000, 443), SYN))), `${RS1}:443`)
      assert.is(destination(stand.request(datagram(toVip(1000, 80)))), `${RS1}:80`)
    }
  })

  test('a range has both of its ends and nothing outside', () => {
    const stand = new Stand(service([RS1], { vips: [vip(5000, 5010, 'udp')] }))
    const verdicts = [4999, 5000, 5010, 5011].map(
      (port) => stand.request(datagram(toVip(1000, port))).verdict,
    )
    assert.equal(verdicts, [ACCEPT, REROUTE, REROUTE, ACCEPT])
  })

  test('several addresses are one service with one turn', () => {
    const other = { ...vip(443, 443, 'tcp'), address: ip('199.237.202.125') }
    const stand = new Stand(service([RS1, RS2], { vips: [vip(80, 80, 'tcp'), other] }))
    const second = { ...toVip(1001, 443), dst: other.address }
    assert.is(destination(stand.request(segment(toVip(1000), SYN))), `${RS1}:80`)
    assert.is(destination(stand.request(segment(second, SYN))), `${RS2}:443`)
  })

  test('a word that no scheduler or forwarder has is refused', () => {
    assert.throws(() => new Stand(service([RS1], { schedule: 'psychic' })), /'psychic'/)
    assert.throws(() => new Stand(service([RS1], { forward: 'pigeon' })), /'pigeon'/)
  })
})

suite('connections', (test) => {
  test('every packet of either side renews the time', () => {
    const stand = new Stand(service([RS1]))
    stand.request(segment(toVip(1000), SYN))
    stand.clock.now = 59 * S
    stand.reply(segment(from(RS1, 80, 1000), SYN | ACK))
    stand.clock.now = 118 * S
    assert.is(stand.balancer.size, 1)
    assert.is(stand.balancer.nextExpiryNs, 119 * S)
    stand.clock.now = 119 * S
    assert.is(stand.balancer.size, 0)
    assert.equal(stand.balancer.counts(0, 0), { active: 0, inactive: 0 })
  })

  test('datagrams count as inactive and are remembered for 300 s', () => {
    const vips = [{ address: ip(VIP), port: 53, lastPort: 53, protocol: 'udp' as const }]
    const stand = new Stand(service([RS1, RS2], { vips }))
    stand.request(datagram(toVip(1000, 53)))
    stand.request(datagram(toVip(1000, 53)))
    assert.equal(stand.balancer.counts(0, 0), { active: 0, inactive: 1 })
    const [row] = stand.balancer.connections()
    assert.is(row?.state, 'UDP')
    assert.is(row?.expiresNs, 300 * S)
    assert.is(source(stand.reply(datagram(from(RS1, 53, 1000)))), `${VIP}:53`)
  })

  test('one-packet: every datagram is a choice, none is remembered, answers stay untouched', () => {
    const vips = [{ address: ip(VIP), port: 53, lastPort: 53, protocol: 'udp' as const }]
    const stand = new Stand(service([RS1, RS2], { vips, onePacket: true }))
    const chosen = [1, 2, 3].map(() => destination(stand.request(datagram(toVip(1000, 53)))))
    assert.equal(chosen, [`${RS1}:53`, `${RS2}:53`, `${RS1}:53`])
    assert.is(stand.balancer.size, 0)
    assert.equal(stand.balancer.counts(0, 0), { active: 0, inactive: 0 })
    assert.is(source(stand.reply(datagram(from(RS1, 53, 1000)))), `${RS1}:53`)
  })

  test('an answer nobody asked for is not translated', () => {
    const stand = new Stand(service([RS1]))
    assert.is(source(stand.reply(segment(from(RS1, 80, 1000), SYN | ACK))), `${RS1}:80`)
  })

  for (const [state, over, ending] of [
    ['TIME_WAIT', RS2, [FIN | ACK]],
    ['CLOSE', RS2, [ACK, RST]],
    ['CLOSE_WAIT', RS1, [ACK, FIN | ACK]],
    ['ESTABLISHED', RS1, [ACK]],
  ] as const) {
    test(`a SYN for a connection in ${state} goes to ${over}`, () => {
      const stand = new Stand(service([RS1, RS2]))
      stand.request(segment(toVip(1000), SYN))
      for (const flags of ending) stand.request(segment(toVip(1000), flags))
      assert.is(stand.balancer.connections()[0]?.state, state)
      assert.is(destination(stand.request(segment(toVip(1000), SYN))), `${over}:80`)
      assert.is(stand.balancer.size, 1)
    })
  }

  test('are listed oldest first with both ends', () => {
    const stand = new Stand(service([`${RS1}:8080`]))
    stand.request(segment(toVip(1001), SYN))
    stand.request(segment(toVip(1000), SYN))
    const rows = stand.balancer.connections()
    assert.equal(
      rows.map((row) => [row.clientPort, row.virtualPort, row.serverPort, row.state]),
      [
        [1001, 80, 8080, 'SYN_RECV'],
        [1000, 80, 8080, 'SYN_RECV'],
      ],
    )
  })
})

suite('servers that come and go', (test) => {
  test('weight 0 keeps its connections and gets no new ones', () => {
    const stand = new Stand(service([RS1, RS2]))
    stand.request(segment(toVip(1000), SYN))
    stand.balancer.setWeight(0, 0, 0)
    assert.is(destination(stand.request(segment(toVip(1000), ACK))), `${RS1}:80`)
    for (const port of [1001, 1002]) {
      assert.is(destination(stand.request(segment(toVip(port), SYN))), `${RS2}:80`)
    }
  })

  test('a removed server drops its packets in silence, and comes back to its connections', () => {
    const stand = new Stand(service([RS1, RS2]))
    stand.request(segment(toVip(1000), SYN))
    stand.balancer.removeServer(0, 0)
    stand.clock.now = 50 * S
    const { verdict, reason } = stand.request(segment(toVip(1000), ACK))
    assert.is(verdict, DROP)
    assert.is(DROPS[reason], 'no-destination')
    assert.is(stand.balancer.nextExpiryNs, 60 * S, 'the time was not renewed')
    assert.is(stand.balancer.addServer(0, server(RS1)), 0)
    assert.equal(stand.balancer.counts(0, 0), { active: 1, inactive: 0 })
    assert.is(destination(stand.request(segment(toVip(1000), ACK))), `${RS1}:80`)
  })

  test('a new server stands first in scan order and has a rule of its own', () => {
    const stand = new Stand(service([RS1]))
    const number = stand.balancer.addServer(0, server('172.16.20.9'))
    assert.is(number, 1)
    assert.is(destination(stand.request(segment(toVip(1000), SYN))), '172.16.20.9:80')
    const { code } = stand.events(TRANSLATED)[0]!
    assert.is(stand.balancer.rules()[code], 'service web: round-robin chose 172.16.20.9')
  })
})

suite('ICMP errors', (test) => {
  const asked = segment(toVip(1000), SYN)

  test('about a request come from the virtual address and quote what the client sent', () => {
    const stand = new Stand(service([`${RS1}:8080`]))
    const { octets } = stand.request(asked)
    const got = stand.reply(icmpError(ip('10.9.9.9'), ip(CLIENT), octets.subarray(0, 28), 3, 1))
    assert.equal(wrongChecksums(got.octets), [])
    assert.equal([...got.octets.slice(12, 16)].join('.'), VIP)
    // The quoted packet is the client's own but for the TTL it had by then.
    const quote = got.octets.slice(28)
    assert.equal([...quote.slice(12, 20)], [...asked.slice(12, 20)])
    assert.equal([...quote.slice(20, 28)], [...asked.slice(20, 28)])
  })

  test('of the machine itself about a packet it has rewritten are the same', () => {
    const stand = new Stand(service([RS1]))
    const { octets } = stand.request(asked)
    const got = stand.own(icmpError(ip('199.237.202.2'), ip(CLIENT), octets))
    assert.equal([...got.octets.slice(12, 16)].join('.'), VIP)
    assert.equal([...got.octets.slice(28 + 16, 28 + 20)].join('.'), VIP)
    assert.equal(wrongChecksums(got.octets), [])
  })

  test('about an answer go on to the server and quote what the server sent', () => {
    const stand = new Stand(service([`${RS1}:8080`]))
    stand.request(asked)
    const answer = segment(from(RS1, 8080, 1000), SYN | ACK)
    const seen = stand.reply(answer).octets
    const got = stand.request(icmpError(ip(CLIENT), ip(VIP), seen, 3, 4))
    assert.is(got.verdict, REROUTE)
    assert.equal(wrongChecksums(got.octets), [])
    assert.equal([...got.octets.slice(16, 20)].join('.'), RS1)
    assert.equal([...got.octets.slice(28 + 12)], [...answer.slice(12)])
  })

  test('about nothing it knows, and echo requests, are left alone', () => {
    const stand = new Stand(service([RS1]))
    const stray = icmpError(ip(CLIENT), ip(VIP), segment(from(VIP, 80, 9), ACK))
    assert.is(stand.request(stray).verdict, ACCEPT)
    const echo = icmpError(ip(CLIENT), ip(VIP), new Uint8Array(8), 8, 0)
    assert.is(stand.request(echo).verdict, ACCEPT)
  })
})
