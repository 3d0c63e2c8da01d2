import fc from 'fast-check'
import { ACK, SYN } from '../../sim/wire/tcp.ts'
import { assert, suite } from '../lib/harness.ts'
import { datagram, type Ends, icmpError, segment, wrongChecksums } from './packets.ts'
import { dnat, RS1, RS2, Stand, snat, target, VIP } from './stand.ts'
import { ip } from './packets.ts'

// Few addresses and ports, so that packets meet flows, and rules for both ends.
const address = fc.constantFrom(
  ip(VIP),
  ip(RS1),
  ip(RS2),
  ip('207.17.117.20'),
  ip('172.16.20.254'),
  ip('10.0.0.1'),
)
const port = fc.constantFrom(80, 1024, 1025, 40000)
const ends: fc.Arbitrary<Ends> = fc.record({
  src: address,
  dst: address,
  srcPort: port,
  dstPort: port,
})
const flags = fc.constantFrom(SYN, SYN | ACK, ACK, 1 | ACK, 4, 4 | ACK, 0, 63)
const whole = fc.oneof(
  fc.tuple(ends, flags).map(([which, bits]) => segment(which, bits)),
  ends.map((which) => datagram(which)),
)
const about = fc
  .tuple(address, address, whole, fc.constantFrom(3, 5, 11, 12), fc.nat(40))
  .map(([from, to, quote, type, cut]) => icmpError(from, to, quote.subarray(0, 20 + cut), type, 1))
const packet = fc.oneof(whole, about)

const rules = (): Stand =>
  new Stand([dnat(target(RS1, 8080), target(RS2))], [snat('172.16.20.254', 1024, 1026)], {
    max: 12,
    buckets: 12,
  })

type Way = 'forward' | 'deliver' | 'own'
const ways = fc.constantFrom<Way>('forward', 'forward', 'deliver', 'own')

suite('whatever comes', (test) => {
  test('packets leave with right checksums, whichever way they go, and the table stays small', () => {
    const property = fc.property(fc.array(fc.tuple(packet, ways), { maxLength: 60 }), (list) => {
      const stand = rules()
      for (const [octets, way] of list) {
        stand.clock.now += 700_000_000
        const after = stand[way](octets)
        assert.is(after.length, octets.length)
        if (octets.length >= 40) assert.equal(wrongChecksums(after), wrongChecksums(octets))
      }
      assert.ok(stand.track.rows().length <= 12)
    })
    fc.assert(property, { seed: 1, numRuns: 150 })
  })

  test('every answer finds the way back: no two flows have the tuple of one', () => {
    const property = fc.property(fc.array(fc.tuple(whole, ways), { maxLength: 60 }), (list) => {
      const stand = rules()
      for (const [octets, way] of list) stand[way](octets)
      const replies = stand.track.rows().map(({ protocol, reply }) => `${protocol} ${reply}`)
      assert.is(new Set(replies).size, replies.length)
    })
    fc.assert(property, { seed: 2, numRuns: 150 })
  })

  test('damaged packets break nothing', () => {
    const damaged = fc
      .tuple(packet, fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 }), fc.nat(80))
      .map(([octets, changes, length]) => {
        const copy = octets.slice(0, Math.max(20, length))
        for (const [at, value] of changes) {
          if (at < copy.length && at !== 0) copy[at] = value
        }
        return copy
      })
    const property = fc.property(fc.array(damaged, { maxLength: 40 }), (list) => {
      const stand = rules()
      for (const octets of list) stand.forward(octets)
    })
    fc.assert(property, { seed: 3, numRuns: 300 })
  })
})
