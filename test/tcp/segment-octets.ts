import { FLAG_BITS, type Segment } from './segment-line.ts'

/** The endpoint under test, and the peer that the timeline plays. */
export const OWN = 0x0a000001
export const PEER = 0x0a000002
const ETHERNET = 14
const IP = ETHERNET + 20

/** What one peer's port has seen so far; all numbers of the wire are relative to these. */
export interface Numbers {
  /** The peer's first sequence number. */
  peer: number
  /** The endpoint's, from its last SYN; undefined before. */
  own: number | undefined
  /** First and last clock of the endpoint's timestamps. */
  firstStamp: number | undefined
  lastStamp: number
}

/** Reads a frame of the endpoint; undefined when it is no TCP. */
export function readSegment(
  octets: Uint8Array,
  numbersOf: (peerPort: number) => Numbers,
): Segment | undefined {
  const v = new DataView(octets.buffer, octets.byteOffset, octets.length)
  if (v.getUint16(12) !== 0x0800 || v.getUint8(ETHERNET + 9) !== 6) return undefined
  const port = v.getUint16(IP + 2)
  const numbers = numbersOf(port)
  const bits = v.getUint8(IP + 13)
  if ((bits & 2) !== 0 && numbers.own !== v.getUint32(IP + 4)) {
    numbers.own = v.getUint32(IP + 4)
    numbers.firstStamp = undefined
  }
  const header = (v.getUint8(IP + 12) >> 4) * 4
  // RST for what acknowledges nothing has the number 0 itself, whatever the connection counts from.
  const bare = (bits & 4) !== 0 && v.getUint32(IP + 4) === 0
  return {
    flags: FLAG_BITS.map(([letter, bit]) => ((bits & bit) !== 0 ? letter : '')).join(''),
    sequence: bare ? 0 : (v.getUint32(IP + 4) - (numbers.own ?? 0)) >>> 0,
    len: v.getUint16(ETHERNET + 2) - 20 - header,
    ack: (bits & 16) !== 0 ? (v.getUint32(IP + 8) - numbers.peer) >>> 0 : undefined,
    window: v.getUint16(IP + 14),
    options: readOptions(v, IP + 20, IP + header, numbers),
    port,
  }
}

function readOptions(v: DataView, from: number, to: number, numbers: Numbers): string[] {
  const found: string[] = []
  for (let at = from; at < to; ) {
    const kind = v.getUint8(at)
    const length = kind < 2 ? 1 : v.getUint8(at + 1)
    if (kind === 1) found.push('nop')
    else if (kind === 2) found.push(`mss ${v.getUint16(at + 2)}`)
    else if (kind === 3) found.push(`wscale ${v.getUint8(at + 2)}`)
    else if (kind === 4) found.push('sackOK')
    else if (kind === 5) {
      const edges: number[] = []
      for (let e = at + 2; e < at + length; e += 4) edges.push(v.getUint32(e) - numbers.peer)
      found.push(`sack ${blocks(edges)}`)
    } else if (kind === 8) {
      const stamp = v.getUint32(at + 2)
      numbers.firstStamp ??= stamp
      numbers.lastStamp = stamp
      found.push(`ts ${(stamp - numbers.firstStamp) >>> 0} ${v.getUint32(at + 6)}`)
    } else found.push(`kind ${kind}`)
    at += length
  }
  return found
}

function blocks(edges: readonly number[]): string {
  const pairs: string[] = []
  for (let i = 0; i < edges.length; i += 2) pairs.push(`${edges[i]! >>> 0}:${edges[i + 1]! >>> 0}`)
  return pairs.join(' ')
}

