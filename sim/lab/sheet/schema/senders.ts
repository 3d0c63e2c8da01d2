import { type Address, parseAddress } from '../../../wire/address.ts'
import { parsed } from './shape.ts'

/** Addresses that a range of senders may have. */
const MOST_SOURCES = 1_000_000

/** `sources`: the addresses between two, both included. */
export const senders = parsed((value): [Address, Address] | Error => {
  const parts = value.split('-')
  const [first, last, more] = parts.map((part) => parseAddress(part))
  if (first === undefined || last === undefined || more !== undefined) {
    return new Error(`'${value}' is no range of addresses; write FIRST-LAST`)
  }
  if (first.family !== last.family) return new Error('the range goes from one family to another')
  const count = rangeLength(first, last)
  if (count < 1) return new Error(`the range runs backwards; write ${parts[1]}-${parts[0]}`)
  if (count > MOST_SOURCES) return new Error(`the range has more than ${MOST_SOURCES} addresses`)
  return [first, last]
}, 'a range of addresses such as 10.0.0.1-10.0.0.9')

/** Addresses from one to another of the same family; far apart in IPv6, a very large number. */
function rangeLength(first: Address, last: Address): number {
  const [from, to] = [first, last].map((each) => (each.family === 4 ? [each.v4] : each.words))
  return from!.reduce((sum, word, i) => sum * 0x1_0000_0000 + to![i]! - word, 0) + 1
}
