import { DECIDED, TRANSLATED } from '../../sim/trace/index.ts'
import { ACK, FIN, RST, SYN } from '../../sim/wire/tcp.ts'
import { assert, suite } from '../lib/harness.ts'
import { datagram, type Ends, icmpError, ip, segment } from './packets.ts'
import { destination, dnat, prefix, RS1, S, Stand, snat, source, target, VIP } from './stand.ts'

const PUBLIC = '207.17.117.20'
const SERVER = ip('207.17.117.99')
const from = (n: number, srcPort = 40000): Ends => {
  return { src: ip('192.168.1.0') + n, dst: SERVER, srcPort, dstPort: 80 }
}
const back = (dstPort: number): Ends => {
  return { src: SERVER, dst: ip(PUBLIC), srcPort: 80, dstPort }
}

suite('translated sources', (test) => {
  test('two machines with one port: each gets its own answers', () => {
    const stand = new Stand([], [snat(PUBLIC)])
    assert.is(source(stand.forward(segment(from(10), SYN))), `${PUBLIC}:40000`)
    stand.draws.push(37242 - 1024)
    assert.is(source(stand.forward(segment(from(11), SYN))), `${PUBLIC}:37242`)
    assert.is(destination(stand.forward(segment(back(40000), SYN | ACK))), '192.168.1.10:40000')
    assert.is(destination(stand.forward(segment(back(37242), SYN | ACK))), '192.168.1.11:40000')
  })

  test('what nobody asked for is for the machine itself', () => {
    const stand = new Stand([], [snat(PUBLIC)])
    assert.is(destination(stand.forward(segment(back(40000), SYN))), `${PUBLIC}:40000`)
  })

  test('a masquerading rule takes the address of the interface', () => {
    const stand = new Stand([], [{ ...snat(PUBLIC), range: undefined }])
    assert.is(source(stand.forward(segment(from(10), SYN))), '199.237.202.2:40000')
  })

  test('the first rule that fits decides: way out, addresses, and whether it was translated', () => {
    const elsewhere = { ...snat('1.1.1.1'), outPlace: 7 }
    const neighbours = { ...snat('2.2.2.2'), from: { prefix: prefix('10.0.0.0', 8) } }
    const hairpin = { ...snat('3.3.3.3'), onlyTranslated: true }
    const stand = new Stand([dnat(target(RS1))], [elsewhere, neighbours, hairpin, snat('4.4.4.4')])
    assert.is(source(stand.forward(segment(from(10), SYN))), '4.4.4.4:40000')
    const toVip = { ...from(10, 40001), dst: ip(VIP) }
    const sent = stand.forward(segment(toVip, SYN))
    assert.is(`${source(sent)} ${destination(sent)}`, `3.3.3.3:40001 ${RS1}:80`)
  })

  test('both ends change in one machine, and change back', () => {
    const stand = new Stand([dnat(target(RS1, 8080))], [snat('172.16.20.254')])
    const asked = { ...from(2), dst: ip(VIP) }
    stand.forward(segment(asked, SYN))
    const answer = { src: ip(RS1), dst: ip('172.16.20.254'), srcPort: 8080, dstPort: 40000 }
    const got = stand.forward(segment(answer, SYN | ACK))
    assert.is(`${source(got)} ${destination(got)}`, `${VIP}:80 192.168.1.2:40000`)
    const told = stand.journal.entries.filter(({ kind }) => kind === TRANSLATED)
    assert.equal(
      told.map(({ code, b }) => `${code} ${b}`),
      ['100 0', '101 0', '101 1', '100 1'],
      'the rule for the destination is 100, that for the source 101',
    )
  })

  test('an error comes back to who sent the packet, quoting it as it was sent', () => {
    const stand = new Stand([], [snat(PUBLIC)])
    stand.forward(segment(from(10), SYN))
    stand.draws.push(5000 - 1024)
    const sent = segment(from(11), SYN)
    const outside = stand.forward(sent)
    const error = stand.forward(icmpError(ip('207.17.117.1'), ip(PUBLIC), outside, 11, 0))
    assert.is([...error.slice(12, 16)].join('.'), '207.17.117.1', 'a router stays who it is')
    assert.is([...error.slice(16, 20)].join('.'), '192.168.1.11')
    assert.equal([...error.slice(28 + 12)], [...sent.slice(12)])
  })

  test('a range without a free port drops what is new and forgets it', () => {
    const stand = new Stand([], [snat(PUBLIC, 50000, 50001)])
    for (const n of [1, 2, 3]) stand.forward(segment(from(n), SYN))
    assert.is(stand.reason, 'nat-clash')
    assert.is(stand.track.rows().length, 2)
  })
})

