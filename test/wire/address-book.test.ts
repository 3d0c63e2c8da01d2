import fc from 'fast-check'
import { AddressBook, isIpv6 } from '../../sim/wire/address-book.ts'
import { type Address, parseAddress } from '../../sim/wire/address.ts'
import { assert, bytes, suite } from '../lib/harness.ts'

const parsed = (text: string): Address => parseAddress(text)!

suite('address book', (test) => {
  test('an IPv4 address is its own number', () => {
    const book = new AddressBook()
    assert.is(book.number(parsed('199.237.202.124')), 0xc7edca7c)
    assert.is(isIpv6(0xc7edca7c), false)
    assert.is(isIpv6(0xffffffff), false, '255.255.255.255 is the broadcast address')
    assert.is(book.format(0xffffffff), '255.255.255.255')
    assert.is(book.size, 0)
  })

  test('an IPv6 address has one number, from text and from octets', () => {
    const book = new AddressBook()
    const number = book.number(parsed('2001:db8:117::20'))
    assert.ok(isIpv6(number))
    const octets = bytes('20 01 0d b8 01 17 00 00 00 00 00 00 00 00 00 20')
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length)
    assert.is(book.read(view, 0), number)
    assert.is(book.format(number), '2001:db8:117::20')
    assert.equal(book.address(number), parsed('2001:db8:117::20'))
    const copy = new DataView(new ArrayBuffer(18))
    book.write(copy, 2, number)
    assert.equal(new Uint8Array(copy.buffer).slice(2), octets)
  })

  test('thousands of addresses keep their numbers, and neighbours differ', () => {
    const book = new AddressBook()
    const numbers = Array.from({ length: 5000 }, (_, i) => book.numberOf(0x20010db8, 0, 0, i))
    assert.is(new Set(numbers).size, 5000)
    for (const [i, number] of numbers.entries()) {
      assert.is(book.numberOf(0x20010db8, 0, 0, i), number)
      assert.is(book.word(number, 3), i)
    }
    assert.is(book.size, 5000)
  })

  test('the sum is that of the eight 16-bit words', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff })
    fc.assert(
      fc.property(word, word, word, word, (...words) => {
        const book = new AddressBook()
        const all = words.flatMap((each) => [each >>> 16, each & 0xffff])
        const sum = all.reduce((a, b) => a + b, 0)
        const expected = sum === 0 ? 0 : ((sum - 1) % 0xffff) + 1
        assert.is(book.sum(book.numberOf(...words)), expected)
      }),
    )
    assert.is(new AddressBook().sum(0xc0a80001), 0xc0a9)
  })
})
