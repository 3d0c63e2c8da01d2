import { formatIpv4, formatMac } from '../wire/address.ts'
import * as arp from '../wire/arp.ts'
import * as dns from '../wire/dns.ts'
import * as ethernet from '../wire/ethernet.ts'
import * as icmp from '../wire/icmp.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as tcp from '../wire/tcp.ts'
import { decodeLatin } from '../wire/text.ts'
import * as udp from '../wire/udp.ts'

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
  readonly isArp: boolean
}

/** A description as one line of text. */
export function oneLine({ kind, ends, details, content }: Description): string {
  return [kind, ends, details, content].filter((part) => part !== '').join(' ')
}

const ICMP_TYPES: Readonly<Record<string, string>> = {
  '0/0': 'echo-reply',
  '8/0': 'echo-request',
  '3/0': 'net-unreachable',
  '3/1': 'host-unreachable',
  '3/3': 'port-unreachable',
  '3/4': 'frag-needed',
  '3/13': 'admin-prohibited',
  '5/0': 'redirect',
  '5/1': 'redirect',
  '11/0': 'ttl-exceeded',
  '11/1': 'reassembly-time-exceeded',
}

/** Sequence numbers count from the first seen of each direction, as Wireshark shows them. */
export class Describer {
  private readonly starts = new Map<string, number>()

  describe(octets: Uint8Array): Description {
    const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
    if (octets.length < ethernet.HEADER_LEN) return plain('frame', 'too short to read')
    const type = ethernet.type(view, 0)
    if (type === ethernet.TYPE_ARP) return describeArp(view, octets.length)
    if (type !== ethernet.TYPE_IPV4 || octets.length < ethernet.HEADER_LEN + ipv4.MIN_LEN) {
      return plain('frame', `ethertype 0x${type.toString(16)}`)
    }
    return this.describeIpv4(octets, view, ethernet.HEADER_LEN, octets.length)
  }

  private describeIpv4(octets: Uint8Array, view: DataView, at: number, end: number): Description {
    const src = formatIpv4(ipv4.src(view, at))
    const dst = formatIpv4(ipv4.dst(view, at))
    const ttl = `ttl ${ipv4.ttl(view, at)}`
    const transport = at + ipv4.headerLen(view, at)
    const protocol = ipv4.protocol(view, at)
    const offset = (ipv4.fragment(view, at) & 0x1fff) * 8
    const isPart = (ipv4.fragment(view, at) & 0x3fff) !== 0
    const part = isPart ? ` fragment ${offset}` : ''
    const length = end - transport
    if (offset > 0 || length < 8) {
      return { ...plain('ip', `${src} > ${dst}`), details: `${ttl}${part} len ${length}` }
    }
    if (protocol === ipv4.TCP && length >= tcp.MIN_LEN) {
      return this.describeTcp(octets, view, at, transport, end, ttl)
    }
    if (protocol === ipv4.UDP) {
      const from = udp.srcPort(view, transport)
      const to = udp.dstPort(view, transport)
      const size = udp.length(view, transport) - udp.HEADER_LEN
      const content =
        isPart || (from !== 53 && to !== 53) ? '' : describeDns(octets, transport + 8, end)
      return {
        kind: 'udp',
        ends: `${src}:${from} > ${dst}:${to}`,
        details: `${ttl}${part} len ${size}`,
        content,
        isArp: false,
      }
    }
    if (protocol === ipv4.ICMP) {
      const name = `${icmp.type(view, transport)}/${icmp.code(view, transport)}`
      const content = this.describeQuote(octets, view, transport, end)
      return {
        kind: `icmp ${ICMP_TYPES[name] ?? name}`,
        ends: `${src} > ${dst}`,
        details: `${ttl}${part}`,
        content,
        isArp: false,
      }
    }
    return { ...plain(`ip ${protocol}`, `${src} > ${dst}`), details: `${ttl}${part} len ${length}` }
  }

  private describeTcp(
    octets: Uint8Array,
    view: DataView,
    at: number,
    transport: number,
    end: number,
    ttl: string,
  ): Description {
    const src = `${formatIpv4(ipv4.src(view, at))}:${tcp.srcPort(view, transport)}`
    const dst = `${formatIpv4(ipv4.dst(view, at))}:${tcp.dstPort(view, transport)}`
    const bits = tcp.flags(view, transport)
    const sequence = tcp.sequence(view, transport)
    const key = `${src} ${dst}`
    const reverse = `${dst} ${src}`
    if ((bits & tcp.SYN) !== 0) this.starts.set(key, sequence)
    const start = this.starts.get(key)
    const peer = this.starts.get(reverse)
    const payload = transport + tcp.headerLen(view, transport)
    const parts = [ttl]
    const isSyn = (bits & tcp.SYN) !== 0
    if (start !== undefined) parts.push(`seq ${(sequence - start) >>> 0}`)
    if ((bits & tcp.ACK) !== 0 && peer !== undefined) {
      parts.push(`ack ${(tcp.acknowledgment(view, transport) - peer) >>> 0}`)
    }
    parts.push(`win ${tcp.window(view, transport)}`)
    if (!isSyn) parts.push(`len ${end - payload}`)
    const content = end > payload ? describeHttp(octets, payload, end) : ''
    return {
      kind: flagLetters(bits),
      ends: `${src} > ${dst}`,
      details: parts.join(' '),
      content,
      isArp: false,
    }
  }

  private describeQuote(
    octets: Uint8Array,
    view: DataView,
    transport: number,
    end: number,
  ): string {
    if (!icmp.isError(icmp.type(view, transport))) return ''
    const quote = transport + icmp.HEADER_LEN
    if (end - quote < ipv4.MIN_LEN + 8) return ''
    const inner = new Describer().describeIpv4(octets, view, quote, end)
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
  return { kind, ends, details: '', content: '', isArp: false }
}

function describeArp(view: DataView, length: number): Description {
  const at = ethernet.HEADER_LEN
  if (length < at + arp.LEN) return { ...plain('arp', 'too short to read'), isArp: true }
  const sender = formatIpv4(arp.senderIp(view, at))
  const target = formatIpv4(arp.targetIp(view, at))
  if (arp.operation(view, at) === arp.REPLY) {
    const mac = formatMac(arp.senderHi(view, at) * 0x1_0000_0000 + arp.senderLo(view, at))
    return { ...plain('arp', `${sender} is-at ${mac}`), isArp: true }
  }
  const ends = sender === target ? `announce ${sender}` : `who-has ${target} tell ${sender}`
  return { ...plain('arp', ends), isArp: true }
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
