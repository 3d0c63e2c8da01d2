/**
 * Every frame's lengths and checksums, verified on the packet path: nothing is allocated, and
 * octets are added as 16-bit words of the machine's own order, which the sum does not mind as long
 * as all words are read alike (RFC 1071 §2 B). Shares no code with the encoder.
 */

/** What `verify` can find; the code is the place in this list. */
export const FAULTS = [
  'sound',
  'ethernet-truncated',
  'arp-truncated',
  'ipv4-truncated',
  'ipv4-bad-header',
  'ipv4-bad-length',
  'ipv4-bad-checksum',
  'tcp-truncated',
  'tcp-bad-offset',
  'tcp-bad-checksum',
  'udp-truncated',
  'udp-bad-length',
  'udp-bad-checksum',
  'icmp-truncated',
  'icmp-bad-checksum',
  'ipv6-truncated',
  'ipv6-bad-header',
  'ipv6-bad-length',
  'icmpv6-bad-checksum',
  'unknown-ethertype',
  'arp-bad-header',
] as const
export type Fault = (typeof FAULTS)[number]

const code = (fault: Fault): number => FAULTS.indexOf(fault)
const ETHERNET_TRUNCATED = code('ethernet-truncated')
const ARP_TRUNCATED = code('arp-truncated')
const IPV4_TRUNCATED = code('ipv4-truncated')
const IPV4_BAD_HEADER = code('ipv4-bad-header')
const IPV4_BAD_LENGTH = code('ipv4-bad-length')
const IPV4_BAD_CHECKSUM = code('ipv4-bad-checksum')
const TCP_TRUNCATED = code('tcp-truncated')
const TCP_BAD_OFFSET = code('tcp-bad-offset')
const TCP_BAD_CHECKSUM = code('tcp-bad-checksum')
const UDP_TRUNCATED = code('udp-truncated')
const UDP_BAD_LENGTH = code('udp-bad-length')
const UDP_BAD_CHECKSUM = code('udp-bad-checksum')
const ICMP_TRUNCATED = code('icmp-truncated')
const ICMP_BAD_CHECKSUM = code('icmp-bad-checksum')
const IPV6_TRUNCATED = code('ipv6-truncated')
const IPV6_BAD_HEADER = code('ipv6-bad-header')
const IPV6_BAD_LENGTH = code('ipv6-bad-length')
const ICMPV6_BAD_CHECKSUM = code('icmpv6-bad-checksum')
const UNKNOWN_ETHERTYPE = code('unknown-ethertype')

const ARP_BAD_HEADER = code('arp-bad-header')

const LITTLE = new Uint16Array(new Uint8Array([1, 0]).buffer)[0] === 1

/** A number as it reads through the words of this machine. */
const asWord = (value: number): number =>
  LITTLE ? ((value & 0xff) << 8) | ((value >>> 8) & 0xff) : value & 0xffff

const IPV4 = asWord(0x0800)
const ARP = asWord(0x0806)
const IPV6 = asWord(0x86dd)
const ARP_ETHERNET = asWord(1)
const ARP_SIZES = asWord(0x0604)
const ARP_REQUEST = asWord(1)
const ARP_REPLY = asWord(2)
const PROTOCOL_TCP = asWord(6)
const PROTOCOL_UDP = asWord(17)
const PROTOCOL_ICMPV6 = asWord(58)

/**
 * 0 for a sound frame, else a number of FAULTS. The frame is `bytes[start .. end)`; `words` is the
 * same buffer as 16-bit words, and `start` is even.
 */
export function verify(bytes: Uint8Array, words: Uint16Array, start: number, end: number): number {
  if (end - start < 14) return ETHERNET_TRUNCATED
  const type = words[(start + 12) >> 1]!
  if (type === IPV4) return verifyIpv4(bytes, words, start + 14, end)
  if (type === ARP) return verifyArp(words, start + 14, end)
  if (type === IPV6) return verifyIpv6(bytes, words, start + 14, end)
  return UNKNOWN_ETHERTYPE
}

function verifyArp(words: Uint16Array, at: number, end: number): number {
  if (end - at < 28) return ARP_TRUNCATED
  const w = at >> 1
  const opcode = words[w + 3]!
  const sound =
    words[w] === ARP_ETHERNET &&
    words[w + 1] === IPV4 &&
    words[w + 2] === ARP_SIZES &&
    (opcode === ARP_REQUEST || opcode === ARP_REPLY)
  return sound ? 0 : ARP_BAD_HEADER
}

function verifyIpv4(bytes: Uint8Array, words: Uint16Array, at: number, end: number): number {
  const available = end - at
  if (available < 20) return IPV4_TRUNCATED
  const first = bytes[at]!
  const header = (first & 15) << 2
  if (first >> 4 !== 4 || header < 20 || header > available) return IPV4_BAD_HEADER
  // Our frames carry no padding: the packet fills the frame.
  if (((bytes[at + 2]! << 8) | bytes[at + 3]!) !== available) return IPV4_BAD_LENGTH
  const w = at >> 1
  const addresses = words[w + 6]! + words[w + 7]! + words[w + 8]! + words[w + 9]!
  let sum =
    words[w]! + words[w + 1]! + words[w + 2]! + words[w + 3]! + words[w + 4]! + words[w + 5]!
  sum += addresses
  for (let i = w + 10; i < w + (header >> 1); i++) sum += words[i]!
  if (!isZero(sum)) return IPV4_BAD_CHECKSUM
  if ((((bytes[at + 6]! << 8) | bytes[at + 7]!) & 0x3fff) !== 0) return 0
  const transport = at + header
  switch (bytes[at + 9]!) {
    case 6:
      return verifyTcp(bytes, words, transport, end, addresses)
    case 17:
      return verifyUdp(bytes, words, transport, end, addresses, false)
    case 1:
      if (end - transport < 8) return ICMP_TRUNCATED
      return isZero(sumWords(bytes, words, transport, end)) ? 0 : ICMP_BAD_CHECKSUM
    default:
      return 0
  }
}

