import * as ipv6 from '../../sim/wire/ipv6.ts'
import {
  commonPrefix,
  isLinkLocal,
  isSolicitedNode,
  isUniqueLocal,
  linkLocalOf,
  solicitedNode,
  type Words,
} from '../../sim/wire/ipv6-scope.ts'
import { formatIpv6, parseIpv6 } from '../../sim/wire/address.ts'
import { AddressBook } from '../../sim/wire/address-book.ts'
import { assert, bytes, cases, sameBytes, suite } from '../lib/harness.ts'

// What `ping -6` of a Linux machine sent, and its first fragment of 1460 octets over an MTU of
// 1400.
const ECHO = `
  60 01 09 ef  00 40 3a 40                          # flow label 0x109ef, ICMPv6, hop limit 64
  fe 80 00 00 00 00 00 00  00 00 00 ff fe 00 01 00  # fe80::ff:fe00:100
  fe 80 00 00 00 00 00 00  00 00 00 ff fe 00 02 00  # fe80::ff:fe00:200`
const FIRST = `
  60 01 b9 9d  05 50 2c 40
  20 01 0d b8 00 01 00 00  00 00 00 00 00 00 00 10
  20 01 0d b8 00 02 00 00  00 00 00 00 00 00 00 20
  3a 00 00 01  af 1f af 08                          # ICMPv6, offset 0, more`

function slab(hex: string, size = 0): { octets: Uint8Array; view: DataView; end: number } {
  const wanted = bytes(hex)
  const octets = new Uint8Array(2 + Math.max(size, wanted.length)).fill(0xa5)
  octets.set(wanted, 2)
  return { octets, view: new DataView(octets.buffer), end: octets.length }
}

suite('ipv6 header', (test) => {
  test('reads what Linux wrote', () => {
    const { view } = slab(ECHO)
    assert.is(ipv6.trafficClass(view, 2), 0)
    assert.is(ipv6.flowLabel(view, 2), 0x109ef)
    assert.is(ipv6.payloadLen(view, 2), 64)
    assert.is(ipv6.nextHeader(view, 2), ipv6.ICMPV6)
    assert.is(ipv6.hopLimit(view, 2), 64)
  })

  test('writes the same octets over old ones', () => {
    const book = new AddressBook()
    const { octets, view } = slab('', 40)
    ipv6.write(view, 2, 0, 0x109ef, 64, ipv6.ICMPV6, 64)
    const { view: wanted } = slab(ECHO)
    book.write(view, 2 + ipv6.SRC, book.read(wanted, 2 + ipv6.SRC))
    book.write(view, 2 + ipv6.DST, book.read(wanted, 2 + ipv6.DST))
    sameBytes(octets.slice(2), bytes(ECHO))
  })

  test('all bits of traffic class and flow label find their places', () => {
    const { view } = slab('', 40)
    ipv6.write(view, 2, 0xff, 0xfffff, 0xffff, 0xff, 0xff)
    assert.is(view.getUint32(2), 0x6fffffff)
    assert.is(ipv6.trafficClass(view, 2), 0xff)
    assert.is(ipv6.flowLabel(view, 2), 0xfffff)
    ipv6.decrementHopLimit(view, 2)
    assert.is(view.getUint32(6), 0xfffffffe)
  })
})

cases(
  'ipv6.check',
  [
    { name: 'a good header', patch: [], size: 104, problem: undefined },
    { name: '39 octets', patch: [], size: 39, problem: 'ipv6-truncated' },
    { name: 'version 4', patch: [[0, 0x45]], size: 104, problem: 'ipv6-bad-version' },
    { name: 'payload beyond the frame', patch: [[5, 65]], size: 104, problem: 'ipv6-bad-length' },
  ] as { name: string; patch: [number, number][]; size: number; problem: string | undefined }[],
  ({ patch, size, problem }) => {
    const { octets, view } = slab(ECHO, 104)
    for (const [at, value] of patch) octets[2 + at] = value
    assert.is(ipv6.check(view, 2, 2 + size), problem)
  },
)

const HEAD = `60 00 00 00 00 20 NN 40${' 00'.repeat(32)}`
const headed = (first: string): string => HEAD.replace('NN', first)

