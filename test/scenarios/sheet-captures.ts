import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { bundle } from '../../build/bundle.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const PROGRAM = 'dist/test/main.js'

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

/** Bundles the command line of these sources, so that each of many runs starts quickly. */
export function bundleCommandLine(): Promise<void> {
  return bundle('sim/cli/main.ts', 'dist/test', 'main')
}

/**
 * Runs a sheet with `node` and gives `use` the folder with its captures; they are removed
 * afterwards. A sheet whose expectations fail has captures too, and is reported elsewhere. Fails
 * when there are none.
 */
export function withCaptures<T>(node: string, sheet: string, use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'vipwire-captures-'))
  try {
    const args = [PROGRAM, 'run', sheet, '-o', folder, '--quiet']
    const run = spawnSync(node, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28 })
    if (run.status !== 0 && run.status !== 1) {
      throw new Error(`${node} ${args.join(' ')}: exit code ${run.status}\n${run.stderr}`)
    }
    return use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Paths of the capture files below `folder`, relative to it, sorted. */
export function captureFiles(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const files = names.filter((name) => /\.pcap(ng)?$/.test(name)).sort()
  if (files.length === 0) throw new Error(`no capture was written to ${folder}`)
  return files
}

/** The octets of all captures of a sheet, by file name. */
export function captures(node: string, sheet: string): Map<string, Uint8Array> {
  return withCaptures(node, sheet, (folder) => {
    const files = captureFiles(folder)
    return new Map(files.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]))
  })
}