/** The IP packet of a segment that the peer sends from `from` to the endpoint's port `to`. */
export function writeSegment(
  segment: Segment,
  from: number,
  to: number,
  numbers: Numbers,
): Uint8Array {
  const options = optionOctets(segment.options, numbers)
  while (options.length % 4 !== 0) options.push(1)
  const header = 20 + options.length
  const octets = new Uint8Array(header + segment.len)
  const v = new DataView(octets.buffer)
  v.setUint16(0, from)
  v.setUint16(2, to)
  v.setUint32(4, segment.sequence + numbers.peer)
  if (segment.ack !== undefined) v.setUint32(8, segment.ack + (numbers.own ?? 0))
  v.setUint8(12, (header / 4) << 4)
  let bits = 0
  for (const [letter, bit] of FLAG_BITS) if (segment.flags.includes(letter)) bits |= bit
  v.setUint8(13, bits)
  v.setUint16(14, segment.window ?? 0)
  octets.set(options, 20)
  octets.fill(0x70, header)
  const pseudo = (PEER >>> 16) + (PEER & 0xffff) + (OWN >>> 16) + (OWN & 0xffff) + 6
  v.setUint16(16, checksum(v, pseudo + octets.length))
  return ipPacket(6, octets)
}

function optionOctets(options: readonly string[], numbers: Numbers): number[] {
  const octets: number[] = []
  const long = (value: number): void => {
    for (let shift = 24; shift >= 0; shift -= 8) octets.push((value >>> shift) & 0xff)
  }
  for (const option of options) {
    const [kind, ...words] = option.split(' ')
    if (kind === 'nop') octets.push(1)
    else if (kind === 'mss') octets.push(2, 4, Number(words[0]) >> 8, Number(words[0]) & 0xff)
    else if (kind === 'wscale') octets.push(3, 3, Number(words[0]))
    else if (kind === 'sackOK') octets.push(4, 2)
    else if (kind === 'sack') {
      octets.push(5, 2 + 8 * words.length)
      for (const edge of words.join(':').split(':')) long(Number(edge) + (numbers.own ?? 0))
    } else if (kind === 'ts') {
      octets.push(8, 10)
      long(Number(words[0]))
      const first = numbers.firstStamp ?? 0
      long(words[1] === 'last' ? numbers.lastStamp : Number(words[1]) + first)
    } else throw new Error(`a peer cannot send the option '${option}'`)
  }
  return octets
}

const ICMP: Readonly<Record<string, readonly [number, number]>> = {
  'net-unreachable': [3, 0],
  'host-unreachable': [3, 1],
  'protocol-unreachable': [3, 2],
  'port-unreachable': [3, 3],
  'frag-needed': [3, 4],
  'admin-prohibited': [3, 13],
  'ttl-exceeded': [11, 0],
}

/** The IP packet of an ICMP error that quotes 28 octets of `about`, a frame of the endpoint. */
export function writeIcmp(name: string, mtu: number, about: Uint8Array): Uint8Array {
  const known = ICMP[name]
  if (known === undefined) throw new Error(`'${name}' is no ICMP error`)
  const octets = new Uint8Array(8 + 28)
  const v = new DataView(octets.buffer)
  v.setUint8(0, known[0])
  v.setUint8(1, known[1])
  v.setUint16(6, mtu)
  octets.set(about.subarray(ETHERNET, ETHERNET + 28), 8)
  v.setUint16(2, checksum(v, 0))
  return ipPacket(1, octets)
}

function ipPacket(protocol: number, payload: Uint8Array): Uint8Array {
  const packet = new Uint8Array(20 + payload.length)
  const v = new DataView(packet.buffer)
  v.setUint16(0, 0x4500)
  v.setUint16(2, packet.length)
  v.setUint16(6, 0x4000)
  v.setUint8(8, 64)
  v.setUint8(9, protocol)
  v.setUint32(12, PEER)
  v.setUint32(16, OWN)
  v.setUint16(10, checksum(new DataView(packet.buffer, 0, 20), 0))
  packet.set(payload, 20)
  return packet
}

function checksum(v: DataView, start: number): number {
  let sum = start
  for (let at = 0; at + 1 < v.byteLength; at += 2) sum += v.getUint16(at)
  if (v.byteLength % 2 === 1) sum += v.getUint8(v.byteLength - 1) << 8
  while (sum > 0xffff) sum = (sum >>> 16) + (sum & 0xffff)
  return ~sum & 0xffff
}
