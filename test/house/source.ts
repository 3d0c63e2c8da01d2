import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

/** A file of the house as the rules see it. Line N of each text is line N of the file. */
export interface Source {
  /** From the root, with slashes: `sim/wire/ipv4.ts`. */
  readonly path: string
  readonly text: string
  /** The text with remarks blanked. */
  readonly spoken: string
  /** The text with remarks and the insides of strings and regular expressions blanked. */
  readonly code: string
}

/** A rule that a file breaks, and where. */
export interface Breach {
  readonly path: string
  readonly line: number
  readonly sentence: string
}

/** Fails with one line for each breach, ready to be clicked on. */
export function none(breaches: readonly Breach[]): void {
  if (breaches.length === 0) return
  const lines = breaches.map((each) => `${each.path}:${each.line}: ${each.sentence}`)
  const error = new Error(`${breaches.length} breaches:\n${lines.join('\n')}`)
  // Where the rule was applied helps nobody, and the list would be printed twice.
  error.stack = error.name
  throw error
}

/** A file from its text; what the fixtures of the rules' tests are made with. */
export function source(path: string, text: string): Source {
  return { path, text, spoken: blanked(text, false), code: blanked(text, true) }
}

const OUTSIDE = new Set(['.git', 'node_modules', 'dist', 'out'])
export const ROOT: string = join(import.meta.dirname, '..', '..')

/** All files below the root that belong to the project, as paths with slashes, sorted. */
export function projectFiles(): string[] {
  const found: string[] = []
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (OUTSIDE.has(entry.name)) continue
      const path = join(folder, entry.name)
      if (entry.isDirectory()) walk(path)
      else if (entry.isFile()) found.push(relative(ROOT, path).split(sep).join('/'))
    }
  }
  walk(ROOT)
  return found.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}

/** The TypeScript of the house; the generated drawings are data and stay out. */
export function projectSources(): Source[] {
  return projectFiles()
    .filter((path) => path.endsWith('.ts') && path !== 'topology/named.ts')
    .map((path) => source(path, readFileSync(join(ROOT, path), 'utf8')))
}

/** The line, counted from 1, of an offset into a text. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

const STRING = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/y
const REMARK = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y
const REGEX = /\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/[\\\n])+\/[a-z]*/y
/** After one of these a slash begins a regular expression, after anything else it divides. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+>~]|\breturn|\bcase|\bof|\bin)\s*$/

/** Blanks octet for octet, so that offsets and lines stay what they were. */
function blanked(text: string, stringsToo: boolean): string {
  const out: string[] = []
  const blank = (part: string): string => part.replace(/[^\n]/g, ' ')
  const take = (pattern: RegExp, at: number): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  const inside = (part: string): string =>
    stringsToo && part.length > 1 ? `${part[0]}${blank(part.slice(1, -1))}${part.at(-1)}` : part
  // Depth of braces within each `${` that is open; its closing brace returns to the template.
  const templates: number[] = []
  let at = 0
  const template = (): void => {
    const start = at
    while (at < text.length && text[at] !== '`' && !text.startsWith('${', at)) {
      at += text[at] === '\\' ? 2 : 1
    }
    const part = text.slice(start, at)
    out.push(stringsToo ? blank(part) : part)
    const end = text.startsWith('${', at) ? '${' : (text[at] ?? '')
    if (end === '${') templates.push(0)
    out.push(end)
    at += end.length
  }
  while (at < text.length) {
    const char = text[at] as string
    const remark = char === '/' ? take(REMARK, at) : undefined
    const string = char === "'" || char === '"' ? take(STRING, at) : undefined
    const regex =
      char === '/' &&
      remark === undefined &&
      BEFORE_REGEX.test(text.slice(Math.max(0, at - 40), at))
        ? take(REGEX, at)
        : undefined
    const part = remark ?? string ?? regex ?? char
    at += part.length
    if (remark !== undefined) out.push(blank(remark))
    else if (string !== undefined || regex !== undefined) out.push(inside(part))
    else {
      out.push(char)
      const open = templates.length - 1
      if (char === '`') template()
      else if (open >= 0 && char === '{') templates[open]! += 1
      else if (open >= 0 && char === '}') {
        if (templates[open] === 0) {
          templates.pop()
          template()
        } else templates[open]! -= 1
      }
    }
  }
  return out.join('')
}
