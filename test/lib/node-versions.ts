import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
/** Where other versions of Node are kept between runs; `npm ci` clears it. */
const CACHE = join(ROOT, 'node_modules', '.cache', 'node-versions')

/** The versions besides the running one whose captures must be the same, octet for octet. */
export const OTHER_NODES: readonly string[] = ['22.23.3', '24.21.0']

/** A Node of some version: the program to start, or why there is none. */
export type OtherNode = { readonly program: string } | { readonly missing: string }

/**
 * Fetches Node `version` from npm, where each platform has a package of its own. Nothing is run
 * while it is installed. Without a network, or on a platform without a package, the answer says so.
 */
export function otherNode(version: string): OtherNode {
  const name = `node-${process.platform}-${process.arch}`
  const folder = join(CACHE, version)
  const program = join(folder, 'node_modules', name, 'bin', 'node')
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true })
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--loglevel=error']
    const args = ['install', '--prefix', folder, ...quiet, `${name}@${version}`]
    const run = spawnSync('npm', args, { encoding: 'utf8', timeout: 180_000, cwd: folder })
    if (run.status !== 0 || !existsSync(program)) {
      const line = (run.stderr ?? '').split('\n').find((each) => each.includes('error'))
      return { missing: `${name}@${version} cannot be installed: ${line ?? 'no npm'}` }
    }
  }
  const asked = spawnSync(program, ['--version'], { encoding: 'utf8' })
  if (asked.stdout?.trim() === `v${version}`) return { program }
  return { missing: `${program} does not run here` }
}
