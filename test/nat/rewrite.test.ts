import fc from 'fast-check'
import type { HookContext } from '../../sim/hook/hook.ts'
import { Quote } from '../../sim/nat/quote.ts'
import {
  rewriteDestination,
  rewriteDestinationAddress,
  rewriteSource,
  rewriteSourceAddress,
} from '../../sim/nat/rewrite.ts'
import { FIELDS, Journal, Trace } from '../../sim/trace/index.ts'
import { AddressBook } from '../../sim/wire/address-book.ts'
import { assert, bytes, cases, sameBytes, suite } from '../lib/harness.ts'
import { datagram, icmpError, ip, octetsOf, packetOf, segment, wrongChecksums } from './packets.ts'

const clock = { now: 5 }
const contextOf = (trace: Trace, place = 0): HookContext => {
  return { clock, trace, addresses: new AddressBook(), place }
}
const silent = contextOf(new Trace(clock))

const address = fc.integer({ min: 0, max: 0xffff_ffff })
const port = fc.integer({ min: 0, max: 0xffff })
const ends = fc.record({ src: address, dst: address, srcPort: port, dstPort: port })
const payload = fc.uint8Array({ maxLength: 60 })

suite('rewriting addresses and ports', (test) => {
  test('leaves every checksum as if computed anew, for all packets', () => {
    const property = fc.property(ends, ends, payload, fc.boolean(), (from, to, data, isTcp) => {
      const packet = packetOf(isTcp ? segment(from, 0x18, data) : datagram(from, data))
      rewriteSource(packet, to.src, to.srcPort, silent)
      rewriteDestination(packet, to.dst, to.dstPort, silent)
      const after = octetsOf(packet)
      assert.equal(wrongChecksums(after), [])
      sameBytes(after, isTcp ? segment(to, 0x18, data) : datagram(to, data))
    })
    fc.assert(property, { seed: 1, numRuns: 500 })
  })

  test('there and back is the same packet, octet for octet', () => {
    const property = fc.property(ends, ends, payload, (from, to, data) => {
      const before = segment(from, 0x10, data)
      const packet = packetOf(before)
      rewriteDestination(packet, to.dst, to.dstPort, silent)
      rewriteSource(packet, to.src, to.srcPort, silent)
      rewriteSource(packet, from.src, from.srcPort, silent)
      rewriteDestination(packet, from.dst, from.dstPort, silent)
      sameBytes(octetsOf(packet), before)
    })
    fc.assert(property, { seed: 1, numRuns: 200 })
  })

  test('a datagram without a checksum stays without one (RFC 768)', () => {
    const from = { src: ip('10.0.0.1'), dst: ip('10.0.0.2'), srcPort: 1000, dstPort: 53 }
    const packet = packetOf(datagram(from, bytes('01 02 03 04'), false))
    rewriteDestination(packet, ip('10.9.9.9'), 5353, silent)
    const after = octetsOf(packet)
    assert.is(after[26], 0)
    assert.is(after[27], 0)
    assert.equal(wrongChecksums(after), [])
  })

  test('a datagram whose new checksum would be 0 carries all ones (RFC 768)', () => {
    // For some port the sum of all words is 0xffff, whose complement is 0.
    const from = { src: ip('10.0.0.1'), dst: ip('10.0.0.2'), srcPort: 1000, dstPort: 0 }
    let zeros = 0
    for (let to = 0; to <= 0xffff; to++) {
      const packet = packetOf(datagram(from, bytes('de ad')))
      rewriteDestination(packet, from.dst, to, silent)
      const after = octetsOf(packet)
      assert.ok(after[26] !== 0 || after[27] !== 0, `port ${to} leaves checksum 0`)
      if (after[26] === 0xff && after[27] === 0xff) zeros++
    }
    assert.is(zeros, 1)
  })

  test('the header of RFC 1624 keeps a checksum that is not negative zero', () => {
    // Section 4: with checksum 0xDD2F a word 0x5555 becomes 0x3285; the answer is 0x0000, not
    // 0xFFFF. Here the word is the high half of the source; the rest makes the sum come out.
    const before = bytes(
      '45 00 00 1c 00 00 00 00 40 11 dd 2f 55 55 00 00 48 45 ff ff 00 00 00 00 00 08 00 00',
    )
    const packet = packetOf(before)
    rewriteSource(packet, 0x3285_0000, 0, silent)
    const after = octetsOf(packet)
    assert.is((after[10]! << 8) | after[11]!, 0x0000)
  })

  test('says what changed, and nothing about what did not', () => {
    const trace = new Trace(clock)
    const context = contextOf(trace, 7)
    const journal = new Journal()
    journal.listen(trace)
    const from = { src: 1, dst: 2, srcPort: 3, dstPort: 4 }
    const packet = packetOf(segment(from, 0x02))
    rewriteDestination(packet, 20, 40, context)
    rewriteSource(packet, 1, 3, context)
    rewriteSource(packet, 1, 30, context)
    octetsOf(packet)
    const said = journal.entries.map(({ code, a, b }) => `${FIELDS[code]} ${a} ${b}`)
    assert.equal(said, ['ip.dst 2 20', 'tcp.dstport 4 40', 'tcp.srcport 3 30'])
  })
})

const quoted = fc.record({
  from: ends,
  to: ends,
  data: payload,
  isTcp: fc.boolean(),
  cut: fc.nat(60),
})

suite('rewriting what an ICMP error quotes', (test) => {
  test('is the error about the packet as its sender sent it, however little is quoted', () => {
    const property = fc.property(quoted, address, address, (row, router, client) => {
      const make = (which: typeof row.from): Uint8Array =>
        row.isTcp ? segment(which, 0x18, row.data) : datagram(which, row.data)
      const octets = make(row.from)
      const length = Math.min(octets.length, 28 + row.cut)
      // Half of a TCP checksum is left alone, as it cannot be mended.
      fc.pre(!(row.isTcp && length === 37))
      const packet = packetOf(icmpError(router, client, octets.subarray(0, length)))
      const quote = new Quote(silent.addresses)
      assert.ok(quote.read(packet))
      quote.rewriteDestination(packet, row.to.dst, row.to.dstPort)
      quote.rewriteSource(packet, row.to.src, row.to.srcPort)
      rewriteSourceAddress(packet, row.to.dst, silent)
      rewriteDestinationAddress(packet, row.to.src, silent)
      const wanted = make(row.to).subarray(0, length)
      sameBytes(octetsOf(packet), icmpError(row.to.dst, row.to.src, wanted))
    })
    fc.assert(property, { seed: 1, numRuns: 500 })
  })
})

const WHOLE = segment({ src: 1, dst: 2, srcPort: 3, dstPort: 4 }, 0x10)

cases(
  'quotes that tell no flow',
  [
    { name: 'no quote at all', quote: new Uint8Array(0) },
    { name: 'half of a header', quote: WHOLE.subarray(0, 12) },
    { name: 'a header without ports', quote: WHOLE.subarray(0, 24) },
    {
      name: 'not IPv4',
      quote: WHOLE.map((o, i) => (i === 0 ? 0x65 : o)),
    },
    { name: 'neither TCP nor UDP', quote: WHOLE.map((o, i) => (i === 9 ? 50 : o)) },
    { name: 'a later fragment', quote: WHOLE.map((o, i) => (i === 7 ? 9 : o)) },
  ],
  ({ quote }) => {
    const packet = packetOf(icmpError(5, 6, quote))
    assert.not(new Quote(silent.addresses).read(packet))
    octetsOf(packet)
  },
)
