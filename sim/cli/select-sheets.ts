import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CommandError, NOTHING, USAGE } from './exit.ts'

/** A sheet to be run; with a line, only the expectation that stands there is asked. */
export interface Selected {
  readonly file: string
  readonly line: number | undefined
}

/** Where sheets are looked for when nothing is named. */
const DEFAULT_FOLDER = 'scenarios'

/**
 * The sheets that paths name: files, folders with all below them, `FILE:LINE`. Sorted, each once.
 */
export function selectSheets(paths: readonly string[]): Selected[] {
  const asked = paths.length > 0 ? paths : [existsSync(DEFAULT_FOLDER) ? DEFAULT_FOLDER : '.']
  const found = new Map<string, Selected>()
  for (const path of asked) {
    for (const each of selectPath(path)) found.set(`${each.file}:${each.line ?? ''}`, each)
  }
  if (found.size === 0) {
    throw new CommandError(NOTHING, `there is no sheet (*.yaml) in ${asked.join(', ')}`)
  }
  return [...found.values()].sort(
    (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || (a.line ?? 0) - (b.line ?? 0),
  )
}

function selectPath(path: string): Selected[] {
  const [, file, line] = /^(.+):(\d+)$/.exec(path) ?? []
  if (!existsSync(path) && file !== undefined && existsSync(file)) {
    return [{ file, line: Number(line) }]
  }
  if (!existsSync(path)) {
    throw new CommandError(USAGE, `${path} cannot be read: there is no such file or folder`)
  }
  if (!statSync(path).isDirectory()) return [{ file: path, line: undefined }]
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ya?ml$/.test(name) && !/(^|[\\/])node_modules[\\/]/.test(name))
    .map((name) => ({ file: join(path, name), line: undefined }))
}
