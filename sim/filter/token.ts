import { FilterError } from './mistake.ts'

/**
 * `word`: a field name, a number, an address, a bare text; `string`: what stood in quotes; `slice`:
 * what stood in square brackets; `sign`: an operator or bracket, words like `and` under their sign.
 */
export type TokenKind = 'word' | 'string' | 'slice' | 'sign' | 'end'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  /** From 1. */
  readonly column: number
}

const SIGNS = ['===', '!==', '==', '!=', '>=', '<=', '&&', '||', '^^', '..']
const SINGLE = '><!&~(){},#'

/** Operators that may be written as words; `!=` means that all occurrences differ. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['eq', '=='],
  ['any_eq', '=='],
  ['all_eq', '==='],
  ['ne', '!='],
  ['all_ne', '!='],
  ['any_ne', '!=='],
  ['gt', '>'],
  ['lt', '<'],
  ['ge', '>='],
  ['le', '<='],
  ['and', '&&'],
  ['or', '||'],
  ['xor', '^^'],
  ['not', '!'],
  ['contains', 'contains'],
  ['matches', '~'],
  ['in', 'in'],
  ['bitand', '&'],
  ['bitwise_and', '&'],
])

const WORD = /[A-Za-z0-9_.:/-]/

/** Splits a filter into tokens; the last one is `end`. */
export function tokens(text: string): Token[] {
  const found: Token[] = []
  let at = 0
  while (at < text.length) {
    const c = text[at]!
    if (/\s/.test(c)) {
      at++
      continue
    }
    const token = next(text, at)
    found.push(token.token)
    at = token.after
  }
  found.push({ kind: 'end', text: '', column: text.length + 1 })
  return found
}

function next(text: string, at: number): { token: Token; after: number } {
  const column = at + 1
  const c = text[at]!
  if (c === '"') return quoted(text, at, at, false)
  if ((c === 'r' || c === 'R') && text[at + 1] === '"') return quoted(text, at, at + 1, true)
  if (c === "'") return character(text, at)
  if (c === '[') {
    const close = text.indexOf(']', at)
    if (close < 0) throw new FilterError("'[' is never closed", column)
    const token: Token = { kind: 'slice', text: text.slice(at + 1, close), column }
    return { token, after: close + 1 }
  }
  const sign = SIGNS.find((each) => text.startsWith(each, at)) ?? (SINGLE.includes(c) ? c : '')
  if (sign !== '') return { token: { kind: 'sign', text: sign, column }, after: at + sign.length }
  if (c === '=') throw new FilterError("'=' alone is no comparison", column, "write '=='")
  if (c === '|') throw new FilterError("'|' is no operator", column, "write '||' or 'or'")
  if (!WORD.test(c)) throw new FilterError(`unexpected character '${c}'`, column)
  return word(text, at)
}

/** A word ends before `..`, which joins the ends of a range. */
function word(text: string, at: number): { token: Token; after: number } {
  let end = at
  while (end < text.length && WORD.test(text[end]!) && !text.startsWith('..', end)) end++
  const found = text.slice(at, end)
  const sign = WORDS.get(found.toLowerCase())
  const token: Token =
    sign === undefined
      ? { kind: 'word', text: found, column: at + 1 }
      : { kind: 'sign', text: sign, column: at + 1 }
  return { token, after: end }
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '0': '\0',
}

/** A string in quotes; `raw` ones keep their backslashes (for regular expressions). */
function quoted(
  text: string,
  start: number,
  quote: number,
  raw: boolean,
): { token: Token; after: number } {
  let value = ''
  let at = quote + 1
  while (at < text.length && text[at] !== '"') {
    if (text[at] !== '\\' || raw) {
      value += text[at++]!
      continue
    }
    const code = /^\\x([0-9a-fA-F]{1,2})/.exec(text.slice(at, at + 4))
    if (code !== null) {
      value += String.fromCharCode(Number.parseInt(code[1]!, 16))
      at += code[0].length
      continue
    }
    const escaped = text[at + 1] ?? ''
    value += ESCAPES[escaped] ?? escaped
    at += 2
  }
  if (at >= text.length) throw new FilterError('a string is never closed', start + 1)
  return { token: { kind: 'string', text: value, column: start + 1 }, after: at + 1 }
}

/** A character constant is its code. */
function character(text: string, at: number): { token: Token; after: number } {
  const match = /^'(\\?.)'/s.exec(text.slice(at))
  if (match === null) {
    throw new FilterError("''' begins a single character", at + 1, 'texts stand in double quotes')
  }
  const inner = match[1]!
  const value = inner.length === 2 ? (ESCAPES[inner[1]!] ?? inner[1]!) : inner
  const token: Token = { kind: 'word', text: String(value.charCodeAt(0)), column: at + 1 }
  return { token, after: at + match[0].length }
}
