/**
 * Addresses as people write them and as numbers: IPv4 (RFC 791 dotted quad, strictly four decimal
 * parts), IPv6 (RFC 4291 text, written back by RFC 5952), MAC, prefixes and endpoints.
 *
 * Everything a person types passes here, so nothing lenient is accepted: no `10.1`, no leading
 * zeros, no blanks. On the packet path an IPv4 address is a plain unsigned 32-bit number.
 */

export interface Ipv4Address {
  readonly family: 4
  readonly v4: number
}

export interface Ipv6Address {
  readonly family: 6
  /** Four unsigned 32-bit words. */
  readonly words: readonly [number, number, number, number]
}

export type Address = Ipv4Address | Ipv6Address

/** An address and the length of its prefix in bits. */
export interface Prefix {
  readonly address: Address
  readonly length: number
}

/** `ADDRESS:PORT[-PORT][/protocol]`; a part that was not written is undefined. */
export interface Endpoint {
  readonly address: Address
  readonly port: number | undefined
  /** Last port of a range, equal to `port` for a single one. */
  readonly lastPort: number | undefined
  readonly protocol: 'tcp' | 'udp' | undefined
}

/** Unsigned 32-bit number of a dotted quad, or undefined. */
export function parseIpv4(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (match === null) return undefined
  let value = 0
  for (const part of match.slice(1)) {
    if ((part.length > 1 && part.startsWith('0')) || Number(part) > 255) return undefined
    value = value * 256 + Number(part)
  }
  return value
}

export function formatIpv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 0xff}.${(value >>> 8) & 0xff}.${value & 0xff}`
}

/** Words of an IPv6 address without zone or brackets, or undefined. */
export function parseIpv6(text: string): Ipv6Address['words'] | undefined {
  let source = text
  const lastColon = source.lastIndexOf(':')
  if (source.includes('.')) {
    const v4 = parseIpv4(source.slice(lastColon + 1))
    if (v4 === undefined || lastColon < 0) return undefined
    const groups = `${(v4 >>> 16).toString(16)}:${(v4 & 0xffff).toString(16)}`
    source = source.slice(0, lastColon + 1) + groups
  }
  const halves = source.split('::')
  if (halves.length > 2) return undefined
  const parse = (half: string): number[] | undefined => {
    if (half === '') return []
    const groups: number[] = []
    for (const group of half.split(':')) {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined
      groups.push(Number.parseInt(group, 16))
    }
    return groups
  }
  const head = parse(halves[0]!)
  const tail = halves.length === 2 ? parse(halves[1]!) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const all = [...head, ...new Array<number>(missing).fill(0), ...tail]
  const word = (i: number): number => all[i]! * 0x1_0000 + all[i + 1]!
  return [word(0), word(2), word(4), word(6)]
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as `::`. */
export function formatIpv6(words: Ipv6Address['words']): string {
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff])
  let best = -1
  let bestLength = 1
  for (let i = 0; i < 8; i++) {
    let length = 0
    while (i + length < 8 && groups[i + length] === 0) length++
    if (length > bestLength) {
      best = i
      bestLength = length
    }
  }
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':')
  if (best < 0) return hex(groups)
  return `${hex(groups.slice(0, best))}::${hex(groups.slice(best + bestLength))}`
}

export function parseAddress(text: string): Address | undefined {
  const v4 = parseIpv4(text)
  if (v4 !== undefined) return { family: 4, v4 }
  const words = text.includes(':') ? parseIpv6(text) : undefined
  return words === undefined ? undefined : { family: 6, words }
}

export function formatAddress(address: Address): string {
  return address.family === 4 ? formatIpv4(address.v4) : formatIpv6(address.words)
}

export function sameAddress(one: Address, other: Address): boolean {
  if (one.family === 4) return other.family === 4 && one.v4 === other.v4
  return other.family === 6 && one.words.every((word, i) => word === other.words[i])
}

/** `ADDRESS/LENGTH`; the address may have bits behind the prefix. */
export function parsePrefix(text: string): Prefix | undefined {
  const match = /^(.+)\/(\d{1,3})$/.exec(text)
  if (match === null) return undefined
  const address = parseAddress(match[1]!)
  const length = Number(match[2])
  if (address === undefined || length > (address.family === 4 ? 32 : 128)) return undefined
  return { address, length }
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.address)}/${prefix.length}`
}

/** Whether `address` lies in the prefix; false across families. */
export function prefixHolds(prefix: Prefix, address: Address): boolean {
  const one = wordsOf(prefix.address)
  const other = wordsOf(address)
  if (one.length !== other.length) return false
  for (let i = 0, left = prefix.length; left > 0; i++, left -= 32) {
    const mask = left >= 32 ? 0xffffffff : (0xffffffff << (32 - left)) >>> 0
    if (((one[i]! ^ other[i]!) & mask) !== 0) return false
  }
  return true
}

/** Whether no bit behind the prefix is set: a network and not one machine's address. */
export function isNetworkPrefix(prefix: Prefix): boolean {
  const words = wordsOf(prefix.address)
  return words.every((word, i) => {
    const left = Math.min(Math.max(prefix.length - i * 32, 0), 32)
    const mask = left === 0 ? 0 : (0xffffffff << (32 - left)) >>> 0
    return (word & ~mask) === 0
  })
}

function wordsOf(address: Address): readonly number[] {
  return address.family === 4 ? [address.v4] : address.words
}

/** A MAC as one 48-bit integer, or undefined. */
export function parseMac(text: string): number | undefined {
  if (!/^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$/.test(text)) return undefined
  return Number.parseInt(text.replaceAll(':', ''), 16)
}

export function formatMac(mac: number): string {
  return (mac.toString(16).padStart(12, '0').match(/../g) as string[]).join(':')
}

/** Parses `10.0.0.1:80/tcp`, `[2001:db8::1]:80`, `10.0.0.1:80-90/udp` or a bare address. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const match =
    /^(?:\[([^\]]+)\]|([^:[\]/]+)|([^[\]/]+))(?::(\d{1,5})(?:-(\d{1,5}))?)?(?:\/(\w+))?$/.exec(text)
  if (match === null) return undefined
  const [, bracketed, plain, bare, first, last, protocol] = match
  if (bare !== undefined && first !== undefined) return parseBareIpv6(text)
  const address = parseAddress(bracketed ?? plain ?? bare ?? '')
  if (address === undefined || (bracketed !== undefined && address.family === 4)) return undefined
  if (protocol !== undefined && protocol !== 'tcp' && protocol !== 'udp') return undefined
  const port = first === undefined ? undefined : Number(first)
  const lastPort = last === undefined ? port : Number(last)
  if (port !== undefined && (port < 1 || port > 65535)) return undefined
  if (lastPort !== undefined && (lastPort > 65535 || lastPort < port!)) return undefined
  return { address, port, lastPort, protocol }
}

/** An IPv6 address without brackets has no port: its last group is not one. */
function parseBareIpv6(text: string): Endpoint | undefined {
  const address = parseAddress(text)
  if (address === undefined) return undefined
  return { address, port: undefined, lastPort: undefined, protocol: undefined }
}

export function formatEndpoint(endpoint: Endpoint): string {
  const host = formatAddress(endpoint.address)
  const bracketed =
    endpoint.address.family === 6 && endpoint.port !== undefined ? `[${host}]` : host
  const range = endpoint.lastPort === endpoint.port ? '' : `-${endpoint.lastPort}`
  const port = endpoint.port === undefined ? '' : `:${endpoint.port}${range}`
  return bracketed + port + (endpoint.protocol === undefined ? '' : `/${endpoint.protocol}`)
}