cases(
  'ipv6.walk',
  [
    { name: 'TCP at once', hex: headed('06'), offset: 40, protocol: 6 },
    {
      name: 'hop-by-hop options, then UDP',
      hex: `${headed('00')} 11 00 05 02 00 00 01 00`,
      offset: 48,
      protocol: 17,
    },
    {
      name: 'two headers of different lengths, then ICMPv6',
      hex: `${headed('3c')} 2b 01 ${'01 00 '.repeat(7)} 3a 00 00 00 00 00 00 00`,
      offset: 64,
      protocol: 58,
    },
    { name: 'a fragment header ends it', hex: FIRST, offset: 40, protocol: 44 },
    { name: 'nothing follows', hex: headed('3b'), offset: 40, protocol: 59 },
    { name: 'a header cut short', hex: `${headed('00')} 11 00 05 02`, offset: -1, protocol: 0 },
    {
      name: 'a header longer than the packet',
      hex: `${headed('00')} 11 01 05 02 00 00 01 00`,
      offset: -1,
      protocol: 0,
    },
    { name: 'a fragment header cut short', hex: `${headed('2c')} 3a 00`, offset: -1, protocol: 0 },
  ],
  ({ hex, offset, protocol }) => {
    const { view, end } = slab(hex)
    const walked = ipv6.walk(view, 2, end)
    if (offset < 0) return assert.is(walked, ipv6.MALFORMED)
    assert.is(ipv6.walkOffset(walked), 2 + offset)
    assert.is(ipv6.walkProtocol(walked), protocol)
  },
)

suite('ipv6 fragment header', (test) => {
  test('reads what Linux wrote, and writes it', () => {
    const { octets, view } = slab(FIRST)
    assert.is(ipv6.fragmentNext(view, 42), ipv6.ICMPV6)
    assert.is(ipv6.fragmentOffset(view, 42), 0)
    assert.is(ipv6.fragmentMore(view, 42), true)
    assert.is(ipv6.fragmentId(view, 42), 0xaf1faf08)
    octets.fill(0xa5, 42)
    ipv6.writeFragment(view, 42, ipv6.ICMPV6, 1352, false, 0xaf1faf08)
    sameBytes(octets.slice(42), bytes('3a 00 05 48 af 1f af 08'))
  })

  test('what each fragment repeats ends behind hop-by-hop options and a routing header', () => {
    // Hop-by-hop, routing, destination options, then TCP.
    const options = '2b 00 01 04 00 00 00 00  3c 00 00 00 00 00 00 00  06 00 01 04 00 00 00 00'
    const { view, end } = slab(`${headed('00')} ${options}`)
    const upper = ipv6.walkOffset(ipv6.walk(view, 2, end))
    assert.is(upper, 2 + 64)
    assert.is(ipv6.fragmentableAt(view, 2, upper), 2 + 56)
    assert.is(ipv6.announcedAt(view, 2, 2 + 56), 2 + 48)
    assert.is(ipv6.announcedAt(view, 2, upper), 2 + 56)
  })
})

const words = (text: string): Words => parseIpv6(text)!

suite('addresses made from others', (test) => {
  test('link-local address of a MAC, as Linux made it', () => {
    assert.is(formatIpv6(linkLocalOf(0x0200, 0x00000100)), 'fe80::ff:fe00:100')
    assert.is(formatIpv6(linkLocalOf(0x9245, 0xe87bca3c)), 'fe80::9045:e8ff:fe7b:ca3c')
  })

  test('solicited-node group (RFC 4291 §2.7.1)', () => {
    assert.is(formatIpv6(solicitedNode(words('4037::01:800:200e:8c6c')[3])), 'ff02::1:ff0e:8c6c')
    assert.ok(isSolicitedNode(...words('ff02::1:ff0e:8c6c')))
    assert.not.ok(isSolicitedNode(...words('ff02::1')))
  })

  test('kinds by the first word', () => {
    assert.ok(isLinkLocal(words('fe80::1')[0]) && isLinkLocal(words('febf::1')[0]))
    assert.not.ok(isLinkLocal(words('fec0::1')[0]) || isLinkLocal(words('2001:db8::')[0]))
    assert.ok(isUniqueLocal(words('fd00::1')[0]) && isUniqueLocal(words('fc00::1')[0]))
    assert.not.ok(isUniqueLocal(words('fe80::1')[0]))
  })

  test('leading bits in common', () => {
    assert.is(commonPrefix(words('2001:db8:1::'), words('2001:db8:2::')), 46)
    assert.is(commonPrefix(words('2001:db8::1'), words('2001:db8::')), 127)
    assert.is(commonPrefix(words('2001:db8::1'), words('2001:db8::1')), 128)
    assert.is(commonPrefix(words('8000::'), words('::')), 0)
  })
})
