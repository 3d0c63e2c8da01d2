import { sumOf, update16, update32 } from '../../sim/wire/checksum.ts'
import * as udp from '../../sim/wire/udp.ts'
import { assert, bytes, suite } from '../lib/harness.ts'

function sumOfHex(hex: string): number {
  const octets = new Uint8Array(64)
  const data = bytes(hex)
  octets.set(data, 2)
  return sumOf(octets, new Uint16Array(octets.buffer), 2, data.length)
}

suite('checksum', (test) => {
  test('the example of RFC 1071 §3 sums to ddf2', () => {
    assert.is(sumOfHex('00 01 f2 03 f4 f5 f6 f7'), 0xddf2)
  })

  test('an odd last octet is the high half of a word', () => {
    assert.is(sumOfHex('00 01 f2'), 0xf201)
  })

  test('RFC 1624 §4: 0xdd2f with 5555 changed to 3285 becomes 0000, not ffff', () => {
    assert.is(update16(0xdd2f, 0x5555, 0x3285), 0x0000)
  })

  test('a 32-bit update is two 16-bit updates', () => {
    const twice = update16(update16(0x1234, 0xc0a8, 0x0a00), 0x010a, 0x0001)
    assert.is(update32(0x1234, 0xc0a8010a, 0x0a000001), twice)
  })
})

suite('udp checksum', (test) => {
  /** A datagram of 12 octets at offset 4, checksum included, between two addresses. */
  function datagram(word: number): { octets: Uint8Array; view: DataView; words: Uint16Array } {
    const octets = new Uint8Array(32)
    const view = new DataView(octets.buffer)
    const words = new Uint16Array(octets.buffer)
    view.setUint16(12, word)
    udp.write(octets, view, words, 4, 1000, 53, 10, 0x0a000001, 0x0a000002)
    return { octets, view, words }
  }

  /** The payload word for which the computed checksum would be zero. */
  const zeroWord = udp.checksum(datagram(0).view, 4)

  test('RFC 768: a checksum that computes to zero is sent as all ones', () => {
    const { octets, view, words } = datagram(zeroWord)
    assert.is(udp.checksum(view, 4), 0xffff)
    assert.is(udp.check(octets, view, words, 4, 14, 0x0a000001, 0x0a000002), undefined)
  })

  test('a rewritten port that makes it zero is sent as all ones too', () => {
    const { octets, view, words } = datagram(zeroWord - 1)
    udp.rewriteDstPort(view, 4, 54)
    assert.is(udp.checksum(view, 4), 0xffff)
    assert.is(udp.check(octets, view, words, 4, 14, 0x0a000001, 0x0a000002), undefined)
  })

  test('"no checksum" stays so through every rewrite', () => {
    const { view } = datagram(7)
    view.setUint16(10, 0)
    udp.rewriteDstPort(view, 4, 8080)
    udp.rewriteSrcPort(view, 4, 8081)
    udp.addressChanged(view, 4, 0x0a000001, 0xac100001)
    assert.is(udp.checksum(view, 4), 0)
  })
})