/** Opens and closes a connection through a source port of the gateway. */
function closed(stand: Stand, ends: Ends, port: number): void {
  stand.forward(segment(ends, SYN))
  stand.forward(segment(back(port), SYN | ACK))
  stand.forward(segment(ends, FIN | ACK))
  stand.forward(segment(back(port), FIN | ACK))
  stand.forward(segment(ends, ACK))
}

suite('the port of a connection that is over', (test) => {
  test('is taken by one whose sequence numbers have gone on', () => {
    const stand = new Stand([], [snat(PUBLIC, 50000)])
    closed(stand, from(10), 50000)
    assert.is(stand.track.rows()[0]?.state, 'TIME_WAIT')
    // The new SYN is sequence number 1000 as well, and 1001 follows it; the old one ended at 1002.
    stand.forward(segment(from(11), SYN))
    assert.is(stand.reason, 'nat-clash')
    const later = segment(from(11), SYN, new Uint8Array(2))
    assert.is(source(stand.forward(later)), `${PUBLIC}:50000`)
    assert.is(stand.track.rows().length, 1)
  })

  test('is not taken while it is open', () => {
    const stand = new Stand([], [snat(PUBLIC, 50000)])
    stand.forward(segment(from(10), SYN))
    stand.forward(segment(back(50000), SYN | ACK))
    stand.forward(segment(from(11), SYN, new Uint8Array(9)))
    assert.is(stand.reason, 'nat-clash')
  })

  test('is free once its time is over', () => {
    const stand = new Stand([], [snat(PUBLIC, 50000)])
    closed(stand, from(10), 50000)
    stand.clock.now = 120 * S
    assert.is(source(stand.forward(segment(from(11), SYN))), `${PUBLIC}:50000`)
  })
})

suite('a full table', (test) => {
  const full = { max: 2, buckets: 2 }

  test('gives up a flow that is not assured', () => {
    const stand = new Stand([], [], full)
    for (const n of [1, 2, 3]) stand.forward(segment(from(n), SYN))
    assert.is(stand.reason, '')
    assert.is(stand.track.rows().length, 2)
  })

  test('keeps those that are established', () => {
    const stand = new Stand([], [], full)
    for (const n of [1, 2]) {
      const ends = from(n)
      const answer = { src: ends.dst, dst: ends.src, srcPort: 80, dstPort: ends.srcPort }
      stand.forward(segment(ends, SYN))
      stand.forward(segment(answer, SYN | ACK))
      stand.forward(segment(ends, ACK))
    }
    assert.ok(stand.track.rows().every(({ assured }) => assured))
    stand.forward(segment(from(3), SYN))
    assert.is(stand.reason, 'conntrack-full')
  })

  test('finds none to give up when it has far more buckets than flows', () => {
    const stand = new Stand([], [], { max: 2 })
    for (const n of [1, 2, 3]) stand.forward(segment(from(n), SYN))
    assert.is(stand.reason, 'conntrack-full')
  })
})

suite('tables', (test) => {
  test('are empty after a flush, and an open connection goes on as a new one', () => {
    const stand = new Stand([{ ...dnat(target(RS1)), decides: 3 }])
    const asked = { ...from(2), dst: ip(VIP) }
    stand.forward(segment(asked, SYN))
    stand.track.flush()
    assert.equal(stand.track.rows(), [])
    assert.is(destination(stand.forward(segment(asked, ACK))), `${RS1}:80`)
    const decided = stand.journal.entries.filter(({ kind }) => kind === DECIDED)
    assert.equal(
      decided.map(({ code, a, b }) => [code, a, b]),
      [
        [3, 0, 1],
        [3, 0, 2],
      ],
    )
  })

  test('a UDP flow is assured when it has lasted', () => {
    const stand = new Stand([])
    stand.forward(datagram(from(1)))
    stand.clock.now = S
    const answer = { src: SERVER, dst: from(1).src, srcPort: 80, dstPort: 40000 }
    stand.forward(datagram(answer))
    assert.not(stand.track.rows()[0]?.assured)
    stand.clock.now = 3 * S
    stand.forward(datagram(from(1)))
    assert.ok(stand.track.rows()[0]?.assured)
  })

  test('a reset of the client is remembered as long as CLOSE, once it was answered', () => {
    const stand = new Stand([])
    stand.forward(segment(from(1), SYN))
    stand.forward(segment(from(1), RST))
    assert.equal(stand.track.rows(), [])
  })
})
