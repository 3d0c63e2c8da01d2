import type { Packet } from '../../sim/hook/hook.ts'
import { pseudoSum, sumOf } from '../../sim/wire/checksum.ts'
import { type Frame, FramePool } from '../../sim/wire/frame.ts'
import * as icmp from '../../sim/wire/icmp.ts'
import * as ipv4 from '../../sim/wire/ipv4.ts'
import * as tcp from '../../sim/wire/tcp.ts'
import * as udp from '../../sim/wire/udp.ts'

const pool = new FramePool(2048)

/** `10.1.0.10` as an unsigned 32-bit number. */
export function ip(text: string): number {
  return text.split('.').reduce((number, part) => number * 256 + Number(part), 0)
}

/** A packet as it stands at a hook, made of the octets of an IP packet. */
export function packetOf(octets: Uint8Array): Packet {
  const frame = pool.take()
  frame.bytes.fill(0xa5, frame.base, frame.base + frame.room)
  frame.bytes.set(octets, frame.network)
  frame.end = frame.network + octets.length
  const { network, end } = frame
  const transport = network + ipv4.headerLen(frame.view, network)
  const protocol = ipv4.protocol(frame.view, network)
  const place = { hook: 0, inPlace: 1, outPlace: -1 }
  const result = { reason: 0, icmp: 0, flow: -1, nextHop: 0, balanced: false }
  const src = ipv4.src(frame.view, network)
  const dst = ipv4.dst(frame.view, network)
  return { frame, family: 4, src, dst, network, transport, end, protocol, ...place, ...result }
}

/** The octets of the IP packet; the frame goes back. */
export function octetsOf({ frame }: Packet): Uint8Array {
  const octets = frame.bytes.slice(frame.network, frame.end)
  pool.release(frame)
  return octets
}

export interface Ends {
  readonly src: number
  readonly dst: number
  readonly srcPort: number
  readonly dstPort: number
}

/** A TCP segment. */
export function segment(
  ends: Ends,
  flags: number,
  payload: Uint8Array = new Uint8Array(0),
  ttl = 63,
): Uint8Array {
  return build(ends, ipv4.TCP, 20 + payload.length, ttl, (frame, at) => {
    const { bytes, view, words } = frame
    bytes.set(payload, at + 20)
    // Both sides begin with 1000.
    const sequence = (flags & tcp.SYN) !== 0 ? 1000 : 1001
    tcp.write(view, at, ends.srcPort, ends.dstPort, sequence, 1001, 20, flags, 64240)
    tcp.writeChecksum(bytes, view, words, at, 20 + payload.length, ends.src, ends.dst)
  })
}

/** A UDP datagram; `checksum: false` is one whose sender made none. */
export function datagram(
  ends: Ends,
  payload: Uint8Array = new Uint8Array(4),
  checksum = true,
): Uint8Array {
  const length = 8 + payload.length
  return build(ends, ipv4.UDP, length, 63, (frame, at) => {
    const { bytes, view, words } = frame
    bytes.set(payload, at + 8)
    udp.write(bytes, view, words, at, ends.srcPort, ends.dstPort, length, ends.src, ends.dst)
    if (!checksum) view.setUint16(at + 6, 0)
  })
}

/** An ICMP error of `from` to `to` that quotes the first octets of a packet. */
export function icmpError(
  from: number,
  to: number,
  quote: Uint8Array,
  type = 3,
  code = 3,
): Uint8Array {
  const ends = { src: from, dst: to, srcPort: 0, dstPort: 0 }
  return build(ends, ipv4.ICMP, 8 + quote.length, 63, (frame, at) => {
    const { bytes, view, words } = frame
    bytes.set(quote, at + 8)
    icmp.write(view, at, type, code, 0)
    icmp.writeChecksum(bytes, view, words, at, 8 + quote.length)
  })
}

/** A packet whose transport octets `fill` writes, at the offset it is told. */
export function build(
  ends: Ends,
  protocol: number,
  length: number,
  ttl: number,
  fill: (frame: Frame, at: number) => void,
): Uint8Array {
  const frame = pool.take()
  const { network } = frame
  ipv4.write(frame.view, network, 0, 20 + length, 7, ipv4.DF, ttl, protocol, ends.src, ends.dst)
  fill(frame, network + 20)
  const octets = frame.bytes.slice(network, network + 20 + length)
  pool.release(frame)
  return octets
}

/** What is wrong with the checksums of an IP packet and of what it carries, recomputed in full. */
export function wrongChecksums(octets: Uint8Array): string[] {
  const wrong: string[] = []
  const { bytes, view, words } = aligned(octets)
  const header = ipv4.headerLen(view, 0)
  const rest = octets.length - header
  const protocol = ipv4.protocol(view, 0)
  if (sumOf(bytes, words, 0, header) !== 0xffff) wrong.push('IP')
  const sum = sumOf(bytes, words, header, rest)
  if (protocol === ipv4.ICMP) return sum === 0xffff ? wrong : [...wrong, 'ICMP']
  const pseudo = pseudoSum(ipv4.src(view, 0), ipv4.dst(view, 0), protocol, rest)
  const none = protocol === ipv4.UDP && udp.checksum(view, header) === 0
  if (!none && sum + pseudo !== 0xffff && sum + pseudo !== 2 * 0xffff) wrong.push('transport')
  return wrong
}

function aligned(octets: Uint8Array): { bytes: Uint8Array; view: DataView; words: Uint16Array } {
  const buffer = new ArrayBuffer(octets.length + (octets.length & 1))
  const bytes = new Uint8Array(buffer)
  bytes.set(octets)
  return { bytes, view: new DataView(buffer), words: new Uint16Array(buffer) }
}
