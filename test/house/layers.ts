import { posix } from 'node:path'
import { lineOf, type Breach, type Source } from './source.ts'

/** What host may import, and host itself. */
const HOST_AND_BELOW = ['host', 'link', 'hook', 'engine', 'wire', 'trace']
/** What hangs on hooks: it knows frames, a clock and a verdict, never a simulated machine. */
const ON_HOOKS = ['nat', 'hook', 'wire', 'trace', 'topology', 'balancer/service']
const PARTS = ['forward', 'schedule', 'persist', 'roster'].map((part) => `balancer/${part}`)
const REWRITING = ['balancer', ...PARTS]

/**
 * Who may import whom; `wire/address` and `balancer/service` are that one file (what a service is,
 * everything in the balancer's folder must know). Anything not listed is forbidden.
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  engine: [],
  wire: [],
  topology: ['wire/address'],
  trace: ['wire'],
  hook: ['wire', 'trace'],
  link: ['engine', 'wire', 'trace'],
  nat: ['hook', 'wire', 'trace'],
  host: ['link', 'hook', 'engine', 'wire', 'trace'],
  balancer: [...ON_HOOKS, ...REWRITING],
  'balancer/forward': ON_HOOKS,
  'balancer/schedule': ON_HOOKS,
  'balancer/persist': ON_HOOKS,
  'balancer/roster': ON_HOOKS,
  'balancer/health': HOST_AND_BELOW,
  'balancer/proxy': HOST_AND_BELOW,
  app: HOST_AND_BELOW,
  judge: ['trace'],
  capture: ['trace', 'wire'],
  filter: ['trace', 'judge', 'wire/address'],
  show: ['trace', 'wire', 'topology'],
  lab: [
    ...HOST_AND_BELOW,
    ...REWRITING,
    'balancer/health',
    'balancer/proxy',
    'topology',
    'nat',
    'app',
    'judge',
    'capture',
    'filter',
    'show',
  ],
}

/** Packages of others, by the folders that may use them; `cli` may use all, and `node:` too. */
export const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  lab: ['yaml', 'zod'],
}

export interface Import {
  readonly line: number
  /** As written: `../wire/ipv4.ts`, `node:fs`, `yaml`. */
  readonly from: string
  /** Whether only types are imported, so that nothing remains of it when the code runs. */
  readonly typeOnly: boolean
}

const NAMES = /\b(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s+from\s*)?'([^'\n]+)'/
const WHILE_RUNNING = /\bimport\(\s*'([^'\n]+)'\s*\)/
const IMPORT = new RegExp(`${NAMES.source}|${WHILE_RUNNING.source}`, 'g')

/** Every import of a file: with and without names, re-exports, and those made while running. */
export function importsOf({ spoken }: Source): Import[] {
  return [...spoken.matchAll(IMPORT)].map((found) => ({
    line: lineOf(spoken, found.index),
    from: (found[2] ?? found[3]) as string,
    typeOnly: found[1] !== undefined,
  }))
}

/** The path that a relative import of `path` leads to; undefined for packages. */
export function resolved(path: string, from: string): string | undefined {
  return from.startsWith('.') ? posix.join(posix.dirname(path), from) : undefined
}

/** The folder of the table that a file belongs to; undefined for tests and tools. */
export function layerOf(path: string): string | undefined {
  if (path.startsWith('topology/')) return 'topology'
  const parts = path.split('/')
  if (parts[0] !== 'sim') return undefined
  if (parts.length === 2) return parts[1]
  const inner = `${parts[1]}/${parts[2]}`
  return parts.length > 3 && inner in MAY_IMPORT ? inner : parts[1]
}

/** The imports by which `file` reaches where it must not. */
export function layerBreaches(file: Source): Breach[] {
  const layer = layerOf(file.path)
  if (layer === undefined || layer === 'cli') return []
  const breaches: Breach[] = []
  for (const { line, from, typeOnly } of importsOf(file)) {
    const target = resolved(file.path, from)
    const allowed = target === undefined ? mayUse(layer, from) : mayReach(layer, target, typeOnly)
    if (!allowed)
      breaches.push({ path: file.path, line, sentence: `${layer} may not import ${from}` })
  }
  return breaches
}

function mayUse(layer: string, name: string): boolean {
  return (MAY_USE[layer] ?? []).includes(name)
}

function mayReach(layer: string, target: string, typeOnly: boolean): boolean {
  const other = layerOf(target)
  if (other === undefined || other === 'cli') return false
  if (layer === other) return true
  // The door: it hands out what lab does, and the types, words and views of the rest.
  if (layer === 'index.ts') return typeOnly || ['lab', 'show', 'capture', 'trace'].includes(other)
  const list = MAY_IMPORT[layer] ?? []
  return list.includes(other) || list.includes(target.replace(/^sim\//, '').replace(/\.ts$/, ''))
}

/** A ring of files that import each other by value, or undefined; types may point both ways. */
export function importRing(files: readonly Source[]): string[] | undefined {
  const edges = new Map<string, string[]>()
  for (const file of files) {
    const targets = importsOf(file)
      .filter((each) => !each.typeOnly)
      .map((each) => resolved(file.path, each.from))
    edges.set(
      file.path,
      targets.filter((target) => target !== undefined),
    )
  }
  return ring(edges)
}

/** A ring in a graph, found by walking deep; undefined when there is none. */
export function ring(edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>()
  const path: string[] = []
  const visit = (node: string): string[] | undefined => {
    const before = path.indexOf(node)
    if (before >= 0) return [...path.slice(before), node]
    if (done.has(node)) return undefined
    path.push(node)
    for (const next of edges.get(node) ?? []) {
      const found = visit(next)
      if (found !== undefined) return found
    }
    path.pop()
    done.add(node)
    return undefined
  }
  for (const node of edges.keys()) {
    const found = visit(node)
    if (found !== undefined) return found
  }
  return undefined
}

/** Files of the machine and the drawing that nothing reaches from `entries`. */
export function orphans(files: readonly Source[], entries: readonly string[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const reached = new Set<string>()
  const waiting = [...entries]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const file = byPath.get(path)
    if (file === undefined || reached.has(path)) continue
    reached.add(path)
    for (const { from } of importsOf(file)) {
      const target = resolved(path, from)
      if (target !== undefined) waiting.push(target)
    }
  }
  return files
    .map((file) => file.path)
    .filter((path) => layerOf(path) !== undefined && !reached.has(path))
}
