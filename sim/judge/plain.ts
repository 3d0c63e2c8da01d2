import type { Dissection, Field, Layer, Value } from './dissection.ts'
import { FIELD_TYPES } from './fields.ts'

/** A field's value as Wireshark would print it; numbers and flags stay numbers. */
export type PlainValue = number | string

/** A layer as plain data: a field that stands there several times is a list. */
export interface PlainLayer {
  readonly protocol: string
  readonly fields: Readonly<Record<string, PlainValue | readonly PlainValue[]>>
  /** Layers of the packet quoted; left out when there are none. */
  readonly quoted?: readonly PlainLayer[]
}

/** A frame as plain data, ready for JSON: one line of an ndjson file. */
export interface PlainFrame {
  readonly layers: readonly PlainLayer[]
  readonly problems: readonly string[]
}

/** Turns a dissection into plain data that no longer refers to the frame's octets. */
export function plainFrame(d: Dissection): PlainFrame {
  return { layers: d.layers.map(plainLayer), problems: [...d.problems] }
}

/** A value in words: addresses in their notation, octets in hexadecimal. */
export function showValue(name: string, value: Value): PlainValue {
  const type = FIELD_TYPES.get(name)
  if (value instanceof Uint8Array) return type === 'ipv6' ? ipv6Text(value) : hex(value, '')
  if (typeof value !== 'number') return value
  if (type === 'ipv4') {
    return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.')
  }
  if (type !== 'ether') return value
  return (value.toString(16).padStart(12, '0').match(/../g) ?? []).join(':')
}

function plainLayer(layer: Layer): PlainLayer {
  const fields: Record<string, PlainValue | PlainValue[]> = {}
  for (const field of layer.fields) addField(fields, field)
  const plain = { protocol: layer.name, fields }
  if (layer.quoted.length === 0) return plain
  return { ...plain, quoted: layer.quoted.map(plainLayer) }
}

function addField(fields: Record<string, PlainValue | PlainValue[]>, field: Field): void {
  const value = showValue(field.name, field.value)
  const known = fields[field.name]
  if (known === undefined) fields[field.name] = value
  else if (Array.isArray(known)) known.push(value)
  else fields[field.name] = [known, value]
}

function hex(octets: Uint8Array, between: string): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join(between)
}

/** RFC 5952: the longest run of two or more zero groups, the first of equals, becomes `::`. */
function ipv6Text(octets: Uint8Array): string {
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push(octets[i]! * 256 + octets[i + 1]!)
  let start = -1
  let longest = 1
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && groups[end] === 0) end++
    if (end - i > longest) {
      longest = end - i
      start = i
    }
  }
  const text = (list: readonly number[]): string =>
    list.map((group) => group.toString(16)).join(':')
  if (start < 0) return text(groups)
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + longest))}`
}
