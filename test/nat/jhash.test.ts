import { hashAddress, hashFour, scaled } from '../../sim/nat/jhash.ts'
import { AddressBook } from '../../sim/wire/address-book.ts'
import { assert, cases } from '../lib/harness.ts'
import { ip } from './packets.ts'

// What a kernel chose with `dnat to jhash ip saddr mod 3 seed 0xdeadbeef`, and the hash that
// explains it (pcaps/linux/09c-srchash).
cases(
  'jhash of the client, as nftables has it',
  [
    { name: '207.17.117.20', hash: 4093241311, server: 3 },
    { name: '207.17.117.21', hash: 3437866026, server: 3 },
    { name: '207.17.117.22', hash: 1741584219, server: 2 },
    { name: '207.17.117.23', hash: 253857950, server: 1 },
    { name: '207.17.117.34', hash: 797862685, server: 1 },
    { name: '207.17.117.42', hash: 1608163454, server: 2 },
    { name: '207.17.117.43', hash: 840260793, server: 1 },
  ],
  ({ name, hash, server }) => {
    const found = hashAddress(new AddressBook(), ip(name), 0xdeadbeef)
    assert.is(found, hash)
    assert.is(scaled(found, 3) + 1, server)
  },
)

// What `hashword` of Bob Jenkins's own lookup3.c gives.
const LOOKUP3 = [
  { words: [0, 0, 0, 0], seed: 0, hash: 3136882572 },
  { words: [0, 0, 0, 0], seed: 3735928559, hash: 155453465 },
  { words: [1, 2, 3, 4], seed: 0, hash: 1716064838 },
  { words: [1, 2, 3, 4], seed: 3735928559, hash: 3657688646 },
  { words: [4294967295, 4294967295, 4294967295, 4294967295], seed: 13, hash: 3868884230 },
  { words: [3087860000, 0, 0, 16777216], seed: 0, hash: 240847579 },
  { words: [3087860000, 0, 0, 16777216], seed: 3735928559, hash: 4191943214 },
  { words: [343216591, 0, 0, 0], seed: 0, hash: 1351217307 },
  { words: [343216591, 0, 0, 0], seed: 3735928559, hash: 1994077621 },
] as const

cases(
  'jhash of four words',
  LOOKUP3.map(({ words, seed, hash }) => ({
    name: `${words.join(' ')} from ${seed}`,
    words,
    seed,
    hash,
  })),
  ({ words: [a, b, c, d], seed, hash }) => {
    assert.is(hashFour(a, b, c, d, seed), hash)
  },
)
