// Whatever comes out of a cable, a machine gives it a name and goes on: octets of real packets with
// some of them changed, cut short or made up.

import fc from 'fast-check'
import { assert, bytes, suite } from '../lib/harness.ts'
import { lab, type Lab } from './ipv6-stand.ts'

const CLIENT_TO_SERVER = `
  20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 10
  20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 20`

/** One of each kind of packet, good or nearly so. */
const PACKETS: readonly Uint8Array[] = [
  `60 00 00 00 00 10 3a 40 ${CLIENT_TO_SERVER} 80 00 00 00 00 4d 00 01 00 01 02 03 04 05 06 07`,
  `60 00 00 00 00 18 2c 40 ${CLIENT_TO_SERVER} 3a 00 00 01 00 00 00 07 80 00 00 00 00 4d 00 01
   00 01 02 03 04 05 06 07`,
  `60 00 00 00 00 18 00 40 ${CLIENT_TO_SERVER} 3a 00 05 02 00 00 01 00 80 00 00 00 00 4d 00 01
   00 01 02 03 04 05 06 07`,
  `60 00 00 00 00 18 2b 40 ${CLIENT_TO_SERVER} 11 00 00 01 00 00 00 00 13 88 00 07 00 10 00 00
   00 01 02 03 04 05 06 07`,
  `60 00 00 00 00 20 3a ff ${CLIENT_TO_SERVER} 87 00 00 00 00 00 00 00
   20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 20 01 01 02 00 00 00 01 00`,
  `60 00 00 00 00 20 3a ff ${CLIENT_TO_SERVER} 88 00 00 00 e0 00 00 00
   20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 01 02 01 02 00 00 00 09 09`,
  `60 00 00 00 00 30 3a ff ${CLIENT_TO_SERVER} 89 00 00 00 00 00 00 00
   fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01
   20 01 0d b8 00 09 00 00 00 00 00 00 00 00 00 01 04 01 00 00 00 00 00 00`,
  `60 00 00 00 00 40 3a 40 ${CLIENT_TO_SERVER} 02 00 00 00 00 00 05 00
   60 00 00 00 00 10 3a 40
   20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 20
   20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 10
   80 00 00 00 00 4d 00 01 00 01 02 03 04 05 06 07`,
].map((hex) => bytes(hex))

/** Writes the right checksum over an ICMPv6 message, so that more than the checksum is looked at. */
function mend(octets: Uint8Array): void {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length)
  if (octets.length < 48 || octets[6] !== 58) return
  const length = octets.length - 40
  view.setUint16(42, 0)
  let sum = length + 58
  for (let at = 8; at < octets.length; at += 2) {
    sum += at + 1 < octets.length ? view.getUint16(at) : octets[at]! << 8
  }
  while (sum > 0xffff) sum = (sum >>> 16) + (sum & 0xffff)
  view.setUint16(42, ~sum & 0xffff)
}

interface Change {
  readonly at: number
  readonly value: number
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(110),
  value: fc.nat(255),
})

const packet: fc.Arbitrary<Uint8Array> = fc
  .record({
    base: fc.nat(PACKETS.length - 1),
    changes: fc.array(change, { maxLength: 4 }),
    length: fc.option(fc.nat(110), { nil: undefined, freq: 3 }),
    mended: fc.boolean(),
  })
  .map(({ base, changes, length, mended }) => {
    const octets = PACKETS[base]!.slice(0, length)
    for (const { at, value } of changes) if (at < octets.length) octets[at] = value
    if (mended) mend(octets)
    return octets
  })

/** Frames that nobody accounts for: not in a machine, not on a cable, and not given back. */
function lost({ stand: { net }, client, router, server }: Lab): number {
  const held = client.held + router.held + server.held + net.cabling.inFlight
  return net.world.pool.live - held
}

suite('damaged IPv6', (test) => {
  test('no packet breaks a server or is lost', () => {
    const at = lab()
    fc.assert(
      fc.property(packet, (octets) => {
        at.stand.arrive(at.far, '02:00:00:00:02:01', octets)
        at.stand.net.run(0.01)
        assert.is(lost(at), 0)
      }),
      { numRuns: 2000, seed: 4711 },
    )
    at.stand.net.run(100)
    assert.is(lost(at), 0)
    assert.is(at.server.ipv6.held, 0)
  })

  test('nor a router', () => {
    const at = lab()
    const near = at.router.interfaces[1]!
    fc.assert(
      fc.property(packet, (octets) => {
        at.stand.arrive(near, '02:00:00:00:01:00', octets)
        at.stand.net.run(0.01)
        assert.is(lost(at), 0)
      }),
      { numRuns: 2000, seed: 42 },
    )
    at.stand.net.run(100)
    assert.is(lost(at), 0)
  })

  test('a thousand of them meet at least a dozen reasons', () => {
    const at = lab()
    for (const octets of fc.sample(packet, { numRuns: 1000, seed: 7 })) {
      at.stand.arrive(at.far, '02:00:00:00:02:01', octets)
    }
    at.stand.net.run(100)
    assert.ok(new Set(at.stand.net.drops()).size >= 12, `${[...new Set(at.stand.net.drops())]}`)
  })
})
