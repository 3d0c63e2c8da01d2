import type { TrackRow } from '../../sim/nat/conntrack.ts'
import { TRANSLATED } from '../../sim/trace/index.ts'
import { ACK, FIN, RST, SYN } from '../../sim/wire/tcp.ts'
import { assert, bytes, cases, sameBytes, suite } from '../lib/harness.ts'
import { datagram, type Ends, icmpError, ip, segment } from './packets.ts'
import { recording } from './recording.ts'
import {
  CLIENT,
  destination,
  dnat,
  prefix,
  RS1,
  RS2,
  S,
  Stand,
  source,
  target,
  turn,
  VIP,
} from './stand.ts'

cases(
  'every octet as nftables sends it on',
  [
    { name: 'nft-dnat' },
    { name: 'nft-dnat-port-unreachable' },
    { name: 'nft-dnat-fragmentation-needed' },
    { name: 'nft-dnat-ping' },
  ],
  ({ name }) => {
    const stand = new Stand([dnat(target(RS1))])
    const { packets } = recording(new URL(`data/${name}.json`, import.meta.url))
    assert.ok(packets.length > 1)
    for (const packet of packets) sameBytes(stand.forward(bytes(packet.in)), bytes(packet.out))
  },
)

const request: Ends = { src: ip(CLIENT), dst: ip(VIP), srcPort: 40000, dstPort: 80 }
const answer: Ends = { src: ip(RS1), dst: ip(CLIENT), srcPort: 80, dstPort: 40000 }
const at = (ends: Ends, port: number): Ends => ({ ...ends, srcPort: port })

const seen = ({ state, expiresNs }: TrackRow, now: number): string =>
  `${state} ${(expiresNs - now) / S}`.trim()

suite('states', (test) => {
  test('of a connection that the client closes, as `conntrack -E` told of them', () => {
    const stand = new Stand([dnat(target(RS1))])
    const told: string[] = []
    const play = (ends: Ends, flags: number): void => {
      stand.forward(segment(ends, flags))
      told.push(seen(stand.track.rows()[0]!, stand.clock.now))
      stand.clock.now += S
    }
    play(request, SYN)
    play(answer, SYN | ACK)
    play(request, ACK)
    play(answer, ACK)
    play(request, FIN | ACK)
    play(answer, FIN | ACK)
    play(request, ACK)
    assert.equal(told, [
      'SYN_SENT 120',
      'SYN_RECV 60',
      'ESTABLISHED 432000',
      'ESTABLISHED 432000',
      'FIN_WAIT 120',
      'LAST_ACK 30',
      'TIME_WAIT 120',
    ])
  })

  test('a connection that is refused at once is forgotten, and the refusal still translated', () => {
    const stand = new Stand([dnat(target(RS1))])
    stand.forward(segment(request, SYN))
    assert.is(source(stand.forward(segment(answer, RST | ACK))), `${VIP}:80`)
    assert.equal(stand.track.rows(), [])
  })

  test('a reset closes, and ten seconds later all is forgotten', () => {
    const stand = new Stand([dnat(target(RS1))])
    stand.forward(segment(request, SYN))
    stand.forward(segment(answer, SYN | ACK))
    stand.forward(segment(request, RST))
    assert.is(seen(stand.track.rows()[0]!, 0), 'CLOSE 10')
    stand.clock.now = 10 * S
    assert.equal(stand.track.rows(), [])
  })

  test('a SYN in TIME_WAIT begins a new flow, by the rules of now', () => {
    const stand = new Stand([dnat(target(RS1), target(RS2))])
    for (const flags of [SYN]) stand.forward(segment(request, flags))
    stand.forward(segment(answer, SYN | ACK))
    stand.forward(segment(request, FIN | ACK))
    stand.forward(segment(answer, FIN | ACK))
    stand.forward(segment(request, ACK))
    assert.is(stand.track.rows()[0]?.state, 'TIME_WAIT')
    assert.is(destination(stand.forward(segment(request, SYN))), `${RS2}:80`)
    assert.is(stand.track.rows().length, 1)
  })

  test('what is invalid passes untranslated', () => {
    const stand = new Stand([dnat(target(RS1))])
    stand.forward(segment(request, SYN))
    assert.is(destination(stand.forward(segment(request, SYN | ACK))), `${VIP}:80`)
    assert.is(destination(stand.forward(segment(at(request, 9), SYN | ACK))), `${VIP}:80`)
    assert.is(destination(stand.forward(segment(at(request, 9), 0))), `${VIP}:80`)
    assert.is(stand.track.rows().length, 1)
  })

  test('a segment in mid-flow makes an entry, unless tracking is strict', () => {
    const loose = new Stand([dnat(target(RS1))])
    assert.is(destination(loose.forward(segment(request, ACK))), `${RS1}:80`)
    // As in a capture: 300 s until an answer to it has been seen and acknowledged.
    assert.is(seen(loose.track.rows()[0]!, 0), 'ESTABLISHED 300')
    loose.forward(segment(answer, ACK))
    assert.is(seen(loose.track.rows()[0]!, 0), 'ESTABLISHED 300')
    loose.forward(segment(request, ACK))
    assert.is(seen(loose.track.rows()[0]!, 0), 'ESTABLISHED 432000')
    const strict = new Stand([dnat(target(RS1))], [], { loose: false })
    assert.is(destination(strict.forward(segment(request, ACK))), `${VIP}:80`)
    assert.equal(strict.track.rows(), [])
  })

  test('UDP lives 30 s, and 120 s once answers have come for longer than two', () => {
    const stand = new Stand([])
    const left = (): number => (stand.track.rows()[0]!.expiresNs - stand.clock.now) / S
    const back: Ends = { src: request.dst, dst: request.src, srcPort: 80, dstPort: 40000 }
    stand.forward(datagram(request))
    assert.is(stand.track.rows()[0]?.unreplied, true)
    stand.clock.now = 1 * S
    stand.forward(datagram(back))
    assert.is(left(), 30)
    stand.clock.now = 2.5 * S
    stand.forward(datagram(request))
    assert.is(left(), 120)
    assert.is(stand.track.rows()[0]?.unreplied, false)
  })
})

