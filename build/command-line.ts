import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const ROOT = join(import.meta.dirname, '..')
const FOLDER = join(ROOT, 'dist', 'cli')
/** What the code cache is made from: the functions that this command needs are kept compiled. */
const USUAL = ['run', 'scenarios/2-forwarding/00-the-article.yaml']

/**
 * Builds dist/cli/main.cjs, the whole command line as one script, and beside it main.cache, which
 * spares the next start most of the compiling. Whoever starts it is bin/vipwire.cjs.
 */
export async function buildCommandLine(): Promise<void> {
  rmSync(FOLDER, { recursive: true, force: true })
  await build({
    absWorkingDir: ROOT,
    entryPoints: { main: 'sim/cli/main.ts' },
    outdir: FOLDER,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    // A script can be loaded with a code cache in every Node that is supported, a module cannot.
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    // Blanks are a third of what has to be read; names stay, for the reports of our mistakes.
    minifyWhitespace: true,
    minifySyntax: true,
    external: ['raw-socket'],
    define: { 'import.meta.url': 'vipwireUrl' },
    banner: { js: "const vipwireUrl = require('node:url').pathToFileURL(__filename).href" },
    logLevel: 'warning',
  })
  const args = [join(ROOT, 'build', 'code-cache.cjs'), join(FOLDER, 'main.cache'), ...USUAL]
  const made = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })
  if (made.status !== 0 || !existsSync(join(FOLDER, 'main.cache'))) {
    console.error(`build: no code cache, every start compiles anew: ${made.stderr}`)
  }
}
