import {
  type Dissection,
  EITHER,
  type Field,
  FIELD_TYPES,
  fieldsOf,
  type FieldType,
  type Value,
} from '../judge/index.ts'
import { asciiOf } from './literal.ts'
import { FilterError } from './mistake.ts'
import { nearestField } from './nearest.ts'
import type { Term } from './parse.ts'
import { type Range, sliceOf } from './slice.ts'

/** Something that has values in a frame: none, one, or several. */
export interface Operand {
  readonly type: FieldType
  readonly name: string
  values(d: Dissection): Value[]
}

/** The operand that a term names; undefined for a constant. Fields used are added to `fields`. */
export function operandOf(term: Term, fields: Set<string>): Operand | undefined {
  if (term.kind === 'string') return undefined
  if (term.kind === 'word') return fieldOperand(term.text, fields)
  const of = operandOf(term.of, fields)
  if (of === undefined) throw notAField(term.of)
  if (term.kind === 'slice') return slicedOperand(term, of)
  if (term.kind === 'call') return calledOperand(term, of)
  return maskedOperand(term, of)
}

/** The complaint about a word that should be a field. */
export function notAField(term: Term): FilterError {
  if (term.kind !== 'word') return new FilterError('a constant alone tests nothing', term.column)
  if (/^tcp\.analysis/.test(term.text)) {
    const hint = 'count segments by tcp.seq and tcp.len instead'
    return new FilterError(`'${term.text}' is Wireshark's own analysis`, term.column, hint)
  }
  const nearest = nearestField(term.text)
  const hint = nearest === undefined ? undefined : `did you mean '${nearest}'?`
  return new FilterError(`unknown field '${term.text}'`, term.column, hint)
}

function fieldOperand(name: string, fields: Set<string>): Operand | undefined {
  const type = FIELD_TYPES.get(name)
  if (type === undefined) return undefined
  for (const each of EITHER.get(name) ?? [name]) fields.add(each)
  const values =
    type === 'protocol'
      ? (d: Dissection): Value[] => fieldsOf(d, name).map((field) => octets(d, field))
      : (d: Dissection): Value[] => fieldsOf(d, name).map((field) => field.value)
  return { type, name, values }
}

/** A protocol's octets run from its header to the end of the frame, as in Wireshark. */
function octets(d: Dissection, field: Field): Uint8Array {
  return d.bytes.subarray(field.start, field.name === 'frame' ? field.end : d.end)
}

function slicedOperand(term: Term & { kind: 'slice' }, of: Operand): Operand {
  if (of.type === 'uint' || of.type === 'bool') {
    throw new FilterError(
      `'${of.name}' is a number and cannot be sliced`,
      term.column,
      'mask it: tcp.flags & 0x02',
    )
  }
  const ranges = sliceOf(term.text, term.column)
  const type = of.type === 'string' ? 'string' : 'bytes'
  const values = (d: Dissection): Value[] =>
    of.values(d).flatMap((value) => {
      const cut = cutRanges(octetsOfValue(of.type, value), ranges)
      if (cut === undefined) return []
      return [type === 'string' ? String.fromCharCode(...cut) : cut]
    })
  return { type, name: `${of.name}[${term.text}]`, values }
}

function octetsOfValue(type: FieldType, value: Value): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (typeof value === 'string') return asciiOf(value)
  const length = type === 'ether' ? 6 : 4
  const result = new Uint8Array(length)
  let rest = value
  for (let i = length - 1; i >= 0; i--) {
    result[i] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return result
}

/** The octets of all ranges, one after the other; undefined when one is not there. */
function cutRanges(of: Uint8Array, ranges: readonly Range[]): Uint8Array | undefined {
  const parts: number[] = []
  for (const range of ranges) {
    const start = range.start < 0 ? of.length + range.start : range.start
    const end = range.length === undefined ? of.length : start + range.length
    if (start < 0 || start >= of.length || end > of.length) return undefined
    for (let i = start; i < end; i++) parts.push(of[i]!)
  }
  return Uint8Array.from(parts)
}

function calledOperand(term: Term & { kind: 'call' }, of: Operand): Operand {
  const name = `${term.name}(${of.name})`
  if (term.name === 'count') {
    const values = (d: Dissection): Value[] => {
      const count = of.values(d).length
      return count === 0 ? [] : [count]
    }
    return { type: 'uint', name, values }
  }
  if (term.name === 'len') {
    const values = (d: Dissection): Value[] =>
      of.values(d).map((value) => octetsOfValue(of.type, value).length)
    return { type: 'uint', name, values }
  }
  if (of.type !== 'string') {
    throw new FilterError(
      `'${of.name}' is no text, so ${term.name}() cannot act on it`,
      term.column,
    )
  }
  const change = (value: Value): Value =>
    term.name === 'lower' ? String(value).toLowerCase() : String(value).toUpperCase()
  return { type: 'string', name, values: (d) => of.values(d).map(change) }
}

function maskedOperand(term: Term & { kind: 'mask' }, of: Operand): Operand {
  const text = term.mask.kind === 'word' ? term.mask.text : ''
  const mask = /^(0[xX][0-9a-fA-F]+|\d+)$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(mask)) throw new FilterError("a number must follow '&'", term.mask.column)
  if (of.type !== 'uint' && of.type !== 'bool' && of.type !== 'bytes') {
    throw new FilterError(`'${of.name}' is no number, so '&' cannot act on it`, term.column)
  }
  const values = (d: Dissection): Value[] =>
    of.values(d).map((value) => (lowBits(value) & mask) >>> 0)
  return { type: 'uint', name: `${of.name} & ${text}`, values }
}

/** A number, or the last four octets of a slice. */
function lowBits(value: Value): number {
  if (typeof value === 'number') return value
  if (typeof value === 'string') return 0
  return value.reduce((sum, octet) => ((sum << 8) | octet) >>> 0, 0)
}
