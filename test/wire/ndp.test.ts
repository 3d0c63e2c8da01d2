import { AddressBook } from '../../sim/wire/address-book.ts'
import * as icmpv6 from '../../sim/wire/icmpv6.ts'
import * as ndp from '../../sim/wire/ndp.ts'
import { assert, bytes, cases, sameBytes, suite } from '../lib/harness.ts'

/** Offset of the ICMPv6 message on the slab: even, as behind an IPv6 header. */
const AT = 40

// Packets of a Linux machine, from the IPv6 header on.
const SOLICITATION = `
  60 00 00 00  00 20 3a ff
  20 01 0d b8 00 01 00 00  00 00 00 00 00 00 00 10
  ff 02 00 00 00 00 00 00  00 00 00 01 ff 00 00 01
  87 00 1b 19  00 00 00 00
  20 01 0d b8 00 01 00 00  00 00 00 00 00 00 00 01
  01 01 02 00 00 00 01 00`
const ADVERTISEMENT = `
  60 00 00 00  00 20 3a ff
  20 01 0d b8 00 01 00 00  00 00 00 00 00 00 00 01
  20 01 0d b8 00 01 00 00  00 00 00 00 00 00 00 10
  88 00 08 63  e0 00 00 00
  20 01 0d b8 00 01 00 00  00 00 00 00 00 00 00 01
  02 01 02 00 00 00 02 00`
const ANSWER_TO_PROBE = `
  60 00 00 00  00 18 3a ff
  20 01 0d b8 00 01 00 00  00 00 00 00 00 00 00 10
  fe 80 00 00 00 00 00 00  00 00 00 ff fe 00 02 00
  88 00 dc 97  40 00 00 00
  20 01 0d b8 00 01 00 00  00 00 00 00 00 00 00 10`
const UNREACHABLE_PORT = `
  60 0a 31 27  00 3b 3a 3f
  20 01 0d b8 00 02 00 00  00 00 00 00 00 00 00 20
  20 01 0d b8 00 01 00 00  00 00 00 00 00 00 00 10
  01 04 a1 8d  00 00 00 00
  60 0d 90 18  00 0b 11 3f
  20 01 0d b8 00 01 00 00  00 00 00 00 00 00 00 10
  20 01 0d b8 00 02 00 00  00 00 00 00 00 00 00 20
  d5 29 27 0f  00 0b 35 91  68 69 0a`

interface Slab {
  readonly octets: Uint8Array
  readonly view: DataView
  readonly words: Uint16Array
  readonly end: number
  /** Sums of source and destination. */
  readonly sums: readonly [number, number]
  readonly book: AddressBook
}

function slab(hex: string): Slab {
  const wanted = bytes(hex)
  const octets = new Uint8Array((wanted.length + 3) & ~1)
  octets.set(wanted)
  const view = new DataView(octets.buffer)
  const book = new AddressBook()
  const sums = [book.sum(book.read(view, 8)), book.sum(book.read(view, 24))] as const
  return { octets, view, words: new Uint16Array(octets.buffer), end: wanted.length, sums, book }
}

cases(
  'icmpv6.check against Linux',
  [
    { name: 'a solicitation', hex: SOLICITATION },
    { name: 'an advertisement', hex: ADVERTISEMENT },
    { name: 'an answer to a probe', hex: ANSWER_TO_PROBE },
    { name: 'an error of odd length', hex: UNREACHABLE_PORT },
  ],
  ({ hex }) => {
    const { octets, view, words, end, sums } = slab(hex)
    const check = (): string | undefined => icmpv6.check(octets, words, AT, end, ...sums)
    assert.is(check(), undefined)
    const right = icmpv6.checksum(view, AT)
    icmpv6.writeChecksum(octets, view, words, AT, end - AT, ...sums)
    assert.is(icmpv6.checksum(view, AT), right, 'computed anew')
    octets[end - 1]! ^= 1
    assert.is(check(), 'icmp-bad-checksum')
    assert.is(icmpv6.check(octets, words, AT, AT + 7, ...sums), 'icmp-truncated')
  },
)

