import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Scalar,
  visit,
} from 'yaml'
import type { Place, SheetProblem } from './types.ts'

export type Path = readonly (string | number)[]

/** A sheet's text as plain values, with the place of each. */
export interface Source {
  readonly value: unknown
  readonly problems: readonly SheetProblem[]
  /** Place of the value at `path`, or of the nearest thing around it that is written. */
  place(path: Path): Place
  /** Place of the last key of `path`. */
  keyPlace(path: Path): Place
  /** Keys of the map at `path` in the order of writing. */
  keys(path: Path): readonly string[]
  /** Whether a map is written where `path` ends, and not the last key in it. */
  lacks(path: Path): boolean
}

/** Plain scalars that YAML 1.1 readers take for something else: the cure is quotes. */
const TREACHEROUS: readonly { readonly pattern: RegExp; readonly taken: string }[] = [
  { pattern: /^(y|n|yes|no|on|off)$/i, taken: 'true or false' },
  { pattern: /^[-+]?\d[\d_]*(:[0-5]?\d)+(\.\d*)?$/, taken: 'a number in base 60' },
  { pattern: /^[-+]?\d+_[\d_]*$/, taken: 'a number' },
  { pattern: /^[-+]?0\d+$/, taken: 'an octal number' },
  { pattern: /^0o[0-7]+$/, taken: 'an octal number' },
  { pattern: /^0[xX][0-9a-fA-F]*_[0-9a-fA-F_]*$/, taken: 'a number' },
  { pattern: /^[-+]?(\d+(\.\d*)?|\.\d+)[eE][-+]?\d+$/, taken: 'a number' },
  { pattern: /^\d{4}-\d\d?-\d\d?([Tt ].*)?$/, taken: 'a date' },
  { pattern: /^[-+]?\.\d+$/, taken: 'a number below 1' },
]

/** Reads YAML 1.2 with suspicion: all that two readers could understand differently is an error. */
export function readSource(text: string): Source {
  const counter = new LineCounter()
  const problems: SheetProblem[] = []
  const placeAt = (offset: number): Place => {
    const { line, col } = counter.linePos(Math.min(Math.max(offset, 0), text.length))
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const report = (offset: number, problem: string, hint?: string): void => {
    problems.push({ ...placeAt(offset), problem, hint, warning: false })
  }
  const documents = parseAllDocuments(text, {
    lineCounter: counter,
    uniqueKeys: true,
    prettyErrors: false,
    version: '1.2',
  })
  const document = Array.isArray(documents) ? documents[0] : undefined
  reportTabs(text, report)
  if (document === undefined) report(0, 'the file is empty', 'a sheet begins with its title')
  if (Array.isArray(documents) && documents.length > 1) {
    report(documents[1]!.range[0], 'a second document begins here', 'one sheet a file')
  }
  for (const error of document?.errors ?? []) {
    report(error.pos[0], yamlProblem(error.code, error.message))
  }
  for (const warning of document?.warnings ?? []) report(warning.pos[0], lower(warning.message))
  const root = (document?.contents ?? undefined) as Node | undefined
  if (document !== undefined) suspect(document.contents as Node | null, report)
  const broken = document === undefined || document.errors.length > 0
  const value = broken ? undefined : toValue(root)
  return {
    value,
    problems,
    place: (path) => placeAt(nodeAt(root, path)?.range?.[0] ?? 0),
    keyPlace: (path) => placeAt(keyAt(root, path)),
    keys: (path) => keysAt(root, path),
    lacks: (path) => lacksAt(root, path),
  }
}

function reportTabs(text: string, report: (offset: number, problem: string) => void): void {
  const tab = /^[ ]*\t/m.exec(text)
  if (tab !== null) report(tab.index + tab[0].length - 1, 'a tab indents this line; write blanks')
}

function suspect(
  root: Node | null,
  report: (at: number, problem: string, hint?: string) => void,
): void {
  if (root === null) return
  visit(root, {
    Alias: (_, node) =>
      report(node.range?.[0] ?? 0, 'aliases (*name) are not part of the language'),
    Node: (_, node) => {
      if (isAlias(node)) return
      const at = node.range?.[0] ?? 0
      if ((node as { anchor?: string }).anchor !== undefined) {
        report(at, 'anchors (&name) are not part of the language')
      }
      if (node.tag !== undefined && !String(node.tag).startsWith('tag:yaml.org,2002:')) {
        report(at, `'${node.tag}' is a tag, which is not part of the language`, 'quote the value')
      } else if (
        (node as Scalar).source !== undefined &&
        node.tag !== undefined &&
        isScalar(node)
      ) {
        report(at, `'!' begins a tag here`, 'quote the value')
      }
    },
    Scalar: (key, node) => {
      if (key === 'key' && node.value === '<<') {
        report(node.range?.[0] ?? 0, 'merge keys (<<) are not part of the language')
      }
      if (node.type !== 'PLAIN' || node.source === undefined) return
      for (const { pattern, taken } of TREACHEROUS) {
        if (!pattern.test(node.source)) continue
        const problem = `'${node.source}' is ${taken} to some YAML readers`
        report(node.range?.[0] ?? 0, problem, `quote it: "${node.source}"`)
        return
      }
    },
  })
}

/** Plain data; maps keep the order of writing. Only string keys are left. */
function toValue(node: unknown): unknown {
  if (isMap(node)) {
    // Without a prototype `__proto__` is a key like any other, and `constructor` is not there.
    const map: Record<string, unknown> = Object.create(null)
    for (const pair of node.items) map[keyText(pair.key)] = toValue(pair.value)
    return map
  }
  if (isSeq(node)) return node.items.map((item) => toValue(item))
  if (isScalar(node)) return node.value
  return undefined
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.source ?? key.value) : String(key)
}

