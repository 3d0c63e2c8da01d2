import { formatMac } from '../wire/address.ts'
import * as icmp from '../wire/icmp.ts'
import * as icmpv6 from '../wire/icmpv6.ts'
import * as ndp from '../wire/ndp.ts'
import { type IpPacket, ipv6Text } from './ip-packet.ts'

/** Names of messages by type/code, in the words of packet lines where they have one. */
const ICMP_NAMES: Readonly<Record<string, string>> = {
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

const ICMPV6_NAMES: Readonly<Record<string, string>> = {
  '1/0': 'net-unreachable',
  '1/1': 'admin-prohibited',
  '1/3': 'host-unreachable',
  '1/4': 'port-unreachable',
  '2/0': 'packet-too-big',
  '3/0': 'ttl-exceeded',
  '3/1': 'reassembly-time-exceeded',
  '4/0': 'erroneous-header',
  '4/1': 'unknown-next-header',
  '4/2': 'unknown-option',
  '128/0': 'echo-request',
  '129/0': 'echo-reply',
  '133/0': 'router-solicitation',
  '134/0': 'router-advertisement',
  '135/0': 'neighbour-solicitation',
  '136/0': 'neighbour-advertisement',
  '137/0': 'redirect',
}

/** `echo-request`, or `TYPE/CODE` of a message without a name. */
export function icmpName(family: 4 | 6, view: DataView, at: number): string {
  const name = `${icmp.type(view, at)}/${icmp.code(view, at)}`
  return (family === 4 ? ICMP_NAMES : ICMPV6_NAMES)[name] ?? name
}

/** Offset of the packet that an ICMP error quotes, -1 when it quotes none. */
export function quoteAt(family: 4 | 6, view: DataView, at: number): number {
  const type = icmp.type(view, at)
  const quotes = family === 4 ? icmp.isError(type) : icmpv6.isError(type)
  return quotes ? at + icmp.HEADER_LEN : -1
}

/** What a message of neighbour discovery says. */
export interface Discovery {
  /** Beside sender and receiver: `who-has 2001:db8::1`. */
  readonly content: string
  /** All of it in fewer words, as ARP says it: `who-has 2001:db8::1 tell fe80::1`. */
  readonly short: string
}

/** Reads neighbour solicitation and advertisement; undefined for any other or damaged message. */
export function describeDiscovery(
  packet: IpPacket,
  view: DataView,
  end: number,
): Discovery | undefined {
  const { transport: at, src } = packet
  const type = icmpv6.type(view, at)
  const asks = type === icmpv6.NEIGHBOUR_SOLICITATION
  if (!asks && type !== icmpv6.NEIGHBOUR_ADVERTISEMENT) return undefined
  if (ndp.check(view, at, end) !== undefined) return undefined
  const target = ipv6Text(view, at + ndp.TARGET)
  if (asks) return { content: `who-has ${target}`, short: `who-has ${target} tell ${src}` }
  const mac = linkOption(view, at, end)
  const told = mac === '' ? `${target} is here` : `${target} is-at ${mac}`
  return { content: `${told}${flagWords(ndp.flags(view, at))}`, short: told }
}

function linkOption(view: DataView, at: number, end: number): string {
  const option = ndp.option(view, at, end, ndp.TARGET_LINK)
  if (option === 0 || option + ndp.LINK_OPTION_LEN > end) return ''
  return formatMac(ndp.linkHi(view, option) * 0x1_0000_0000 + ndp.linkLo(view, option))
}

/** ` (router, solicited, override)`: what the flags of an advertisement say. */
function flagWords(flags: number): string {
  const words: string[] = []
  if ((flags & ndp.ROUTER) !== 0) words.push('router')
  if ((flags & ndp.SOLICITED) !== 0) words.push('solicited')
  if ((flags & ndp.OVERRIDE) !== 0) words.push('override')
  return words.length === 0 ? '' : ` (${words.join(', ')})`
}
