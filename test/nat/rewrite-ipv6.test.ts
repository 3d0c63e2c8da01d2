import fc from 'fast-check'
import type { HookContext, Packet } from '../../sim/hook/hook.ts'
import { Quote } from '../../sim/nat/quote.ts'
import { rewriteDestination, rewriteSource } from '../../sim/nat/rewrite.ts'
import { FIELDS, Journal, Trace } from '../../sim/trace/index.ts'
import { AddressBook } from '../../sim/wire/address-book.ts'
import { FramePool } from '../../sim/wire/frame.ts'
import { assert, bytes, sameBytes, suite } from '../lib/harness.ts'

const TCP = 6
const UDP = 17
const ICMPV6 = 58

const clock = { now: 0 }
const addresses = new AddressBook()
const context: HookContext = { clock, trace: new Trace(clock), addresses, place: 0 }
const pool = new FramePool(2048)

interface Side {
  readonly address: Uint8Array
  readonly port: number
}

/** Complement of the sum of RFC 1071 over a pseudo header of IPv6 and what it is about. */
function checksum(src: Uint8Array, dst: Uint8Array, protocol: number, upper: Uint8Array): number {
  const length = [0, 0, upper.length >> 8, upper.length & 255]
  const all = [...src, ...dst, ...length, 0, 0, 0, protocol, ...upper]
  if (all.length % 2 === 1) all.push(0)
  let sum = 0
  for (let i = 0; i < all.length; i += 2) sum += all[i]! * 256 + all[i + 1]!
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

/** An IPv6 packet with this upper layer, whose checksum stands at `at`. */
function packetOf(
  from: Uint8Array,
  to: Uint8Array,
  protocol: number,
  upper: Uint8Array,
  at: number,
): Uint8Array {
  upper[at] = 0
  upper[at + 1] = 0
  let sum = checksum(from, to, protocol, upper)
  if (protocol === UDP && sum === 0) sum = 0xffff
  upper[at] = sum >> 8
  upper[at + 1] = sum & 255
  const head = [0x60, 0, 0, 0, upper.length >> 8, upper.length & 255, protocol, 63]
  return new Uint8Array([...head, ...from, ...to, ...upper])
}

const two = (value: number): number[] => [value >> 8, value & 255]

function tcp(from: Side, to: Side, data: Uint8Array): Uint8Array {
  const head = [...two(from.port), ...two(to.port), ...bytes('01 02 03 04 05 06 07 08 50 18 01 f6')]
  const upper = new Uint8Array([...head, 0, 0, 0, 0, ...data])
  return packetOf(from.address, to.address, TCP, upper, 16)
}

function udp(from: Side, to: Side, data: Uint8Array): Uint8Array {
  const head = [...two(from.port), ...two(to.port), ...two(8 + data.length), 0, 0]
  return packetOf(from.address, to.address, UDP, new Uint8Array([...head, ...data]), 6)
}

/** An echo request; its identifier is the port of `from`. */
function echo(from: Side, to: Side, data: Uint8Array): Uint8Array {
  const upper = new Uint8Array([128, 0, 0, 0, ...two(from.port), 0, 1, ...data])
  return packetOf(from.address, to.address, ICMPV6, upper, 2)
}

function error(from: Uint8Array, to: Uint8Array, quote: Uint8Array): Uint8Array {
  const upper = new Uint8Array([1, 4, 0, 0, 0, 0, 0, 0, ...quote])
  return packetOf(from, to, ICMPV6, upper, 2)
}

/** The packet as it stands at a hook. */
function atHook(octets: Uint8Array): Packet {
  const frame = pool.take()
  const { network, view } = frame
  frame.bytes.set(octets, network)
  frame.end = network + octets.length
  const src = addresses.read(view, network + 8)
  const dst = addresses.read(view, network + 24)
  const place = { hook: 0, inPlace: 1, outPlace: -1, nextHop: 0, balanced: false }
  const result = { reason: 0, icmp: 0, flow: -1 }
  const layers = { network, transport: network + 40, end: frame.end, protocol: octets[6]! }
  return { frame, family: 6, src, dst, ...layers, ...place, ...result } as Packet
}

function octetsOf({ frame }: Packet): Uint8Array {
  const octets = frame.bytes.slice(frame.network, frame.end)
  pool.release(frame)
  return octets
}

const number = (address: Uint8Array): number => {
  return addresses.read(new DataView(address.buffer, address.byteOffset, 16), 0)
}

const address = fc.uint8Array({ minLength: 16, maxLength: 16 })
const side = fc.record({ address, port: fc.integer({ min: 0, max: 0xffff }) })
const payload = fc.uint8Array({ maxLength: 60 })
const kind = fc.constantFrom(tcp, udp, echo)

suite('rewriting IPv6', (test) => {
  test('is the packet as its new ends would have sent it, checksum and all', () => {
    const property = fc.property(
      kind,
      side,
      side,
      side,
      side,
      payload,
      (make, a, b, c, d, data) => {
        const packet = atHook(make(a, b, data))
        rewriteSource(packet, number(c.address), c.port, context)
        rewriteDestination(packet, number(d.address), make === echo ? -1 : d.port, context)
        assert.is(packet.src, number(c.address))
        sameBytes(octetsOf(packet), make(c, d, data))
      },
    )
    fc.assert(property, { seed: 1, numRuns: 500 })
  })

  test('carries every change of what an error quotes into both checksums', () => {
    const property = fc.property(
      kind,
      side,
      side,
      side,
      side,
      payload,
      (make, a, b, c, d, data) => {
        const router = new Uint8Array(16).fill(7)
        const packet = atHook(error(router, a.address, make(a, b, data)))
        const quote = new Quote(addresses)
        assert.ok(quote.read(packet))
        assert.is(quote.src, number(a.address))
        quote.rewriteDestination(packet, number(d.address), make === echo ? -1 : d.port)
        quote.rewriteSource(packet, number(c.address), c.port)
        sameBytes(octetsOf(packet), error(router, a.address, make(c, d, data)))
      },
    )
    fc.assert(property, { seed: 1, numRuns: 500 })
  })

  test('reads a first fragment that is quoted, and no later one', () => {
    const whole = tcp(
      { address: new Uint8Array(16).fill(1), port: 40000 },
      { address: new Uint8Array(16).fill(2), port: 80 },
      new Uint8Array(8),
    )
    const cut = (offset: number): Uint8Array => {
      const head = whole.slice(0, 40)
      head[6] = 44
      return new Uint8Array([...head, TCP, 0, ...two(offset), 0, 0, 0, 1, ...whole.slice(40)])
    }
    const from = new Uint8Array(16).fill(7)
    const quote = new Quote(addresses)
    const first = atHook(error(from, from, cut(1)))
    assert.ok(quote.read(first))
    assert.is(quote.ports, 40000 * 65536 + 80)
    octetsOf(first)
    const later = atHook(error(from, from, cut(8)))
    assert.not(quote.read(later))
    octetsOf(later)
  })

  test('says the fields by their names in IPv6', () => {
    const journal = new Journal()
    const trace = new Trace(clock)
    journal.listen(trace)
    const one = { address: new Uint8Array(16).fill(1), port: 1 }
    const other = { address: new Uint8Array(16).fill(2), port: 2 }
    const packet = atHook(echo(one, one, new Uint8Array(0)))
    rewriteSource(packet, number(other.address), other.port, { ...context, trace })
    rewriteDestination(packet, number(other.address), -1, { ...context, trace })
    octetsOf(packet)
    const said = journal.entries.map(({ code }) => FIELDS[code])
    assert.equal(said, ['ipv6.src', 'icmpv6.echo.identifier', 'ipv6.dst'])
  })
})
