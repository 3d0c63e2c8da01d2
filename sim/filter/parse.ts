/**
 * The grammar of display filters (wireshark-filter(4), version 4):
 *
 *   or      = xor { "||" xor }            xor = and { "^^" and }        and = not { "&&" not }
 *   not     = "!" not | test
 *   test    = "(" or ")" | term { relation term } | term [ "not" ] "in" set
 *   set     = "{" element { "," element } "}"
 *   term    = atom [ "&" atom ]
 *   atom    = word { "[" slice "]" } | string | function "(" term ")"
 *   element = term [ ".." term ]
 *
 * Left out: arithmetic, `any` and `all`, layer numbers (`#`), macros.
 */
import { FilterError } from './mistake.ts'
import { type Token, tokens } from './token.ts'

export type Relation = '==' | '!=' | '===' | '!==' | '>' | '<' | '>=' | '<=' | 'contains' | '~'

export type Term =
  | { readonly kind: 'word'; readonly text: string; readonly column: number }
  | { readonly kind: 'string'; readonly text: string; readonly column: number }
  | { readonly kind: 'slice'; readonly of: Term; readonly text: string; readonly column: number }
  | { readonly kind: 'call'; readonly name: string; readonly of: Term; readonly column: number }
  | { readonly kind: 'mask'; readonly of: Term; readonly mask: Term; readonly column: number }

export type Test =
  | { readonly kind: 'or' | 'xor' | 'and'; readonly left: Test; readonly right: Test }
  | { readonly kind: 'not'; readonly of: Test }
  | { readonly kind: 'exists'; readonly of: Term }
  | {
      readonly kind: 'compare'
      readonly relation: Relation
      readonly left: Term
      readonly right: Term
      readonly column: number
    }
  | { readonly kind: 'in'; readonly of: Term; readonly elements: readonly Element[] }

export interface Element {
  readonly low: Term
  readonly high: Term | undefined
}

const RELATIONS: readonly string[] = [
  '==',
  '!=',
  '===',
  '!==',
  '>',
  '<',
  '>=',
  '<=',
  'contains',
  '~',
]
const FUNCTIONS: readonly string[] = ['len', 'count', 'lower', 'upper']
const DEEPEST = 200

/** Parses a filter; throws FilterError. */
export function parse(text: string): Test {
  const parser = new Parser(tokens(text))
  return parser.whole()
}

class Parser {
  private readonly list: readonly Token[]
  private at = 0
  private depth = 0

  constructor(list: readonly Token[]) {
    this.list = list
  }

  whole(): Test {
    const test = this.or()
    const rest = this.peek()
    if (rest.kind === 'end') return test
    if (rest.text === ')') throw new FilterError("')' closes nothing", rest.column)
    throw new FilterError(
      `'${rest.text}' was not expected here`,
      rest.column,
      "join tests with '&&' or '||'",
    )
  }

  private peek(): Token {
    return this.list[this.at]!
  }

  private take(): Token {
    const token = this.list[this.at]!
    if (token.kind !== 'end') this.at++
    return token
  }

  private accept(sign: string): Token | undefined {
    const token = this.peek()
    return token.kind === 'sign' && token.text === sign ? this.take() : undefined
  }

  private expect(sign: string, opened: Token): void {
    if (this.accept(sign) !== undefined) return
    throw new FilterError(`'${opened.text}' is never closed by '${sign}'`, opened.column)
  }

  private or(): Test {
    let left = this.xor()
    while (this.accept('||') !== undefined) left = { kind: 'or', left, right: this.xor() }
    return left
  }

  private xor(): Test {
    let left = this.and()
    while (this.accept('^^') !== undefined) left = { kind: 'xor', left, right: this.and() }
    return left
  }

  private and(): Test {
    let left = this.not()
    while (this.accept('&&') !== undefined) left = { kind: 'and', left, right: this.not() }
    return left
  }

  private not(): Test {
    if (++this.depth > DEEPEST) {
      throw new FilterError('the filter is nested too deeply', this.peek().column)
    }
    const negated = this.accept('!') !== undefined
    const test: Test = negated ? { kind: 'not', of: this.not() } : this.test()
    this.depth--
    return test
  }

  private test(): Test {
    const open = this.accept('(')
    if (open !== undefined) {
      const inner = this.or()
      this.expect(')', open)
      return inner
    }
    const left = this.term()
    if (this.accept('in') !== undefined) return this.members(left)
    const next = this.list[this.at + 1]
    if (this.peek().text === '!' && next?.kind === 'sign' && next.text === 'in') {
      this.at += 2
      return { kind: 'not', of: this.members(left) }
    }
    return this.relations(left)
  }

  /** `a < b < c` means `a < b && b < c`. */
  private relations(first: Term): Test {
    let result: Test | undefined
    let left = first
    for (;;) {
      const token = this.peek()
      if (token.kind !== 'sign' || !RELATIONS.includes(token.text)) break
      this.take()
      const right = this.term()
      const relation = token.text as Relation
      const one: Test = { kind: 'compare', relation, left, right, column: token.column }
      result = result === undefined ? one : { kind: 'and', left: result, right: one }
      left = right
    }
    return result ?? { kind: 'exists', of: first }
  }

  private members(of: Term): Test {
    const open = this.accept('{')
    if (open === undefined) {
      throw new FilterError("a set in braces must follow 'in'", this.peek().column, 'in {80, 443}')
    }
    const elements: Element[] = []
    do {
      const low = this.term()
      const high = this.accept('..') === undefined ? undefined : this.term()
      elements.push({ low, high })
    } while (this.accept(',') !== undefined)
    if (this.peek().kind !== 'end' && this.peek().text !== '}') {
      throw new FilterError('elements of a set stand apart by commas', this.peek().column)
    }
    this.expect('}', open)
    return { kind: 'in', of, elements }
  }

  private term(): Term {
    const of = this.atom()
    const sign = this.accept('&')
    if (sign === undefined) return of
    return { kind: 'mask', of, mask: this.atom(), column: sign.column }
  }

  private atom(): Term {
    const token = this.take()
    if (token.kind === 'string') return { kind: 'string', text: token.text, column: token.column }
    if (token.kind !== 'word') throw missing(token)
    if (this.peek().text === '(' && this.peek().kind === 'sign') return this.call(token)
    let term: Term = { kind: 'word', text: token.text, column: token.column }
    while (this.peek().kind === 'slice') {
      const slice = this.take()
      term = { kind: 'slice', of: term, text: slice.text, column: slice.column }
    }
    return term
  }

  private call(name: Token): Term {
    if (!FUNCTIONS.includes(name.text)) {
      const known = FUNCTIONS.join(', ')
      throw new FilterError(`unknown function '${name.text}'`, name.column, `known: ${known}`)
    }
    const open = this.take()
    const of = this.term()
    this.expect(')', open)
    return { kind: 'call', name: name.text, of, column: name.column }
  }
}

function missing(token: Token): FilterError {
  if (token.kind === 'end') {
    return new FilterError('the filter ends where a field or value should stand', token.column)
  }
  return new FilterError(`'${token.text}' stands where a field or value should`, token.column)
}
