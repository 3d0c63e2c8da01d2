import type * as z from 'zod'
import { FOREIGN_KEYS, nearest } from './nearest.ts'
import { UNKNOWN_KEY } from './schema/shape.ts'
import type { Path, Source } from './source.ts'
import type { SheetProblem } from './types.ts'

/** Collects what is wrong with a sheet, each with its place. */
export class Problems {
  readonly list: SheetProblem[] = []
  private readonly source: Source
  /** Where the values of a path really stand, when not in the sheet itself. */
  private readonly base: Path

  constructor(source: Source, base: Path = []) {
    this.source = source
    this.base = base
  }

  /** Where the value at `path` stands. */
  placeOf(path: Path): { line: number; column: number } {
    const { line, column } = this.source.place([...this.base, ...path])
    return { line, column }
  }

  /** A mistake in the value at `path`. */
  error(path: Path, problem: string, hint?: string): void {
    const place = this.source.place([...this.base, ...path])
    this.list.push({ ...place, problem, hint, warning: false })
  }

  /** A mistake in the last key of `path`. */
  keyError(path: Path, problem: string, hint?: string): void {
    const place = this.source.keyPlace([...this.base, ...path])
    this.list.push({ ...place, problem, hint, warning: false })
  }

  /** A mistake at a character of the text at `path`. */
  errorInside(path: Path, at: number, problem: string, hint?: string): void {
    const place = this.source.place([...this.base, ...path])
    const column = place.column + at
    this.list.push({ line: place.line, column, problem, hint, warning: false })
  }

  warn(path: Path, problem: string, hint?: string): void {
    const place = this.source.place([...this.base, ...path])
    this.list.push({ ...place, problem, hint, warning: true })
  }

  /** Remarks that a map with `key` alone is written shorter (sheet language §1.1, rule 3). */
  warnLongForm(path: Path, key: string): void {
    const full = [...this.base, ...path]
    const keys = this.source.keys(full)
    const items = this.source.items([...full, key])
    if (keys.length !== 1 || keys[0] !== key || (items !== undefined && items !== 1)) return
    this.warn(path, `a map with '${key}' alone is written shorter: its value instead of the map`)
  }

  /** The issues of a schema, in sentences. */
  addIssues(issues: readonly z.core.$ZodIssue[]): void {
    const misspelt = new Set<string>()
    for (const issue of issues) {
      for (const key of unknownKeys(issue) ?? []) {
        const near = nearest(key, knownKeys(issue).all)
        if (near !== undefined) misspelt.add([...issue.path, near].join(' '))
      }
    }
    // A key that is missing because it is misspelt is one mistake.
    for (const issue of issues) {
      if (!misspelt.has(issue.path.join(' '))) this.addIssue(issue)
    }
  }

  private addIssue(issue: z.core.$ZodIssue): void {
    const path = issue.path as (string | number)[]
    const keys = unknownKeys(issue)
    if (keys !== undefined) {
      const { now, all } = knownKeys(issue)
      for (const key of keys) this.unknownKey([...path, key], key, now, all)
    } else if (this.source.lacks([...this.base, ...path])) {
      this.error(path.slice(0, -1), `'${path[path.length - 1]}' is missing`)
    } else if (isAboutKey(issue)) this.keyError(path, issue.message)
    else this.error(path, issue.message)
  }

  private unknownKey(
    path: Path,
    key: string,
    known: readonly string[],
    all: readonly string[],
  ): void {
    const ours = Object.hasOwn(FOREIGN_KEYS, key) ? FOREIGN_KEYS[key]! : ''
    const near = nearest(key, all)
    if (all.includes(ours)) {
      this.keyError(path, `unknown key '${key}'; write '${ours}'`)
    } else if (key.includes(' ')) {
      const hint = 'quote the sentence before it: inside { } a comma ends a value'
      this.keyError(path, `unknown key '${key}'`, hint)
    } else if (near !== undefined) {
      this.keyError(path, `unknown key '${key}'; did you mean '${near}'?`)
    } else this.keyError(path, `unknown key '${key}'; known: ${known.join(', ')}`)
  }
}

/** Keys that an unknown one is not: those that run now, and with those of later versions. */
function knownKeys(issue: z.core.$ZodIssue): { now: string[]; all: string[] } {
  const [known = '', later = ''] = issue.message.slice(UNKNOWN_KEY.length).split('|')
  const now = known.split(' ')
  return { now, all: later === '' ? now : [...now, ...later.split(' ')] }
}

function isAboutKey(issue: z.core.$ZodIssue): boolean {
  return (
    issue.code === 'invalid_key' || (issue.code === 'custom' && issue.params?.['atKey'] === true)
  )
}

function unknownKeys(issue: z.core.$ZodIssue): readonly string[] | undefined {
  if (issue.code === 'unrecognized_keys') return issue.keys
  const params = issue.code === 'custom' ? issue.params : undefined
  return params?.['keys'] as readonly string[] | undefined
}

/** In the order of the file; a mistake that stands at the very place of another is said once. */
export function sorted(problems: readonly SheetProblem[]): SheetProblem[] {
  const seen = new Set<string>()
  return problems
    .map((problem, index) => ({ problem, index }))
    .sort(
      (p, q) =>
        p.problem.line - q.problem.line || p.problem.column - q.problem.column || p.index - q.index,
    )
    .map(({ problem }) => problem)
    .filter((problem) => {
      const key = `${problem.line}:${problem.column}:${problem.problem}`
      if (seen.has(key)) return false
      seen.add(key)
      return true
    })
}

/** `file:line:column: problem`, and the hint on a line of its own. */
export function formatProblem(file: string, problem: SheetProblem): string {
  const warning = problem.warning ? 'warning: ' : ''
  const hint = problem.hint === undefined ? '' : `\n  hint: ${problem.hint}`
  return `${file}:${problem.line}:${problem.column}: ${warning}${problem.problem}${hint}`
}
