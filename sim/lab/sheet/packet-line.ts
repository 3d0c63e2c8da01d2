import { parseAddress, parseMac, parsePrefix } from '../../wire/address.ts'
import { DETAILS, LineError, Reader, type Token, tokens } from './line-reader.ts'
import { LATER_WORDS, notYetSentence } from './not-yet.ts'
import type {
  Details,
  EndPattern,
  HostPattern,
  LinePlace,
  MacPattern,
  OptionPattern,
  PacketPattern,
} from './types.ts'

/** A packet line that parsed, or what is wrong with it and at which character (from 0). */
export type LineResult =
  | { readonly place: LinePlace; readonly direction: 'in' | 'out'; readonly packet: PacketPattern }
  | { readonly problem: string; readonly at: number; readonly hint: string | undefined }

/** ICMP messages by name: type and code of ICMP, type and code of ICMPv6. */
export const ICMP_NAMES: Readonly<Record<string, readonly [number, number, number, number]>> = {
  'echo-request': [8, 0, 128, 0],
  'echo-reply': [0, 0, 129, 0],
  'net-unreachable': [3, 0, 1, 0],
  'host-unreachable': [3, 1, 1, 3],
  'port-unreachable': [3, 3, 1, 4],
  'frag-needed': [3, 4, -1, -1],
  'admin-prohibited': [3, 13, 1, 1],
  redirect: [5, -1, 137, 0],
  'ttl-exceeded': [11, 0, 3, 0],
  'packet-too-big': [-1, -1, 2, 0],
  'neighbour-solicitation': [-1, -1, 135, 0],
  'neighbour-advertisement': [-1, -1, 136, 0],
}

const FLAG_BITS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, U: 32, E: 64, W: 128 }
const FLAGS = /^[SFRPUEW]*\.?$/
const NAME = /^[A-Za-z*][A-Za-z0-9*-]*$/

/** Parses the notation of packet lines: where, which way, what. */
export function parsePacketLine(text: string): LineResult {
  try {
    const reader = new Reader(tokens(text), text.length)
    const place = readPlace(reader.next('a place such as lb.inside'))
    const direction = reader.next("'in' or 'out'")
    if (direction.text !== 'in' && direction.text !== 'out') {
      throw new LineError(`'${direction.text}' stands where 'in' or 'out' must`, direction.at)
    }
    const packet = readPacket(reader)
    reader.end()
    return { place, direction: direction.text, packet }
  } catch (error) {
    if (!(error instanceof LineError)) throw error
    return { problem: error.message, at: error.at, hint: error.hint }
  }
}

/** `lb.inside`, `rs*.eth0` or `lb`. */
export function parsePlace(text: string): LinePlace | string {
  const [node = '', iface, more] = text.split('.')
  if (more !== undefined || !NAME.test(node) || (iface !== undefined && !NAME.test(iface))) {
    return `'${text}' is no place; write MACHINE.INTERFACE or MACHINE`
  }
  return { node, iface }
}

function readPlace(token: Token): LinePlace {
  const place = parsePlace(token.text)
  if (typeof place === 'string') throw new LineError(place, token.at)
  return place
}

function readPacket(reader: Reader): PacketPattern {
  const first = reader.peek()
  if (first === undefined) return readTransport(reader)
  if (first.text === 'arp') return readArp(reader)
  if (first.text === 'icmp') return readIcmp(reader)
  if (first.text === 'ip') {
    reader.next('ip')
    const from = readHost(reader.next('an address'))
    reader.expect('>')
    const to = readHost(reader.next('an address'))
    return { kind: 'ip', from, to, details: readDetails(reader) }
  }
  if ((LATER_WORDS.packet as readonly string[]).includes(first.text)) {
    throw new LineError(notYetSentence(first.text), first.at)
  }
  return readTransport(reader)
}

