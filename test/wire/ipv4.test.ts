import * as ipv4 from '../../sim/wire/ipv4.ts'
import { assert, bytes, cases, sameBytes, suite } from '../lib/harness.ts'

const HEADER = `
  45 00 00 28  00 00 40 00   # version/IHL, total length 40, DF
  40 06 6e ba                # TTL 64, TCP, checksum
  c0 a8 01 0a                # 192.168.1.10
  0a 00 00 64                # 10.0.0.100, the VIP`

/** The header on a slab of its own, at offset 2 of it, followed by 20 octets. */
function slab(hex: string): { octets: Uint8Array; view: DataView; words: Uint16Array; at: number } {
  const octets = new Uint8Array(64).fill(0xa5)
  octets.set(bytes(hex), 2)
  return {
    octets,
    view: new DataView(octets.buffer),
    words: new Uint16Array(octets.buffer),
    at: 2,
  }
}

// The checksums after rewriting were computed with scapy, not by the code under test.
cases(
  'ipv4.rewriteDst',
  [
    {
      name: 'VIP to real server',
      to: 0x0a000001,
      after: '45 00 00 28 00 00 40 00 40 06 6f 1d c0 a8 01 0a 0a 00 00 01',
    },
    { name: 'same address leaves every octet alone', to: 0x0a000064, after: HEADER },
  ],
  ({ to, after }) => {
    const { octets, view, at } = slab(HEADER)
    ipv4.rewriteDst(view, at, to)
    sameBytes(octets.slice(at, at + 20), bytes(after))
  },
)

cases(
  'ipv4.check',
  [
    { name: 'a good header', patch: [], end: 42, problem: undefined },
    { name: '19 octets', patch: [], end: 21, problem: 'ipv4-truncated' },
    { name: 'version 6', patch: [[0, 0x65]], end: 42, problem: 'ipv4-bad-version' },
    { name: 'header of 16 octets', patch: [[0, 0x44]], end: 42, problem: 'ipv4-bad-ihl' },
    { name: 'header beyond the frame', patch: [[0, 0x4f]], end: 42, problem: 'ipv4-bad-ihl' },
    { name: 'longer than the frame', patch: [[3, 0x29]], end: 42, problem: 'ipv4-bad-length' },
    { name: 'shorter than its header', patch: [[3, 19]], end: 42, problem: 'ipv4-bad-length' },
    { name: 'one bit flipped', patch: [[15, 0x0b]], end: 42, problem: 'ipv4-bad-checksum' },
  ] as { name: string; patch: [number, number][]; end: number; problem: string | undefined }[],
  ({ patch, end, problem }) => {
    const { octets, view, words, at } = slab(HEADER)
    for (const [offset, value] of patch) octets[at + offset] = value
    assert.is(ipv4.check(octets, view, words, at, end), problem)
  },
)

suite('ipv4.write', (test) => {
  test('writes every octet of the header, over old ones', () => {
    const { octets, view, at } = slab(HEADER)
    octets.fill(0xa5)
    ipv4.write(view, at, 0, 40, 0, ipv4.DF, 64, ipv4.TCP, 0xc0a8010a, 0x0a000064)
    sameBytes(octets.slice(at, at + 20), bytes(HEADER))
  })

  test('a TTL lowered 63 times keeps a checksum that the reader accepts', () => {
    const { octets, view, words, at } = slab(HEADER)
    for (let ttl = 64; ttl > 1; ttl--) {
      ipv4.decrementTtl(view, at)
      assert.is(ipv4.ttl(view, at), ttl - 1)
      assert.is(ipv4.check(octets, view, words, at, 42), undefined)
    }
  })
})
