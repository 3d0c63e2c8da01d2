// What is received and may be no good: fragments, extension headers, addresses; and which source is
// chosen.

import { assert, bytes, cases, suite } from '../lib/harness.ts'
import { CLIENT, lab, SERVER, Stand } from './ipv6-stand.ts'

/** A UDP-like fragment of 16 octets, id 7, from CLIENT to SERVER. */
function fragment(offset: number, more: boolean, size = 16): Uint8Array {
  const head = bytes(`
    60 00 00 00 00 ${(size + 8).toString(16).padStart(2, '0')} 2c 40
    20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 10
    20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 20
    11 00 ${(offset | Number(more)).toString(16).padStart(4, '0')} 00 00 00 07`)
  return Uint8Array.of(...head, ...new Array<number>(size).fill(0xee))
}

// What is answered, here and below, is what a kernel 6.18 answered to the same octets.
cases(
  'ipv6 reassembly',
  [
    {
      name: 'an overlap spoils the packet (RFC 5722)',
      parts: [fragment(0, true), fragment(8, false)],
      drops: ['fragment-overlap', 'fragment-overlap'],
      held: 0,
    },
    {
      name: 'the same part twice is dropped once',
      parts: [fragment(0, true), fragment(0, true)],
      drops: ['fragment-overlap'],
      held: 1,
    },
    {
      name: 'a part that is no multiple of eight',
      parts: [fragment(0, true, 15)],
      drops: ['fragment-bad'],
      answer: `> icmp 4/0 4 ${SERVER} > ${CLIENT} limit 64`,
      held: 0,
    },
    {
      name: 'a packet longer than 65,535 octets',
      parts: [fragment(0xfff8, false)],
      drops: ['fragment-bad'],
      answer: `> icmp 4/0 42 ${SERVER} > ${CLIENT} limit 64`,
      held: 0,
    },
    {
      name: 'a first part without the whole header of what it carries (RFC 7112)',
      parts: [fragment(0, true, 0)],
      drops: ['fragment-bad'],
      answer: `> icmp 4/3 0 ${SERVER} > ${CLIENT} limit 64`,
      held: 0,
    },
    {
      name: 'the only part is the whole packet (RFC 6946)',
      parts: [fragment(0, false)],
      drops: ['udp-bad-length'],
      held: 0,
    },
  ] as { name: string; parts: Uint8Array[]; drops: string[]; answer?: string; held: number }[],
  ({ parts, drops, answer, held }) => {
    const at = lab()
    const before = at.stand.seen(at.far).length
    for (const part of parts) at.stand.arrive(at.far, '02:00:00:00:02:01', part)
    assert.equal(at.stand.net.drops(), drops)
    assert.is(at.stand.seen(at.far)[before], answer)
    assert.is(at.server.ipv6.fragments.held, held)
  },
)

/** An IPv6 packet from CLIENT to SERVER with the given next header and payload. */
function packet(next: string, payload: string, src = '2001:db8:1::10'): Uint8Array {
  const octets = bytes(payload)
  const head = bytes(`
    60 00 00 00 00 ${octets.length.toString(16).padStart(2, '0')} ${next} 40
    20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 10
    20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 20`)
  if (src === '::1') head.set(bytes('00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01'), 8)
  if (src === 'ff02::1') head.set(bytes('ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 01'), 8)
  return Uint8Array.of(...head, ...octets)
}

const NO_OPTIONS = '00 01 04 00 00 00 00'

