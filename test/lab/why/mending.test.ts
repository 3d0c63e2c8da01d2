import { changesBetween } from '../../../sim/lab/why/changes.ts'
import { mendings } from '../../../sim/lab/why/mending.ts'
import { assert, bytes, suite } from '../../lib/harness.ts'

/** An IPv4 packet of 20 octets behind an Ethernet header; `ident` and `checksum` as given. */
const packet = (ident: string, checksum: string): Uint8Array =>
  bytes(`
    02 00 00 00 02 00  02 00 00 00 01 00  08 00
    45 00 00 14 ${ident} 40 00  40 fd ${checksum}  c0 a8 01 0a  0a 00 00 64`)

suite('the arithmetic of a mended checksum', (test) => {
  test('is that of the example in RFC 1624, section 4', () => {
    // HC = DD2F, m = 5555, m' = 3285: HC' = ~(22D0 + AAAA + 3285) = ~FFFF = 0000.
    const [before, after] = [packet('55 55', 'dd 2f'), packet('32 85', '00 00')]
    const found = mendings(before, after, changesBetween(before, after, 0))
    assert.equal(found, [
      {
        field: 'ip.checksum',
        before: 0xdd2f,
        words: [{ field: 'ip.id', before: 0x5555, after: 0x3285 }],
        sum: 0xffff,
        folded: 0xffff,
        result: 0x0000,
        after: 0x0000,
      },
    ])
  })
  test('says what came out when the frame has something else', () => {
    const [before, after] = [packet('55 55', 'dd 2f'), packet('32 85', 'ff ff')]
    const [found] = mendings(before, after, changesBetween(before, after, 0))
    assert.equal([found?.result, found?.after], [0, 0xffff])
  })
})

suite('what changed between two frames', (test) => {
  test('has names, offsets and octets', () => {
    const [before, after] = [packet('55 55', 'dd 2f'), packet('55 56', 'dd 2f')]
    assert.equal(changesBetween(before, after, 0), [
      {
        field: 'ip.id',
        start: 18,
        end: 20,
        before: '0x5555',
        after: '0x5556',
        octetsBefore: '5555',
        octetsAfter: '5556',
      },
    ])
  })
  test('an octet without a field is told too, and nothing before the given offset', () => {
    const [before, after] = [bytes('01 02 03 04 05'), bytes('09 02 ff fe 05')]
    assert.equal(
      changesBetween(before, after, 1).map(({ field, start, end }) => [field, start, end]),
      [['octets', 2, 4]],
    )
  })
  test('frames of equal octets have no difference', () => {
    assert.equal(changesBetween(packet('55 55', 'dd 2f'), packet('55 55', 'dd 2f'), 0), [])
  })
})