suite('icmpv6', (test) => {
  test('another source needs another checksum', () => {
    const { octets, words, end, sums } = slab(ADVERTISEMENT)
    const [source, destination] = sums
    const problem = icmpv6.check(octets, words, AT, end, source ^ 1, destination)
    assert.is(problem, 'icmp-bad-checksum')
  })

  test('a checksum is mended after a change of 16 and of 32 bits', () => {
    const { octets, view, words, end, sums } = slab(UNREACHABLE_PORT)
    const port = AT + 48
    icmpv6.changed16(view, AT, view.getUint16(port), 4711)
    view.setUint16(port, 4711)
    icmpv6.changed32(view, AT, view.getUint32(AT + 44), 0xc0a80001)
    view.setUint32(AT + 44, 0xc0a80001)
    assert.is(icmpv6.check(octets, words, AT, end, ...sums), undefined)
  })

  test('errors, questions and discovery are told apart by number (RFC 4443 §2.1)', () => {
    assert.ok([1, 2, 3, 4, 127].every(icmpv6.isError))
    assert.not.ok([128, 129, 135, 137].some(icmpv6.isError))
    assert.equal(
      [132, 133, 134, 135, 136, 137, 138].filter(icmpv6.isDiscovery),
      [133, 134, 135, 136, 137],
    )
  })
})

suite('ndp', (test) => {
  test('reads a solicitation', () => {
    const { view, end, book } = slab(SOLICITATION)
    assert.is(ndp.check(view, AT, end), undefined)
    assert.is(book.format(book.read(view, AT + ndp.TARGET)), '2001:db8:1::1')
    const option = ndp.option(view, AT, end, ndp.SOURCE_LINK)
    assert.is(option, AT + 24)
    assert.is(ndp.linkHi(view, option), 0x0200)
    assert.is(ndp.linkLo(view, option), 0x00000100)
    assert.is(ndp.option(view, AT, end, ndp.TARGET_LINK), 0)
  })

  test('reads the flags of advertisements', () => {
    const { view } = slab(ADVERTISEMENT)
    assert.is(ndp.flags(view, AT), ndp.ROUTER | ndp.SOLICITED | ndp.OVERRIDE)
    const probe = slab(ANSWER_TO_PROBE)
    assert.is(ndp.flags(probe.view, AT), ndp.SOLICITED)
    assert.is(ndp.option(probe.view, AT, probe.end, ndp.TARGET_LINK), 0)
  })

  test('writes an option as Linux does', () => {
    const { octets, view, end } = slab(SOLICITATION)
    octets.fill(0xa5, end - 8)
    assert.is(ndp.writeLink(view, end - 8, ndp.SOURCE_LINK, 0x0200, 0x100), end)
    sameBytes(octets.slice(0, end), bytes(SOLICITATION))
  })

  test('writes the head of a redirected header', () => {
    const octets = new Uint8Array(10).fill(0xa5)
    ndp.writeRedirectedHeader(new DataView(octets.buffer), 2, 112)
    sameBytes(octets.slice(2), bytes('04 0e 00 00 00 00 00 00'))
  })
})

cases(
  'ndp.check',
  [
    { name: 'an option without a length', patch: [65, 0], end: 72, problem: 'ndp-malformed' },
    { name: 'an option beyond the packet', patch: [65, 2], end: 72, problem: 'ndp-malformed' },
    { name: 'an option of one octet', patch: [0, 0x60], end: 65, problem: 'ndp-malformed' },
    { name: 'a message cut short', patch: [0, 0x60], end: 63, problem: 'ndp-malformed' },
    { name: 'no option at all', patch: [0, 0x60], end: 64, problem: undefined },
    { name: 'a message of another protocol', patch: [40, 128], end: 72, problem: 'ndp-malformed' },
  ] as { name: string; patch: [number, number]; end: number; problem: string | undefined }[],
  ({ patch, end, problem }) => {
    const { octets, view } = slab(SOLICITATION)
    octets[patch[0]] = patch[1]
    assert.is(ndp.check(view, AT, end), problem)
  },
)
