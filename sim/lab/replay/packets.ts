import type { CaptureRecord } from '../../capture/index.ts'
import type { Address } from '../../wire/address.ts'
import * as ethernet from '../../wire/ethernet.ts'
import * as icmp from '../../wire/icmp.ts'
import * as icmpv6 from '../../wire/icmpv6.ts'
import * as ipv4 from '../../wire/ipv4.ts'
import * as ipv6 from '../../wire/ipv6.ts'
import * as tcp from '../../wire/tcp.ts'
import * as udp from '../../wire/udp.ts'

/** One IP packet of a recording. */
export interface RecordedIp {
  /** Number of its frame in the file, from 1. */
  readonly number: number
  readonly interfaceId: number
  /** Octets of the frame that were not recorded. */
  readonly missing: number
  readonly family: 4 | 6
  readonly src: Address
  readonly dst: Address
  /** IP protocol number, of IPv6 behind the extension headers. */
  readonly protocol: number
  /** The IP packet, without link header and padding. */
  readonly octets: Uint8Array
  readonly view: DataView
  /** Offset of the transport header, -1 in a fragment behind the first. */
  readonly transport: number
  readonly fragment: boolean
  /** What fragments of one packet have in common beside their addresses. */
  readonly ident: number
}

const VLAN = 0x8100
const OFFSET_MASK = 0x1fff

/** The IP packet in a recorded frame; undefined for other frames and damaged headers. */
export function ipOf(record: CaptureRecord, number: number): RecordedIp | undefined {
  const { bytes, interfaceId, originalLen } = record
  if (bytes.length < ethernet.HEADER_LEN) return undefined
  const frame = viewOf(bytes)
  const tagged = ethernet.type(frame, 0) === VLAN && bytes.length >= ethernet.HEADER_LEN + 4
  const at = ethernet.HEADER_LEN + (tagged ? 4 : 0)
  const type = tagged ? frame.getUint16(at - 2) : ethernet.type(frame, 0)
  const common = { number, interfaceId, missing: Math.max(0, originalLen - bytes.length) }
  if (type === ethernet.TYPE_IPV4) return ipv4Of(bytes.subarray(at), common)
  if (type === ethernet.TYPE_IPV6) return ipv6Of(bytes.subarray(at), common)
  return undefined
}

type Common = Pick<RecordedIp, 'number' | 'interfaceId' | 'missing'>

function ipv4Of(octets: Uint8Array, common: Common): RecordedIp | undefined {
  const v = viewOf(octets)
  if (octets.length < ipv4.MIN_LEN || octets[0]! >> 4 !== 4) return undefined
  const header = ipv4.headerLen(v, 0)
  const total = ipv4.totalLen(v, 0)
  if (header < ipv4.MIN_LEN || total < header) return undefined
  if (common.missing === 0 && total > octets.length) return undefined
  const packet = octets.subarray(0, Math.min(total, octets.length))
  const fragment = ipv4.fragment(v, 0)
  return {
    ...common,
    family: 4,
    src: { family: 4, v4: ipv4.src(v, 0) },
    dst: { family: 4, v4: ipv4.dst(v, 0) },
    protocol: ipv4.protocol(v, 0),
    octets: packet,
    view: viewOf(packet),
    transport: (fragment & OFFSET_MASK) === 0 ? header : -1,
    fragment: (fragment & (OFFSET_MASK | ipv4.MF)) !== 0,
    ident: ipv4.id(v, 0),
  }
}

function ipv6Of(octets: Uint8Array, common: Common): RecordedIp | undefined {
  const v = viewOf(octets)
  if (octets.length < ipv6.HEADER_LEN || octets[0]! >> 4 !== 6) return undefined
  const total = ipv6.HEADER_LEN + ipv6.payloadLen(v, 0)
  if (common.missing === 0 && total > octets.length) return undefined
  const packet = octets.subarray(0, Math.min(total, octets.length))
  const walked = ipv6.walk(v, 0, packet.length)
  if (walked === ipv6.MALFORMED) return undefined
  const found = { protocol: walked & 0xff, transport: Math.floor(walked / 256) }
  const fragment = found.protocol === ipv6.FRAGMENT
  if (fragment && packet.length - found.transport < ipv6.FRAGMENT_LEN) return undefined
  const at = found.transport
  const behind = fragment ? at + ipv6.FRAGMENT_LEN : at
  return {
    ...common,
    family: 6,
    src: addressAt(v, ipv6.SRC),
    dst: addressAt(v, ipv6.DST),
    protocol: fragment ? ipv6.fragmentNext(v, at) : found.protocol,
    octets: packet,
    view: viewOf(packet),
    transport: fragment && ipv6.fragmentOffset(v, at) !== 0 ? -1 : behind,
    fragment,
    ident: fragment ? ipv6.fragmentId(v, at) : 0,
  }
}

function addressAt(v: DataView, at: number): Address {
  const word = (i: number): number => v.getUint32(at + 4 * i)
  return { family: 6, words: [word(0), word(1), word(2), word(3)] }
}

/** What a conversation goes by: its protocol and two ports, of a ping twice its identifier. */
export interface Talk {
  readonly protocol: 'tcp' | 'udp' | 'icmp'
  readonly from: number
  readonly to: number
}

/** The conversation a packet belongs to; undefined for what is none that can be sent again. */
export function talkOf(packet: RecordedIp): Talk | undefined {
  const { view, transport, octets, protocol, family } = packet
  const room = octets.length - transport
  if (transport < 0) return undefined
  if (protocol === ipv4.TCP) {
    const header = room < tcp.MIN_LEN ? 0 : tcp.headerLen(view, transport)
    if (header < tcp.MIN_LEN || header > room) return undefined
    return { protocol: 'tcp', from: udp.srcPort(view, transport), to: udp.dstPort(view, transport) }
  }
  if (protocol === ipv4.UDP && room >= udp.HEADER_LEN) {
    return { protocol: 'udp', from: udp.srcPort(view, transport), to: udp.dstPort(view, transport) }
  }
  if (room < icmp.HEADER_LEN || protocol !== (family === 4 ? ipv4.ICMP : ipv6.ICMPV6)) {
    return undefined
  }
  const type = view.getUint8(transport)
  const echoes: readonly number[] =
    family === 4 ? [icmp.ECHO_REQUEST, icmp.ECHO_REPLY] : [icmpv6.ECHO_REQUEST, icmpv6.ECHO_REPLY]
  if (!echoes.includes(type)) return undefined
  const ident = icmp.ident(view, transport)
  return { protocol: 'icmp', from: ident, to: ident }
}

const viewOf = (octets: Uint8Array): DataView =>
  new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
