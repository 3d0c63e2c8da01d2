import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
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

/** A command line to be started: which Node, and which program. */
export interface CommandLine {
  readonly node: string
  readonly program: string
}

/**
 * Bundles the command line of these sources, so that each of many runs starts quickly. Each test
 * file has a bundle of its own, `name`, since test files run at the same time.
 */
export async function commandLine(name: string): Promise<CommandLine> {
  const folder = `dist/test/${name}`
  rmSync(join(ROOT, folder), { recursive: true, force: true })
  await bundle('sim/cli/main.ts', folder, 'main')
  return { node: process.execPath, program: `${folder}/main.js` }
}

/**
 * The octets of all captures of a sheet, by file name. A sheet whose expectations fail has captures
 * too, and is reported elsewhere. Fails when nothing was captured.
 */
export function captures({ node, program }: CommandLine, sheet: string): Map<string, Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'vipwire-captures-'))
  try {
    const args = [program, 'run', sheet, '-o', folder, '--quiet']
    const run = spawnSync(node, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28 })
    if (run.status !== 0 && run.status !== 1) {
      throw new Error(`${node} ${args.join(' ')}: exit code ${run.status}\n${run.stderr}`)
    }
    const files = readdirSync(folder).filter((name) => /\.pcap(ng)?$/.test(name))
    if (files.length === 0) throw new Error(`no capture was written:\n${run.stdout}${run.stderr}`)
    files.sort((a, b) => (a < b ? -1 : 1))
    return new Map(files.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
