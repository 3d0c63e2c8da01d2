import type { Dissection, FieldType, Value } from '../judge/index.ts'
import { type Literal, literalOf, TYPE_WORDS } from './literal.ts'
import { FilterError, type Mistake } from './mistake.ts'
import { notAField, type Operand, operandOf } from './operand.ts'
import { type Element, parse, type Relation, type Term, type Test } from './parse.ts'

/** A filter ready to use. */
export interface Filter {
  readonly text: string
  /** Whether the frame matches. */
  test(d: Dissection): boolean
  /** The fields it looks at. */
  readonly fields: readonly string[]
  /** It looks at relative numbers, so frames must have passed `Conversations` in their order. */
  readonly needsConversations: boolean
}

type Predicate = (d: Dissection) => boolean

const OF_CONVERSATIONS: readonly string[] = [
  'tcp.stream',
  'tcp.seq',
  'tcp.ack',
  'tcp.nxtseq',
  'tcp.window_size',
  'tcp.options.sack_le',
  'tcp.options.sack_re',
]

/** Reads a Wireshark display filter; tells what is wrong with it instead of throwing. */
export function compile(text: string): Filter | Mistake {
  if (text.trim() === '') {
    return {
      problem: 'the filter is empty',
      column: 1,
      hint: "YAML reads an unquoted !tcp as a tag: write '!tcp' in quotes",
    }
  }
  const fields = new Set<string>()
  try {
    const test = predicateOf(parse(text), fields)
    const needsConversations = OF_CONVERSATIONS.some((name) => fields.has(name))
    return { text, test, fields: [...fields], needsConversations }
  } catch (error) {
    if (error instanceof FilterError) return error.mistake
    throw error
  }
}

function predicateOf(test: Test, fields: Set<string>): Predicate {
  switch (test.kind) {
    case 'not': {
      const of = predicateOf(test.of, fields)
      return (d) => !of(d)
    }
    case 'exists': {
      const of = operandOf(test.of, fields)
      if (of === undefined) throw notAField(test.of)
      if (test.of.kind === 'mask') return (d) => of.values(d).some((value) => value !== 0)
      return (d) => of.values(d).length > 0
    }
    case 'in':
      return membership(test.of, test.elements, fields)
    case 'compare':
      return comparison(test, fields)
    default: {
      const left = predicateOf(test.left, fields)
      const right = predicateOf(test.right, fields)
      if (test.kind === 'and') return (d) => left(d) && right(d)
      if (test.kind === 'or') return (d) => left(d) || right(d)
      return (d) => left(d) !== right(d)
    }
  }
}

function comparison(test: Test & { kind: 'compare' }, fields: Set<string>): Predicate {
  const left = operandOf(test.left, fields)
  if (left === undefined) throw constantFirst(test)
  const right = operandOf(test.right, fields)
  if (test.relation === '~') return matching(left, test)
  if (test.relation === 'contains') return containing(left, test)
  if (right !== undefined) return pairwise(left, right, test)
  const literal = literalFor(left, test.right)
  const holds = holding(test.relation)
  return quantified(
    test.relation,
    (d) => left.values(d),
    (value) => holds(order(value, literal)),
  )
}

/** Wireshark wants the field on the left. */
function constantFirst(test: Test & { kind: 'compare' }): FilterError {
  const field = test.right.kind === 'word' && operandOf(test.right, new Set()) !== undefined
  const word = test.left.kind === 'word' && /[a-z_]\./.test(test.left.text)
  if (!field || word) return notAField(test.left)
  return new FilterError(
    'a field must stand on the left of a comparison',
    test.left.column,
    'turn it round',
  )
}

function pairwise(left: Operand, right: Operand, test: Test & { kind: 'compare' }): Predicate {
  const numeric = (type: FieldType): boolean => type === 'uint' || type === 'bool'
  const octets = (type: FieldType): boolean => type === 'bytes' || type === 'protocol'
  const alike =
    left.type === right.type ||
    (numeric(left.type) && numeric(right.type)) ||
    (octets(left.type) && octets(right.type))
  if (!alike) {
    const words = `${TYPE_WORDS[left.type]} and ${TYPE_WORDS[right.type]}`
    throw new FilterError(
      `'${left.name}' and '${right.name}' cannot be compared: ${words}`,
      test.column,
    )
  }
  const holds = holding(test.relation)
  const every = test.relation === '!=' || test.relation === '==='
  return (d) => {
    const ours = left.values(d)
    const theirs = right.values(d)
    if (ours.length === 0 || theirs.length === 0) return false
    const one = (a: Value): boolean =>
      every
        ? theirs.every((b) => holds(order(a, { value: b })))
        : theirs.some((b) => holds(order(a, { value: b })))
    return every ? ours.every(one) : ours.some(one)
  }
}

/** `!=` and `===` speak of all occurrences, the others of any; without one nothing holds. */
function quantified(
  relation: Relation,
  values: (d: Dissection) => Value[],
  holds: (value: Value) => boolean,
): Predicate {
  if (relation === '!=' || relation === '===') {
    return (d) => {
      const found = values(d)
      return found.length > 0 && found.every(holds)
    }
  }
  return (d) => values(d).some(holds)
}