suite('rules', (test) => {
  test('a list takes turns, one for each new flow, whatever the protocol', () => {
    const stand = new Stand([dnat(target(RS1), target(RS2))])
    assert.is(destination(stand.forward(segment(at(request, 1), SYN))), `${RS1}:80`)
    assert.is(destination(stand.forward(datagram(at(request, 2)))), `${RS2}:80`)
    assert.is(destination(stand.forward(segment(at(request, 1), SYN))), `${RS1}:80`)
    assert.is(destination(stand.forward(segment(at(request, 3), SYN))), `${RS1}:80`)
  })

  test('the first that fits decides: interface, addresses, ports and protocol', () => {
    const from = { prefix: prefix('207.17.0.0', 16) }
    const to = { prefix: prefix(VIP), port: 80, lastPort: 89, protocol: 'tcp' as const }
    const rule = { from: {}, to, choice: turn }
    const inside = { ...rule, number: 0, inPlace: 2, targets: [target('10.0.0.1')] }
    const web = { ...rule, number: 1, from, targets: [target(RS1, 8080)] }
    const range = { ...rule, number: 2, targets: [target(RS2, 9080, 9089)] }
    const stand = new Stand([inside, web, range])
    const stranger = { ...request, src: ip('10.1.1.1'), dstPort: 85 }
    assert.is(destination(stand.forward(segment(request, SYN))), `${RS1}:8080`)
    assert.is(destination(stand.forward(segment(stranger, SYN))), `${RS2}:9085`)
    const other = at(request, 7)
    assert.is(destination(stand.forward(segment(other, SYN), false, 2)), '10.0.0.1:80')
    assert.is(destination(stand.forward(datagram(request))), `${VIP}:80`)
    const high = { ...request, dstPort: 90 }
    assert.is(destination(stand.forward(segment(high, SYN))), `${VIP}:90`)
  })

  test('translations are told with rule, flow and direction', () => {
    const nothing = { ...dnat(target(RS2)), to: { port: 1 } }
    const stand = new Stand([nothing, { ...dnat(target(RS1)), number: 1 }])
    stand.forward(segment(request, SYN))
    stand.forward(segment(answer, SYN | ACK))
    const told = stand.journal.entries.filter(({ kind }) => kind === TRANSLATED)
    assert.equal(
      told.map(({ code, a, b }) => [code, a, b]),
      [
        [101, 1, 0],
        [101, 1, 1],
      ],
    )
  })

  test('rules of prerouting are not asked for what the machine itself sends', () => {
    const stand = new Stand([dnat(target(RS1))])
    const mine = { ...request, src: ip('199.237.202.2') }
    assert.is(destination(stand.own(segment(mine, SYN))), `${VIP}:80`)
  })
})

suite('flows that come to nothing', (test) => {
  test('a first packet that never leaves is forgotten', () => {
    const stand = new Stand([dnat(target(RS1), target(RS2))])
    stand.forward(segment(request, SYN), true)
    assert.equal(stand.track.rows(), [])
    assert.is(destination(stand.forward(segment(request, SYN))), `${RS2}:80`)
    assert.is(stand.track.rows().length, 1)
  })

  test('the machine can report on it: from the virtual address, quoting it as it came', () => {
    const stand = new Stand([dnat(target(RS1))])
    const sent = segment(request, SYN)
    const changed = stand.forward(sent, true)
    const error = stand.report(icmpError(ip('199.237.202.2'), ip(CLIENT), changed, 11, 0))
    assert.equal([...error.slice(12, 16)].join('.'), VIP)
    assert.equal([...error.slice(28 + 12)], [...sent.slice(12)])
  })

  test('a row that expired before it was confirmed is given back once', () => {
    const stand = new Stand([dnat(target(RS1))])
    const changed = stand.forward(segment(request, SYN), true)
    stand.clock.now = 500 * S
    stand.report(icmpError(ip('199.237.202.2'), ip(CLIENT), changed, 11, 0))
    stand.forward(segment(at(request, 1), SYN))
    stand.forward(segment(at(request, 2), SYN))
    assert.is(stand.track.rows().length, 2)
  })

  test('a full table drops what is new and lets pass what it knows', () => {
    const stand = new Stand([], [], { max: 1 })
    stand.forward(segment(request, SYN))
    stand.forward(segment(at(request, 1), SYN))
    assert.is(stand.reason, 'conntrack-full')
    stand.forward(segment(request, SYN))
    assert.is(stand.reason, '')
  })

  test('a flow whose answers could not be told from those of another gets another port', () => {
    const stand = new Stand([dnat(target(RS1))])
    stand.forward(segment(request, SYN))
    stand.draws.push(9000 - 1024)
    const second = stand.forward(segment({ ...request, dst: ip(RS1) }, SYN))
    assert.is(source(second), `${CLIENT}:9000`)
    const back = stand.forward(segment({ ...answer, dstPort: 9000 }, SYN | ACK))
    assert.is(source(back), `${RS1}:80`)
    assert.is(destination(back), `${CLIENT}:40000`)
  })
})