function readTransport(reader: Reader): PacketPattern {
  const first = reader.peek()
  let protocol: 'tcp' | 'udp' | 'either' = 'either'
  let flags: number | undefined
  if (first !== undefined && (first.text === 'tcp' || first.text === 'udp')) {
    protocol = first.text
    reader.next(protocol)
  } else if (first !== undefined && FLAGS.test(first.text)) {
    protocol = 'tcp'
    flags = readFlags(reader.next('flags'))
  } else if (first !== undefined && /^[A-Za-z.]{1,8}$/.test(first.text)) {
    const hint = 'flags: S F R P U E W and then . for ACK; or a word: tcp udp icmp ip arp'
    throw new LineError(`'${first.text}' are no TCP flags and no protocol`, first.at, hint)
  }
  const from = readEnd(reader.next('an end such as 10.0.0.1:80'))
  reader.expect('>')
  const to = readEnd(reader.next('an end such as 10.0.0.1:80'))
  const details = readDetails(reader)
  return { kind: 'transport', protocol, flags, from, to, details, inner: readInner(reader) }
}

function readFlags(token: Token): number {
  let bits = 0
  for (const letter of token.text) bits |= letter === '.' ? 16 : FLAG_BITS[letter]!
  return bits
}

function readIcmp(reader: Reader): PacketPattern {
  reader.next('icmp')
  const word = reader.next('a type such as echo-request')
  const numbers = /^(\d{1,3})\/(\d{1,3})$/.exec(word.text)
  const known = Object.hasOwn(ICMP_NAMES, word.text) ? ICMP_NAMES[word.text] : undefined
  if (numbers === null && known === undefined) {
    const hint = `types: ${Object.keys(ICMP_NAMES).join(' ')}, or TYPE/CODE`
    throw new LineError(`'${word.text}' is no ICMP type`, word.at, hint)
  }
  const [type, code, type6, code6] =
    known ?? ([0, 1, 0, 1] as const).map((i) => Number(numbers![i + 1]))
  const from = readHost(reader.next('an address'))
  reader.expect('>')
  const to = readHost(reader.next('an address'))
  const details = readDetails(reader)
  const inner = readInner(reader)
  return {
    kind: 'icmp',
    type: type!,
    code: code!,
    type6: type6!,
    code6: code6!,
    name: word.text,
    from,
    to,
    details,
    inner,
  }
}

function readInner(reader: Reader): PacketPattern | undefined {
  if (!reader.take('{')) return undefined
  const inner = readPacket(reader)
  reader.expect('}')
  return inner
}

function readArp(reader: Reader): PacketPattern {
  reader.next('arp')
  const any = { kind: 'any' } as const
  if (reader.take('who-has')) {
    const address = readHost(reader.next('an address'))
    reader.expect('tell')
    const tell = readHost(reader.next('an address'))
    return { kind: 'arp', operation: 'who-has', address, tell, mac: any }
  }
  if (reader.take('announce')) {
    const address = readHost(reader.next('an address'))
    return { kind: 'arp', operation: 'announce', address, tell: any, mac: any }
  }
  const address = readHost(reader.next("'who-has', 'announce' or an address"))
  reader.expect('is-at')
  const mac = readMac(reader.next('a MAC'))
  return { kind: 'arp', operation: 'is-at', address, tell: any, mac }
}

function readMac(token: Token): MacPattern {
  if (token.text === '*') return { kind: 'any' }
  if (token.text.startsWith('$')) return { kind: 'reference', reference: token.text }
  const mac = parseMac(token.text)
  if (mac === undefined) throw new LineError(`'${token.text}' is no MAC`, token.at)
  return { kind: 'mac', mac }
}

function readHost(token: Token): HostPattern {
  const { text } = token
  if (text === '*') return { kind: 'any' }
  if (text.startsWith('$')) return { kind: 'reference', reference: text }
  const address = parseAddress(text)
  if (address !== undefined) return { kind: 'address', address }
  const prefix = parsePrefix(text)
  if (prefix !== undefined)
    return { kind: 'prefix', address: prefix.address, length: prefix.length }
  if (NAME.test(text)) return { kind: 'node', node: text }
  const hint = /^\d+\.\d+\.\d+\.\d+:/.test(text) ? 'ICMP and ARP have no ports' : undefined
  throw new LineError(`'${text}' is no address`, token.at, hint)
}