function holding(relation: Relation): (order: number) => boolean {
  switch (relation) {
    case '==':
    case '===':
      return (order) => order === 0
    case '!=':
    case '!==':
      return (order) => order !== 0
    case '>':
      return (order) => order > 0
    case '<':
      return (order) => order < 0
    case '>=':
      return (order) => order >= 0
    default:
      return (order) => order <= 0
  }
}

/** Below, at or above 0 as the value stands to the literal. */
function order(value: Value, { value: other, bits }: Literal): number {
  if (typeof value === 'number' && typeof other === 'number') {
    if (bits === undefined) return value - other
    const unit = bits === 0 ? 4_294_967_296 : (1 << (32 - bits)) >>> 0
    const size = bits === 0 ? unit : bits === 32 ? 1 : unit
    return Math.floor(value / size) - Math.floor(other / size)
  }
  if (typeof value === 'string' && typeof other === 'string') {
    return value === other ? 0 : value < other ? -1 : 1
  }
  if (value instanceof Uint8Array && other instanceof Uint8Array) {
    return orderOctets(value, other, bits)
  }
  return Number.NaN
}

function orderOctets(a: Uint8Array, b: Uint8Array, bits: number | undefined): number {
  if (bits !== undefined) {
    for (let i = 0; i < bits; i++) {
      const mask = 128 >> (i & 7)
      const difference = (a[i >> 3]! & mask) - (b[i >> 3]! & mask)
      if (difference !== 0) return difference
    }
    return 0
  }
  const shorter = Math.min(a.length, b.length)
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}

const STATUS: Readonly<Record<string, number>> = {
  bad: 0,
  good: 1,
  unverified: 2,
  'not present': 3,
}

function literalFor(operand: Operand, term: Term): Literal {
  if (term.kind !== 'word' && term.kind !== 'string') {
    throw new FilterError('a constant is expected here', term.column)
  }
  if (operand.name.endsWith('.checksum.status')) {
    const status = STATUS[term.text.toLowerCase()]
    if (status !== undefined) return { value: status }
  }
  const quoted = term.kind === 'string'
  if (quoted && !['string', 'bytes', 'protocol'].includes(operand.type)) {
    const message = `'${operand.name}' is no text and takes nothing in quotes`
    throw new FilterError(message, term.column, 'leave the quotes out')
  }
  const literal = literalOf(operand.type, term.text, quoted)
  if (literal !== undefined) return fitting(operand, literal, term.column)
  const other = term.kind === 'word' && /^[a-z0-9_]+(\.[a-z0-9_]+)+$/.test(term.text)
  const words = TYPE_WORDS[operand.type]
  throw new FilterError(
    `'${term.text}' is no ${words}, which '${operand.name}' is compared with`,
    term.column,
    other && /[a-z]/.test(term.text) ? notAField(term).mistake.hint : undefined,
  )
}

/** A port of more than 16 bits is a slip of the pen. */
function fitting(operand: Operand, literal: Literal, column: number): Literal {
  const port = /port$/.test(operand.name) && operand.type === 'uint'
  if (!port || (literal.value as number) <= 65535) return literal
  throw new FilterError(`${literal.value as number} is no port; the highest is 65535`, column)
}

function textual(operand: Operand, test: Test & { kind: 'compare' }, word: string): void {
  if (operand.type === 'string' || operand.type === 'bytes' || operand.type === 'protocol') return
  if (operand.type === 'ether' || operand.type === 'ipv6') return
  throw new FilterError(
    `'${operand.name}' is no text or sequence of octets, so '${word}' cannot act on it`,
    test.column,
  )
}

function containing(left: Operand, test: Test & { kind: 'compare' }): Predicate {
  textual(left, test, 'contains')
  const type = left.type === 'string' ? 'string' : 'bytes'
  const { value } = literalFor({ ...left, type }, test.right)
  const needle = latin1(value)
  if (needle === '') throw new FilterError('an empty text is in everything', test.right.column)
  return (d) => left.values(d).some((each) => latin1(each, left.type).includes(needle))
}

function matching(left: Operand, test: Test & { kind: 'compare' }): Predicate {
  textual(left, test, 'matches')
  if (test.right.kind !== 'string') {
    throw new FilterError("an expression in double quotes must follow 'matches'", test.right.column)
  }
  let expression: RegExp
  try {
    expression = new RegExp(test.right.text, 'is')
  } catch {
    throw new FilterError(`"${test.right.text}" is no regular expression`, test.right.column)
  }
  return (d) => left.values(d).some((each) => expression.test(latin1(each, left.type)))
}

/** One character an octet, so that texts and octets are searched alike. */
function latin1(value: Value, type?: FieldType): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') {
    const digits = value.toString(16).padStart(type === 'ether' ? 12 : 8, '0')
    return digits.replace(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)))
  }
  let text = ''
  for (const octet of value) text += String.fromCharCode(octet)
  return text
}

function membership(of: Term, elements: readonly Element[], fields: Set<string>): Predicate {
  const operand = operandOf(of, fields)
  if (operand === undefined) throw notAField(of)
  const ranges = elements.map(({ low, high }) => ({
    low: literalFor(operand, low),
    high: high === undefined ? undefined : literalFor(operand, high),
  }))
  const inside = (value: Value): boolean =>
    ranges.some(({ low, high }) =>
      high === undefined
        ? order(value, low) === 0
        : order(value, low) >= 0 && order(value, high) <= 0,
    )
  return (d) => operand.values(d).some(inside)
}