function verifyTcp(
  bytes: Uint8Array,
  words: Uint16Array,
  at: number,
  end: number,
  addresses: number,
): number {
  const length = end - at
  if (length < 20) return TCP_TRUNCATED
  const header = (bytes[at + 12]! >> 4) << 2
  if (header < 20 || header > length) return TCP_BAD_OFFSET
  const pseudo = addresses + PROTOCOL_TCP + asWord(length)
  return isZero(pseudo + sumWords(bytes, words, at, end)) ? 0 : TCP_BAD_CHECKSUM
}

function verifyUdp(
  bytes: Uint8Array,
  words: Uint16Array,
  at: number,
  end: number,
  addresses: number,
  required: boolean,
): number {
  const length = end - at
  if (length < 8) return UDP_TRUNCATED
  if (((bytes[at + 4]! << 8) | bytes[at + 5]!) !== length) return UDP_BAD_LENGTH
  if (words[(at + 6) >> 1] === 0) return required ? UDP_BAD_CHECKSUM : 0
  const pseudo = addresses + PROTOCOL_UDP + asWord(length)
  return isZero(pseudo + sumWords(bytes, words, at, end)) ? 0 : UDP_BAD_CHECKSUM
}

/** Without extension headers other than none: others are left alone. */
function verifyIpv6(bytes: Uint8Array, words: Uint16Array, at: number, end: number): number {
  const available = end - at
  if (available < 40) return IPV6_TRUNCATED
  if (bytes[at]! >> 4 !== 6) return IPV6_BAD_HEADER
  if (((bytes[at + 4]! << 8) | bytes[at + 5]!) + 40 !== available) return IPV6_BAD_LENGTH
  let addresses = 0
  for (let i = (at + 8) >> 1; i < (at + 40) >> 1; i++) addresses += words[i]!
  const transport = at + 40
  switch (bytes[at + 6]!) {
    case 6:
      return verifyTcp(bytes, words, transport, end, addresses)
    case 17:
      return verifyUdp(bytes, words, transport, end, addresses, true)
    case 58: {
      const pseudo = addresses + PROTOCOL_ICMPV6 + asWord(end - transport)
      return isZero(pseudo + sumWords(bytes, words, transport, end)) ? 0 : ICMPV6_BAD_CHECKSUM
    }
    default:
      return 0
  }
}

/** What `headSum` says of frames that it does not sum up. */
export const NO_HEAD = -1

/**
 * Folded sum, 1 .. 0xffff, of the addresses of an IPv4 packet without options and the header of TCP
 * or UDP in it, checksums included; `NO_HEAD` for any other frame and for a wrong IPv4 header.
 *
 * Of a sound frame the octets behind the header sum up to the complement of this (RFC 1071). So
 * a frame that was sound once, and has the same length and the same sum after its header was
 * rewritten, is sound again unless those octets have changed.
 */
export function headSum(bytes: Uint8Array, words: Uint16Array, start: number, end: number): number {
  const at = start + 14
  if (end - at < 40 || words[(start + 12) >> 1] !== IPV4 || bytes[at] !== 0x45) return NO_HEAD
  if (((bytes[at + 2]! << 8) | bytes[at + 3]!) !== end - at) return NO_HEAD
  if ((((bytes[at + 6]! << 8) | bytes[at + 7]!) & 0x3fff) !== 0) return NO_HEAD
  const w = at >> 1
  const addresses = words[w + 6]! + words[w + 7]! + words[w + 8]! + words[w + 9]!
  const fixed =
    words[w]! + words[w + 1]! + words[w + 2]! + words[w + 3]! + words[w + 4]! + words[w + 5]!
  if (!isZero(fixed + addresses)) return NO_HEAD
  const protocol = bytes[at + 9]!
  let sum = addresses + words[w + 10]! + words[w + 11]! + words[w + 12]! + words[w + 13]!
  if (protocol === 6) {
    for (let i = w + 14; i < w + 20; i++) sum += words[i]!
  } else if (protocol !== 17 || words[w + 13] === 0) return NO_HEAD
  return folded(sum)
}

function folded(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16)
  return (once & 0xffff) + (once >>> 16)
}

/** Whether a sum of words folds to the one's-complement zero 0xffff. */
function isZero(sum: number): boolean {
  return folded(sum) === 0xffff
}

/**
 * Sum of all words of `[at .. end)`, at most 2^31 for a frame; an odd last octet is padded by 0.
 */
function sumWords(bytes: Uint8Array, words: Uint16Array, at: number, end: number): number {
  let i = at >> 1
  const last = end >> 1
  let a = 0
  let b = 0
  for (; i + 7 < last; i += 8) {
    a += words[i]! + words[i + 1]! + words[i + 2]! + words[i + 3]!
    b += words[i + 4]! + words[i + 5]! + words[i + 6]! + words[i + 7]!
  }
  for (; i < last; i++) a += words[i]!
  if ((end & 1) === 1) a += LITTLE ? bytes[end - 1]! : bytes[end - 1]! << 8
  return a + b
}
