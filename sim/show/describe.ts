import { formatIpv4, formatMac } from '../wire/address.ts'
import * as arp from '../wire/arp.ts'
import * as dns from '../wire/dns.ts'
import * as ethernet from '../wire/ethernet.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as ipv6 from '../wire/ipv6.ts'
import * as tcp from '../wire/tcp.ts'
import { decodeLatin } from '../wire/text.ts'
import * as udp from '../wire/udp.ts'
import { describeDiscovery, icmpName, quoteAt } from './describe-icmp.ts'
import { bracketed, type IpPacket, readIpPacket } from './ip-packet.ts'

/** What a frame is, in the notation of packet lines. */
export interface Description {
  /** `S`, `P.`, `udp`, `icmp echo-request`, `arp`. */
  readonly kind: string
  /** `207.17.117.20:40000 > 199.237.202.124:80`, or what ARP says. */
  readonly ends: string
  /** `ttl 64 seq 1 len 88`. */
  readonly details: string
  /** First line of HTTP, or what DNS asks and answers. */
  readonly content: string
  /** ARP or neighbour discovery: it asks for a neighbour's MAC, or tells it. */
  readonly resolves: boolean
  /** All of it in fewer words, where there are any. */
  readonly short?: string | undefined
}

/** A description as one line of text. */
export function oneLine({ kind, ends, details, content }: Description): string {
  return [kind, ends, details, content].filter((part) => part !== '').join(' ')
}

/** The same in fewer words, for pictures. */
export function shortLine(description: Description): string {
  return description.short ?? oneLine(description)
}

/** What a packet carries, in the words of a description. */
type Carried = Pick<Description, 'kind' | 'details' | 'content'> & {
  readonly ports?: readonly [number, number]
  readonly short?: string | undefined
  readonly resolves?: boolean
}

/** Sequence numbers count from the first seen of each direction, as Wireshark shows them. */
export class Describer {
  private readonly starts = new Map<string, number>()

  describe(octets: Uint8Array): Description {
    const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
    if (octets.length < ethernet.HEADER_LEN) return plain('frame', 'too short to read')
    const type = ethernet.type(view, 0)
    if (type === ethernet.TYPE_ARP) return describeArp(view, octets.length)
    const isIp = type === ethernet.TYPE_IPV4 || type === ethernet.TYPE_IPV6
    const packet = isIp ? readIpPacket(view, ethernet.HEADER_LEN, octets.length) : undefined
    if (packet === undefined) return plain('frame', `ethertype 0x${type.toString(16)}`)
    return this.describePacket(octets, view, packet, octets.length)
  }

  private describePacket(
    octets: Uint8Array,
    view: DataView,
    packet: IpPacket,
    end: number,
  ): Description {
    const { src, dst, hopLimit, fragment } = packet
    const part = fragment === undefined ? '' : ` fragment ${fragment}`
    const carried = this.carried(octets, view, packet, end)
    const { kind, ports, content, resolves = false } = carried
    const end1 = ports === undefined ? src : `${bracketed(packet, src)}:${ports[0]}`
    const end2 = ports === undefined ? dst : `${bracketed(packet, dst)}:${ports[1]}`
    const details = [`ttl ${hopLimit}${part}`, carried.details].filter((text) => text !== '')
    return {
      kind,
      ends: `${end1} > ${end2}`,
      details: details.join(' '),
      content,
      resolves,
      short: carried.short,
    }
  }

  private carried(octets: Uint8Array, view: DataView, packet: IpPacket, end: number): Carried {
    const { protocol, transport: at, fragment, family } = packet
    const length = end - at
    if ((fragment ?? 0) > 0 || length < 8) {
      return { kind: 'ip', details: `len ${length}`, content: '' }
    }
    if (protocol === ipv4.TCP && length >= tcp.MIN_LEN) {
      return this.describeTcp(octets, view, packet, end)
    }
    if (protocol === ipv4.UDP) {
      const ports = [udp.srcPort(view, at), udp.dstPort(view, at)] as const
      const details = `len ${udp.length(view, at) - udp.HEADER_LEN}`
      const isDns = fragment === undefined && ports.includes(53)
      const content = isDns ? describeDns(octets, at + udp.HEADER_LEN, end) : ''
      return { kind: 'udp', ports, details, content }
    }
    if (protocol === (family === 4 ? ipv4.ICMP : ipv6.ICMPV6)) {
      const kind = `icmp ${icmpName(family, view, at)}`
      const found = family === 6 ? describeDiscovery(packet, view, end) : undefined
      const content = found?.content ?? this.describeQuote(octets, view, packet, end)
      const short = found === undefined ? undefined : `nd ${found.short}`
      return { kind, details: '', content, short, resolves: found !== undefined }
    }
    return { kind: `ip ${protocol}`, details: `len ${length}`, content: '' }
  }

