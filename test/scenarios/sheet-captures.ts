import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { bundle } from '../../build/bundle.ts'

const ROOT = join(import.meta.dirname, '..', '..')

/** The sheets in scenarios/, as paths from the root, sorted. */
export const SHEETS: readonly string[] = readdirSync(join(ROOT, 'scenarios'), {
  recursive: true,
  encoding: 'utf8',
})
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => `scenarios/${name.replaceAll('\\', '/')}`)
  .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))

/** `02-switch` for `scenarios/1-basics/02-switch.yaml`. */
export function nameOf(sheet: string): string {
  return basename(sheet, '.yaml')
}

/** A program that writes captures: which Node runs it, and where it is. */
export interface Writer {
  readonly node: string
  readonly program: string
}

/**
 * Bundles the simulator with what writes captures of many sheets, so that one process does for all.
 * Each test file has a bundle of its own, `name`, since test files run at the same time.
 */
export async function captureWriter(name: string): Promise<Writer> {
  const folder = `dist/test/${name}`
  rmSync(join(ROOT, folder), { recursive: true, force: true })
  await bundle('test/scenarios/write-captures.ts', folder, 'main')
  return { node: process.execPath, program: `${folder}/main.js` }
}

/** The captures of a sheet, octets by file name, or why there are none. */
export type Captures = ReadonlyMap<string, Uint8Array> | { readonly problem: string }

/**
 * The captures of sheets, played in their order in one process. A sheet whose expectations fail
 * has captures too, and is reported elsewhere.
 */
export function captureAll(writer: Writer, sheets: readonly string[]): Map<string, Captures> {
  const folder = mkdtempSync(join(tmpdir(), 'vipwire-captures-'))
  try {
    const args = [writer.program, folder, ...sheets]
    const run = spawnSync(writer.node, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28 })
    if (run.status !== 0 && run.status !== 1) {
      throw new Error(`${writer.node} ended with exit code ${run.status}\n${run.stderr}`)
    }
    return new Map(sheets.map((sheet, i) => [sheet, readAll(join(folder, String(i)))]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function readAll(folder: string): Captures {
  if (!existsSync(folder)) return { problem: 'it was not played' }
  const names = readdirSync(folder).sort((a, b) => (a < b ? -1 : 1))
  if (names.includes('problem.txt')) {
    return { problem: readFileSync(join(folder, 'problem.txt'), 'utf8') }
  }
  if (names.length === 0) return { problem: 'no capture was written' }
  return new Map(names.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]))
}

/** The files of a sheet; fails with the reason when there are none. */
export function filesOf(
  captures: ReadonlyMap<string, Captures>,
  sheet: string,
): ReadonlyMap<string, Uint8Array> {
  const found = captures.get(sheet) ?? { problem: 'it was not played' }
  if ('problem' in found) throw new Error(`${sheet}: ${found.problem}`)
  return found
}
