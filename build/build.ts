// Builds everything that is not in git: topology/named.ts (which is, and must be fresh), the
// command line in dist/cli (esbuild: one script and its code cache), and the library in dist/sim
// (tsc). `--cli` leaves the library out.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildCommandLine } from './command-line.ts'
import { namedDrawings } from './named-drawings.ts'

const ROOT = join(import.meta.dirname, '..')
const at = (...parts: string[]): string => join(ROOT, ...parts)

/** Writes topology/named.ts, only when it would change, so that no watcher runs in circles. */
function writeNamedDrawings(): void {
  const target = at('topology', 'named.ts')
  const fresh = namedDrawings(at('topology'))
  if (!existsSync(target) || readFileSync(target, 'utf8') !== fresh) writeFileSync(target, fresh)
}

/** The library: JavaScript and types, file by file, as a browser can load them. */
function buildLibrary(): void {
  rmSync(at('dist', 'sim'), { recursive: true, force: true })
  rmSync(at('dist', 'topology'), { recursive: true, force: true })
  const tsc = at('node_modules', 'typescript', 'bin', 'tsc')
  const args = [tsc, '-p', 'tsconfig.core.json', '--noEmit', 'false']
  const run = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' })
  // The command line works without the library, and `npm run types` reports the same mistakes.
  if (run.status !== 0) console.error('build: the library has type errors, see above')
}

/** `npx vipwire` inside the checkout: npm links the commands of dependencies, not one's own. */
function linkCommand(): void {
  const bin = at('node_modules', '.bin')
  const link = join(bin, 'vipwire')
  if (process.platform === 'win32' || !existsSync(at('node_modules'))) return
  mkdirSync(bin, { recursive: true })
  rmSync(link, { force: true })
  symlinkSync('../../bin/vipwire.cjs', link)
}

writeNamedDrawings()
await buildCommandLine()
linkCommand()
if (!process.argv.includes('--cli')) buildLibrary()
