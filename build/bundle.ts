import { join } from 'node:path'
import { build } from 'esbuild'

const ROOT = join(import.meta.dirname, '..')

// Packages in CommonJS ask for Node's own modules with require(), which a module has to make.
const REQUIRE = [
  "import { createRequire as vipwireCreateRequire } from 'node:module'",
  'const require = vipwireCreateRequire(import.meta.url)',
].join('\n')

/**
 * Bundles `entry` and all it imports to `outdir`/`name`.js, as plain JavaScript for the oldest Node
 * that is supported. What is imported while running becomes a file of its own, read when it is
 * needed.
 */
export async function bundle(entry: string, outdir: string, name: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: { [name]: entry },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: true,
    external: ['raw-socket'],
    banner: { js: REQUIRE },
    logLevel: 'warning',
  })
}
