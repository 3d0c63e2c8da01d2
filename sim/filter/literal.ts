import type { FieldType } from '../judge/index.ts'

/** A value of a filter: comparable with a field's values. `bits`: how many bits of it count. */
export interface Literal {
  readonly value: number | string | Uint8Array
  /** Prefix length of an address, undefined for all. */
  readonly bits?: number
}

/** What to call a type in messages. */
export const TYPE_WORDS: Readonly<Record<FieldType, string>> = {
  uint: 'number',
  bool: 'flag (0 or 1)',
  ipv4: 'IPv4 address',
  ipv6: 'IPv6 address',
  ether: 'MAC address',
  string: 'text',
  bytes: 'sequence of octets',
  protocol: 'sequence of octets',
}

/** Reads `text` as a value of this type; undefined when it is none. */
export function literalOf(type: FieldType, text: string, quoted: boolean): Literal | undefined {
  switch (type) {
    case 'uint':
      return wrap(numberOf(text))
    case 'bool':
      return wrap(flagOf(text))
    case 'ipv4':
      return prefixed(text, 32, ipv4Of)
    case 'ipv6':
      return prefixed(text, 128, ipv6Of)
    case 'ether':
      return wrap(macOf(text))
    case 'string':
      return { value: text }
    default:
      return quoted ? { value: asciiOf(text) } : wrap(octetsOf(text))
  }
}

function wrap(value: number | Uint8Array | undefined): Literal | undefined {
  return value === undefined ? undefined : { value }
}

/** Decimal, 0x hexadecimal, 0b binary, or with a leading 0 octal. */
export function numberOf(text: string): number | undefined {
  if (/^0[xX][0-9a-fA-F]{1,13}$/.test(text)) return Number.parseInt(text.slice(2), 16)
  if (/^0[bB][01]{1,52}$/.test(text)) return Number.parseInt(text.slice(2), 2)
  if (/^0[0-7]{1,17}$/.test(text)) return Number.parseInt(text, 8)
  if (/^(0|[1-9]\d{0,14})$/.test(text)) return Number.parseInt(text, 10)
  return undefined
}

function flagOf(text: string): number | undefined {
  const word = text.toLowerCase()
  if (word === 'true') return 1
  if (word === 'false') return 0
  const number = numberOf(text)
  return number === undefined ? undefined : Math.min(number, 1)
}

function prefixed(
  text: string,
  most: number,
  read: (text: string) => number | Uint8Array | undefined,
): Literal | undefined {
  const slash = text.indexOf('/')
  const value = read(slash < 0 ? text : text.slice(0, slash))
  if (value === undefined) return undefined
  if (slash < 0) return { value }
  const bits = text.slice(slash + 1)
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > most) return undefined
  return { value, bits: Number(bits) }
}

function ipv4Of(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let value = 0
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    value = value * 256 + Number(part)
  }
  return value
}

function ipv6Of(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = groups(halves[0]!)
  const tail = halves.length === 2 ? groups(halves[1]!) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const all = [...head, ...new Array<number>(missing).fill(0), ...tail]
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 255]))
}

function groups(text: string): number[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const last = parts[parts.length - 1]!
  const embedded = last.includes('.') ? ipv4Of(last) : undefined
  if (last.includes('.')) {
    if (embedded === undefined) return undefined
    parts.splice(-1, 1, Math.floor(embedded / 65536).toString(16), (embedded % 65536).toString(16))
  }
  if (!parts.every((part) => /^[0-9a-fA-F]{1,4}$/.test(part))) return undefined
  return parts.map((part) => Number.parseInt(part, 16))
}

function macOf(text: string): number | undefined {
  const octets = octetsOf(text)
  if (octets?.length !== 6) return undefined
  return octets.reduce((value, octet) => value * 256 + octet, 0)
}

/** `aa:bb:cc`, `aa-bb-cc`, `aabb.ccdd`, `aabbcc`, or 0x and an even number of digits. */
export function octetsOf(text: string): Uint8Array | undefined {
  const separated = /^[0-9a-fA-F]{2}([:.-][0-9a-fA-F]{2})*$/.test(text)
  const cisco = /^[0-9a-fA-F]{4}([.:-][0-9a-fA-F]{4})*$/.test(text)
  const plain = /^(0[xX])?([0-9a-fA-F]{2})+$/.test(text)
  if (!separated && !cisco && !plain) return undefined
  const digits = text.replace(/^0[xX]/, '').replace(/[:.-]/g, '')
  const octets = new Uint8Array(digits.length / 2)
  for (let i = 0; i < octets.length; i++) {
    octets[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)
  }
  return octets
}

/** Octets of a text, one a character. */
export function asciiOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 255)
}
