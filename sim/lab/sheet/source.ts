import { isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml'
import { suspicions } from './suspicion.ts'
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
  /** Number of entries of the list at `path`; undefined when there is none. */
  items(path: Path): number | undefined
  /** Whether a map is written where `path` ends, and not the last key in it. */
  lacks(path: Path): boolean
}

/** Reads YAML 1.2 with suspicion: all that two readers could understand differently is an error. */
export function readSource(text: string): Source {
  const counter = new LineCounter()
  const problems: SheetProblem[] = []
  const placeAt = (offset: number): Place => {
    const { line, col } = counter.linePos(Math.min(Math.max(offset, 0), text.length))
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const documents = parseAllDocuments(text, {
    lineCounter: counter,
    uniqueKeys: true,
    prettyErrors: false,
    version: '1.2',
  })
  const document = Array.isArray(documents) ? documents[0] : undefined
  const found = suspicions(text, Array.isArray(documents) ? documents : [])
  for (const { at, problem, hint } of found) {
    problems.push({ ...placeAt(at), problem, hint, warning: false })
  }
  const root = (document?.contents ?? undefined) as Node | undefined
  // Where it is unclear what the text means, nothing more is said about it.
  const value = found.some((one) => one.breaks) ? undefined : toValue(root)
  return {
    value,
    problems,
    place: (path) => placeAt(nodeAt(root, path)?.range?.[0] ?? 0),
    keyPlace: (path) => placeAt(keyAt(root, path)),
    keys: (path) => keysAt(root, path),
    items: (path) => itemsAt(root, path),
    lacks: (path) => lacksAt(root, path),
  }
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

function itemsAt(root: Node | undefined, path: Path): number | undefined {
  const node = nodeAt(root, path)
  return isSeq(node) ? node.items.length : undefined
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
