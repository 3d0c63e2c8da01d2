// Packets whose senders are invented: what they look like, and who the senders are.

import { anySender } from '../../sim/app/senders.ts'
import type { SynFloodSettings } from '../../sim/app/settings.ts'
import { Stream } from '../../sim/engine/chance.ts'
import { SENT } from '../../sim/trace/index.ts'
import { AddressBook } from '../../sim/wire/address-book.ts'
import { assert, bytes, sameBytes, suite } from '../lib/harness.ts'
import { datagram, MS, Stand, to, TRAFFIC, v4 } from './stand.ts'

function flood(more: Partial<SynFloodSettings> = {}): SynFloodSettings {
  const syn = { sources: undefined, window: 8192, options: [2, 4, 5, 180], ident: 256 }
  return { ...TRAFFIC, verb: 'syn-flood', target: to(80), everyNs: 5 * MS, ...syn, ...more }
}

/** The IPv4 packets of the client, in order. */
function sent({ network, client }: Stand): Uint8Array[] {
  const port = client.interfaces[1]!.place
  const frames = network.journal.entries.filter(
    ({ kind, place, octets }) => kind === SENT && place === port && octets?.[12] === 8,
  )
  return frames.flatMap(({ octets }) => (octets![13] === 0 ? [octets!.slice(14)] : []))
}

const SOURCES = [v4('198.51.100.1'), v4('198.51.100.3')] as const

suite('syn-flood', (test) => {
  test('a SYN has the octets of one that Linux sent, but for the address it goes to', () => {
    const stand = new Stand().step(0, flood({ sources: SOURCES, sourcePort: 1024 })).run(1)
    const [frame] = sent(stand)
    // pcaps/linux/13-syn-flood/client-eth0.pcap, frame 5; 199.237.202.124 became 10.1.0.1 in it.
    const expected = `45 00 00 2c 01 00 00 00 40 06 .. .. c6 33 64 01 0a 01 00 01
      04 00 00 50 00 0f 42 40 00 00 00 00 60 02 20 00 .. .. 00 00 02 04 05 b4`
    const octets = frame!
    const open = expected.trim().split(/\s+/)
    const shown = [...octets].map((octet, i) => (open[i] === '..' ? 0 : octet))
    sameBytes(new Uint8Array(shown), bytes(expected.replaceAll('..', '00')))
  })

  test('senders come in turn, ports, numbers and identifications rise by one', () => {
    const settings = flood({ sources: SOURCES, sourcePort: 65535, times: 4 })
    const stand = new Stand().step(0, settings).run(1)
    const seen = sent(stand).map((octets) => {
      const view = new DataView(octets.buffer, octets.byteOffset)
      return [octets[15], view.getUint16(20), view.getUint32(24), view.getUint16(4)]
    })
    assert.equal(seen, [
      [1, 65535, 1000000, 256],
      [2, 1, 1000001, 257],
      [3, 2, 1000002, 258],
      [1, 3, 1000003, 259],
    ])
  })

  test('the step ends with its last SYN and tells of no answer', () => {
    const stand = new Stand().step(0, flood({ times: 3 })).run(1)
    assert.equal(stand.steps, [{ step: 0, atMs: 10 }])
    assert.equal(stand.told, [])
  })

  test('datagrams of others carry the text, and their answers wake nobody', () => {
    const settings = datagram({ sources: SOURCES, answers: 0, times: 2, everyNs: MS })
    const stand = new Stand()
    stand.listen({ kind: 'echo' }, { port: 53, protocol: 'udp' }).step(0, settings).run(1)
    const packets = sent(stand)
    assert.is(packets.length, 2)
    sameBytes(packets[1]!.subarray(28), new TextEncoder().encode('question'))
    assert.equal([packets[0]![15], packets[1]![15]], [1, 2])
    assert.equal(stand.told, [])
  })
})

suite('invented senders', (test) => {
  test('every one might be a stranger: public unicast, none of RFC 1918 or RFC 1122', () => {
    const dice = new Stream(1, 'test')
    const book = new AddressBook()
    for (let i = 0; i < 20_000; i++) {
      const address = anySender(book, 4, dice)
      const [a, b] = [address >>> 24, (address >>> 16) & 0xff]
      const isPrivate =
        a === 10 || a === 127 || (a === 172 && b >> 4 === 1) || (a === 192 && b === 168)
      assert.ok(a > 0 && a < 224 && !isPrivate, `${a}.${b}`)
    }
  })

  test('of IPv6 each is global unicast (2000::/3), and each a new one', () => {
    const dice = new Stream(1, 'test')
    const book = new AddressBook()
    const all = Array.from({ length: 100 }, () => anySender(book, 6, dice))
    assert.ok(all.every((address) => book.word(address, 0) >>> 29 === 1))
    assert.is(new Set(all).size, 100)
  })

  test('the same seed invents the same ones, another seed others', () => {
    const draw = (seed: number): number => anySender(new AddressBook(), 4, new Stream(seed, 'x'))
    assert.is(draw(7), draw(7))
    assert.ok(draw(7) !== draw(8))
  })
})
