import { lineOf, type Source } from './source.ts'

/** A function of a file, from its header to its closing brace. */
export interface FoundFunction {
  readonly line: number
  readonly lines: number
  /** Header and the remark right above it. */
  readonly remark: string
}

const CONTROL = new Set(['if', 'for', 'while', 'switch', 'catch', 'with'])

/** The functions, methods and arrow functions with a body in braces, found by their braces. */
export function functionsOf({ code, text }: Source): FoundFunction[] {
  const found: FoundFunction[] = []
  const open: number[] = []
  const lines = text.split('\n')
  for (let at = 0; at < code.length; at++) {
    if (code[at] === '{') open.push(at)
    else if (code[at] === '}') {
      const start = open.pop()
      if (start === undefined) break
      const header = headerOf(code, start)
      if (header === undefined) continue
      const line = lineOf(code, header)
      const last = lineOf(code, at)
      found.push({ line, lines: last - line + 1, remark: remarkAbove(lines, line) })
    }
  }
  return found
}

/** Where the function's header begins whose body opens at `brace`; undefined for other braces. */
function headerOf(code: string, brace: number): number | undefined {
  let end = lastSolid(code, brace - 1)
  if (code.slice(end - 1, end + 1) === '=>') return lineStart(code, end)
  // The brace of a type literal, as in `Promise<{ ... }>`.
  if ('<|&:,'.includes(code[end] as string)) return undefined
  end = beforeReturnType(code, end)
  if (code[end] !== ')') return undefined
  const open = matching(code, end)
  const word = /([\w$]+)\s*(?:<[^()]*>)?\s*$/.exec(code.slice(Math.max(0, open - 80), open))?.[1]
  return word === undefined || CONTROL.has(word) ? undefined : lineStart(code, open)
}

/** Steps back over `: Type` to the parenthesis before it, when there is one. */
function beforeReturnType(code: string, end: number): number {
  if (code[end] === ')') return end
  const before = code.slice(Math.max(0, end - 300), end + 1)
  const type = /\)\s*:\s*(?:[\w\s<>[\]|&.,'"?:;-]|\{[^{}()]*\})+$/.exec(before)
  return type === null ? end : end + 1 - type[0].length
}

function lastSolid(code: string, from: number): number {
  let at = from
  while (at > 0 && /\s/.test(code[at] as string)) at--
  return at
}

function matching(code: string, close: number): number {
  let depth = 0
  for (let at = close; at >= 0; at--) {
    if (code[at] === ')') depth++
    else if (code[at] === '(' && --depth === 0) return at
  }
  return 0
}

function lineStart(code: string, at: number): number {
  const start = code.lastIndexOf('\n', at) + 1
  return start + (/^\s*/.exec(code.slice(start))?.[0].length ?? 0)
}

/** The header's line with the unbroken lines of remark above it. */
function remarkAbove(lines: readonly string[], line: number): string {
  let first = line - 1
  while (first > 0 && /^\s*(?:\/\/|\/?\*)/.test(lines[first - 1] as string)) first--
  return lines.slice(first, line).join('\n')
}