function pairAt(node: unknown, key: string | number): { key: unknown; value: unknown } | undefined {
  if (!isMap(node)) return undefined
  return node.items.find((pair) => keyText(pair.key) === String(key))
}

function nodeAt(root: Node | undefined, path: Path): Node | undefined {
  let node: unknown = root
  for (const step of path) {
    const next: unknown = isSeq(node) ? node.items[Number(step)] : pairAt(node, step)?.value
    if (next === undefined || next === null) break
    node = next
  }
  return isPair(node) ? undefined : ((node as Node | undefined) ?? undefined)
}

function keyAt(root: Node | undefined, path: Path): number {
  const parent = nodeAt(root, path.slice(0, -1))
  const last = path[path.length - 1]
  const pair = last === undefined ? undefined : pairAt(parent, last)
  const key = pair?.key as Node | undefined
  return key?.range?.[0] ?? nodeAt(root, path)?.range?.[0] ?? 0
}

function keysAt(root: Node | undefined, path: Path): readonly string[] {
  const node = nodeAt(root, path)
  return isMap(node) ? node.items.map((pair) => keyText(pair.key)) : []
}

function lacksAt(root: Node | undefined, path: Path): boolean {
  let node: unknown = root
  for (const [i, step] of path.entries()) {
    const pair = pairAt(node, step)
    if (i === path.length - 1) return isMap(node) && pair === undefined
    node = isSeq(node) ? node.items[Number(step)] : pair?.value
    if (node === undefined || node === null) return false
  }
  return false
}

const YAML_PROBLEMS: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key stands in the map twice',
  BAD_INDENT: 'this line is indented in a way that fits no list or map above it',
  TAB_AS_INDENT: 'a tab indents this line; write blanks',
  MISSING_CHAR: 'a sign is missing here',
  UNEXPECTED_TOKEN: 'this does not fit here',
  BLOCK_AS_IMPLICIT_KEY: 'a value with a colon and a blank in it must be quoted',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line; is a quote or bracket not closed?',
  BLOCK_IN_FLOW: 'inside { } and [ ] everything must be written in flow style',
}

function yamlProblem(code: string, message: string): string {
  const ours = YAML_PROBLEMS[code]
  return ours === undefined ? lower(message) : `${ours} (${lower(message)})`
}

function lower(message: string): string {
  const line = message.split('\n')[0]!
  return line.charAt(0).toLowerCase() + line.slice(1)
}