  private describeTcp(octets: Uint8Array, view: DataView, packet: IpPacket, end: number): Carried {
    const { transport: at, src, dst } = packet
    const ports = [tcp.srcPort(view, at), tcp.dstPort(view, at)] as const
    const bits = tcp.flags(view, at)
    const sequence = tcp.sequence(view, at)
    const key = `${src} ${ports[0]} ${dst} ${ports[1]}`
    const reverse = `${dst} ${ports[1]} ${src} ${ports[0]}`
    const isSyn = (bits & tcp.SYN) !== 0
    if (isSyn) this.starts.set(key, sequence)
    const start = this.starts.get(key)
    const peer = this.starts.get(reverse)
    const payload = at + tcp.headerLen(view, at)
    const parts: string[] = []
    if (start !== undefined) parts.push(`seq ${(sequence - start) >>> 0}`)
    if ((bits & tcp.ACK) !== 0 && peer !== undefined) {
      parts.push(`ack ${(tcp.acknowledgment(view, at) - peer) >>> 0}`)
    }
    parts.push(`win ${tcp.window(view, at)}`)
    if (!isSyn) parts.push(`len ${end - payload}`)
    const content = end > payload ? describeHttp(octets, payload, end) : ''
    return { kind: flagLetters(bits), ports, details: parts.join(' '), content }
  }

  private describeQuote(octets: Uint8Array, view: DataView, packet: IpPacket, end: number): string {
    const quote = quoteAt(packet.family, view, packet.transport)
    const quoted = quote < 0 ? undefined : readIpPacket(view, quote, end)
    if (quoted === undefined || end - quoted.transport < 8) return ''
    const inner = new Describer().describePacket(octets, view, quoted, end)
    return `about {${inner.kind} ${inner.ends}}`
  }
}

/** `S.` for SYN and ACK: letters as tcpdump writes them. */
export function flagLetters(bits: number): string {
  let text = ''
  for (const [bit, letter] of [
    [tcp.FIN, 'F'],
    [tcp.SYN, 'S'],
    [tcp.RST, 'R'],
    [tcp.PSH, 'P'],
    [tcp.URG, 'U'],
    [tcp.ECE, 'E'],
    [tcp.CWR, 'W'],
  ] as const) {
    if ((bits & bit) !== 0) text += letter
  }
  return (bits & tcp.ACK) !== 0 ? `${text}.` : text || 'none'
}

/** MACs of a frame: source and destination. */
export function macs(octets: Uint8Array): { src: string; dst: string } {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
  const mac = (hi: number, lo: number): string => formatMac(hi * 0x1_0000_0000 + lo)
  return {
    src: mac(ethernet.srcHi(view, 0), ethernet.srcLo(view, 0)),
    dst: mac(ethernet.dstHi(view, 0), ethernet.dstLo(view, 0)),
  }
}

function plain(kind: string, ends: string): Description {
  return { kind, ends, details: '', content: '', resolves: false }
}

function describeArp(view: DataView, length: number): Description {
  const at = ethernet.HEADER_LEN
  if (length < at + arp.LEN) return { ...plain('arp', 'too short to read'), resolves: true }
  const sender = formatIpv4(arp.senderIp(view, at))
  const target = formatIpv4(arp.targetIp(view, at))
  if (arp.operation(view, at) === arp.REPLY) {
    const mac = formatMac(arp.senderHi(view, at) * 0x1_0000_0000 + arp.senderLo(view, at))
    return { ...plain('arp', `${sender} is-at ${mac}`), resolves: true }
  }
  const ends = sender === target ? `announce ${sender}` : `who-has ${target} tell ${sender}`
  return { ...plain('arp', ends), resolves: true }
}

function describeHttp(octets: Uint8Array, from: number, to: number): string {
  const start = decodeLatin(octets, from, Math.min(to, from + 120))
  const line = /^([A-Z]+ \S+ HTTP\/1\.[01]|HTTP\/1\.[01] \d{3}[^\r\n]*)/.exec(start)
  return line === null ? '' : line[1]!
}

function describeDns(octets: Uint8Array, from: number, to: number): string {
  const message = dns.read(octets.slice(from, to))
  if (typeof message === 'string') return ''
  const type = message.type === dns.TYPE_A ? 'A' : message.type === dns.TYPE_AAAA ? 'AAAA' : '?'
  if (!message.isResponse) return `DNS ${type} ${message.name}?`
  if (message.answers.length === 0) return `DNS ${message.name}: no such name`
  return `DNS ${message.answers.map(dns.describeAnswer).join(', ')}`
}
