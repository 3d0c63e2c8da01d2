import { formatIpv4, formatIpv6 } from '../wire/address.ts'
import * as ip from '../wire/ip.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as ipv6 from '../wire/ipv6.ts'

/** What the header of an IP packet of either family says, for people. */
export interface IpPacket {
  readonly family: 4 | 6
  readonly src: string
  readonly dst: string
  readonly hopLimit: number
  /** Protocol number of what is carried. */
  readonly protocol: number
  /** Offset of the transport header, or of a later fragment's data. */
  readonly transport: number
  /** Octets from the beginning of the datagram, of a fragment; undefined for a whole packet. */
  readonly fragment: number | undefined
}

/** Reads the IP packet in `[at .. end)`; undefined when its header is not whole or is none. */
export function readIpPacket(view: DataView, at: number, end: number): IpPacket | undefined {
  if (end - at < ipv4.MIN_LEN) return undefined
  const version = ip.version(view, at)
  if (version === 4) return readIpv4(view, at)
  return version === 6 && end - at >= ipv6.HEADER_LEN ? readIpv6(view, at, end) : undefined
}

/** An address as it stands before a port. */
export const bracketed = (packet: IpPacket, address: string): string =>
  packet.family === 6 ? `[${address}]` : address

function readIpv4(view: DataView, at: number): IpPacket {
  const word = ipv4.fragment(view, at)
  return {
    family: 4,
    src: formatIpv4(ipv4.src(view, at)),
    dst: formatIpv4(ipv4.dst(view, at)),
    hopLimit: ipv4.ttl(view, at),
    protocol: ipv4.protocol(view, at),
    transport: at + ipv4.headerLen(view, at),
    fragment: (word & 0x3fff) === 0 ? undefined : (word & 0x1fff) * 8,
  }
}

function readIpv6(view: DataView, at: number, end: number): IpPacket {
  const base = {
    family: 6,
    src: ipv6Text(view, at + ipv6.SRC),
    dst: ipv6Text(view, at + ipv6.DST),
    hopLimit: ipv6.hopLimit(view, at),
  } as const
  const walked = ipv6.walk(view, at, end)
  if (walked === ipv6.MALFORMED) {
    const protocol = ipv6.nextHeader(view, at)
    return { ...base, protocol, transport: at + ipv6.HEADER_LEN, fragment: undefined }
  }
  const offset = ipv6.walkOffset(walked)
  const protocol = ipv6.walkProtocol(walked)
  if (protocol !== ipv6.FRAGMENT) {
    return { ...base, protocol, transport: offset, fragment: undefined }
  }
  return {
    ...base,
    protocol: ipv6.fragmentNext(view, offset),
    transport: offset + ipv6.FRAGMENT_LEN,
    fragment: ipv6.fragmentOffset(view, offset),
  }
}

/** The IPv6 address in the 16 octets at `at`. */
export function ipv6Text(view: DataView, at: number): string {
  const word = (i: number): number => view.getUint32(at + i * 4)
  return formatIpv6([word(0), word(1), word(2), word(3)])
}