cases(
  'ipv6 input',
  [
    {
      name: 'a protocol that nobody knows: parameter problem at its announcement',
      octets: packet('fe', '00'.repeat(8)),
      drop: 'unknown-protocol',
      answer: `> icmp 4/1 6 ${SERVER} > ${CLIENT} limit 64`,
    },
    {
      name: 'the same behind an extension header',
      octets: packet('3c', `fe ${NO_OPTIONS} ${'00'.repeat(8)}`),
      drop: 'unknown-protocol',
      answer: `> icmp 4/1 40 ${SERVER} > ${CLIENT} limit 64`,
    },
    {
      name: 'no next header: nothing to say',
      octets: packet('3b', ''),
      drop: 'unknown-protocol',
      answer: undefined,
    },
    {
      name: 'an extension header that does not fit',
      octets: packet('3c', `11 04 01 04 00 00 00 00`),
      drop: 'ipv6-bad-extension',
      answer: undefined,
    },
    {
      name: 'a routing header whose work is done',
      octets: packet('2b', `3b 00 00 00 00 00 00 00`),
      drop: 'unknown-protocol',
      answer: undefined,
    },
    {
      name: 'a routing header with a segment left (RFC 5095)',
      octets: packet('2b', `3b 00 00 01 00 00 00 00`),
      drop: 'ipv6-bad-extension',
      answer: `> icmp 4/0 42 ${SERVER} > ${CLIENT} limit 64`,
    },
    {
      name: 'an unknown option that may be skipped',
      octets: packet('00', `3b 00 1e 04 00 00 00 00`),
      drop: 'unknown-protocol',
      answer: undefined,
    },
    {
      name: 'an unknown option that ends the packet',
      octets: packet('00', `3b 00 5e 04 00 00 00 00`),
      drop: 'ipv6-bad-extension',
      answer: undefined,
    },
    {
      name: 'an unknown option whose sender wants to know',
      octets: packet('00', `3b 00 9e 04 00 00 00 00`),
      drop: 'ipv6-bad-extension',
      answer: `> icmp 4/2 42 ${SERVER} > ${CLIENT} limit 64`,
    },
    {
      name: 'the same in destination options, behind padding',
      octets: packet('3c', `3b 00 00 de 02 00 00 00`),
      drop: 'ipv6-bad-extension',
      answer: `> icmp 4/2 43 ${SERVER} > ${CLIENT} limit 64`,
    },
    {
      name: 'an option longer than its header',
      octets: packet('00', `3b 00 1e 05 00 00 00 00`),
      drop: 'ipv6-bad-extension',
      answer: undefined,
    },
    {
      name: 'more padding than any alignment needs',
      octets: packet('00', `3b 01 01 0c ${'00'.repeat(12)}`),
      drop: 'ipv6-bad-extension',
      answer: undefined,
    },
    {
      name: 'hop-by-hop options that do not stand first',
      octets: packet('3c', `00 ${NO_OPTIONS} 3b ${NO_OPTIONS}`),
      drop: 'ipv6-bad-extension',
      answer: `> icmp 4/1 40 ${SERVER} > ${CLIENT} limit 64`,
    },
    {
      name: 'loopback as a source from a wire',
      octets: packet('11', '00'.repeat(8), '::1'),
      drop: 'martian-source',
      answer: undefined,
    },
    {
      name: 'a group as a source',
      octets: packet('11', '00'.repeat(8), 'ff02::1'),
      drop: 'martian-source',
      answer: undefined,
    },
    {
      name: 'a payload longer than the frame',
      octets: packet('11', '00'.repeat(8)).slice(0, 44),
      drop: 'ipv6-bad-length',
      answer: undefined,
    },
  ],
  ({ octets, drop, answer }) => {
    const at = lab()
    const before = at.stand.seen(at.far).length
    at.stand.arrive(at.far, '02:00:00:00:02:01', octets)
    assert.is(at.stand.net.drops().at(-1), drop)
    assert.is(at.stand.seen(at.far)[before], answer)
  },
)

suite('ipv6 to oneself', (test) => {
  test('::1 and own addresses answer over lo', () => {
    const at = lab()
    at.stand.add(at.client, at.client.interfaces[0]!, '::1/128')
    at.client.ready()
    at.ping('::1')
    at.ping(CLIENT)
    at.stand.net.run(0.1)
    const lo = at.stand.seen(at.client.interfaces[0]!)
    assert.is(lo[0], '> icmp 128/0 ::1 > ::1 limit 64')
    assert.is(lo.at(-1), `< icmp 129/0 ${CLIENT} > ${CLIENT} limit 64`)
  })
})

/** RFC 6724 §10.1 and what a kernel 6.18 chose (`ip -6 route get`). */
cases(
  'ipv6 source',
  [
    { name: 'the only one', own: ['2001:db8:1::10/64'], to: SERVER, source: '2001:db8:1::10' },
    {
      name: 'of two alike the one added last',
      own: ['2001:db8:1::10/64', '2001:db8:1::11/64'],
      to: SERVER,
      source: '2001:db8:1::11',
    },
    {
      name: 'a virtual address of 128 bits has more bits in common with a neighbour',
      own: ['2001:db8:1::124/128', '2001:db8:1::10/64'],
      to: '2001:db8:1::1',
      source: '2001:db8:1::124',
    },
    {
      name: 'link-local to link-local',
      own: ['2001:db8:1::10/64'],
      to: 'fe80::1',
      source: 'fe80::ff:fe00:100',
    },
    {
      name: 'never link-local to the world',
      own: ['fd00::10/64'],
      to: SERVER,
      source: 'fd00::10',
    },
    {
      name: 'a global one to the world rather than a unique local one, whichever came last',
      own: ['2001:db8:1::10/64', 'fd00::10/64'],
      to: SERVER,
      source: '2001:db8:1::10',
    },
    {
      name: 'a unique local one to its like',
      own: ['fd00::10/64', '2001:db8:1::10/64'],
      to: 'fd00:1::1',
      source: 'fd00::10',
    },
  ],
  ({ own, to, source }) => {
    const stand = new Stand()
    const a = stand.net.host('a')
    const iface = stand.iface(a, ...own)
    stand.net.start()
    const chosen = a.ipv6.sourceOn(iface, stand.number(to))
    assert.is(stand.net.world.addresses.format(chosen), source)
  },
)