function readEnd(token: Token): EndPattern {
  const colon = token.text.lastIndexOf(':')
  const open = token.text.startsWith('[')
  if (colon < 0 || (open && token.text[colon - 1] !== ']')) {
    throw new LineError(`'${token.text}' has no port; write ADDRESS:PORT or ADDRESS:*`, token.at)
  }
  const host = open ? token.text.slice(1, colon - 1) : token.text.slice(0, colon)
  const port = token.text.slice(colon + 1)
  if (port !== '*' && !(/^\d{1,5}$/.test(port) && Number(port) <= 65535)) {
    throw new LineError(`'${port}' is no port`, token.at + colon + 1)
  }
  if (!open && host.includes(':')) {
    throw new LineError(
      'an IPv6 address with a port stands in brackets: [2001:db8::1]:80',
      token.at,
    )
  }
  const pattern = readHost({ text: host, at: token.at })
  return { host: pattern, port: port === '*' ? undefined : Number(port) }
}

function readDetails(reader: Reader): Details {
  const details: { -readonly [K in keyof Details]: Details[K] } = {}
  for (let token = reader.peek(); token !== undefined; token = reader.peek()) {
    if (token.text === '{' || token.text === '}') break
    reader.next('')
    if (token.text === 'DF') details.df = true
    else if (token.text.startsWith('<')) details.options = readOptions(token)
    else if (token.text === 'seq') {
      const value = reader.next('a sequence number')
      const match = /^(\d+)(?::(\d+))?$/.exec(value.text)
      if (match === null) throw new LineError(`'${value.text}' is no sequence number`, value.at)
      details.seq = Number(match[1])
      if (match[2] !== undefined) details.seqEnd = Number(match[2])
    } else if (/^(ack|win|len|ttl|id|tos)$/.test(token.text)) {
      const value = reader.next('a number')
      if (!/^(\d+|0x[0-9a-fA-F]+)$/.test(value.text)) {
        throw new LineError(`'${value.text}' is no number`, value.at)
      }
      details[token.text as 'ack' | 'win' | 'len' | 'ttl' | 'id' | 'tos'] = Number(value.text)
    } else throw new LineError(`'${token.text}' is no detail of a packet`, token.at, DETAILS)
  }
  return details
}

/** Options in their brackets, `<mss 1460,sackOK>`; throws a `LineError`. */
export function readOptionList(text: string): OptionPattern[] {
  if (text.startsWith('<')) return readOptions({ text, at: 0 })
  throw new LineError(`options stand in brackets: <${text}>`, 0)
}

function readOptions(token: Token): OptionPattern[] {
  const inside = token.text.slice(1, -1)
  if (!token.text.endsWith('>')) throw new LineError(`the options are not closed by '>'`, token.at)
  return inside.split(',').map((part) => readOption(part.trim(), token.at))
}

function readOption(text: string, at: number): OptionPattern {
  if (text === '*') return { kind: 'rest' }
  if (text === 'sackOK') return { kind: 'sackOK' }
  if (text === 'nop') return { kind: 'nop' }
  const [word, value = ''] = text.split(/\s+/) as [string, string | undefined]
  if ((word === 'mss' || word === 'wscale') && /^\d+$/.test(value)) {
    return { kind: word, value: Number(value) }
  }
  const ts = /^(\d+|\*)\/(\d+|\*)$/.exec(value)
  if (word === 'ts' && ts !== null) {
    const number = (part: string): number | undefined => (part === '*' ? undefined : Number(part))
    return { kind: 'ts', value: number(ts[1]!), echo: number(ts[2]!) }
  }
  const sack = /^(\d+):(\d+)$/.exec(value)
  if (word === 'sack' && sack !== null) {
    return { kind: 'sack', from: Number(sack[1]), to: Number(sack[2]) }
  }
  const hint = 'options: mss N, wscale N, sackOK, ts A/B, sack A:B, nop, *'
  throw new LineError(`'${text}' is no TCP option`, at, hint)
}
