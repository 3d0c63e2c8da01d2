import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Break } from './break.ts'

const ROOT = join(import.meta.dirname, '..', '..')

/**
 * Bundles the command line with one break in it to `outdir`/main.js; the sources stay as they are.
 * Fails when the text to break does not stand in its file exactly once, when nothing imports that
 * file, and when what comes out is no program.
 */
export async function brokenBuild(broken: Break | undefined, outdir: string): Promise<void> {
  const target = broken === undefined ? undefined : join(ROOT, broken.file)
  const text = broken === undefined ? '' : brokenText(broken)
  const state = { applied: broken === undefined }
  await build({
    absWorkingDir: ROOT,
    entryPoints: { main: 'sim/cli/main.ts' },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    logLevel: 'silent',
    plugins: [
      {
        name: 'sabotage',
        setup(builder) {
          builder.onLoad({ filter: /\.ts$/ }, ({ path }) => {
            if (path !== target) return undefined
            state.applied = true
            return { contents: text, loader: 'ts' }
          })
        },
      },
    ],
  })
  if (!state.applied) throw new Error(`nothing imports ${broken?.file}`)
}

function brokenText({ file, find, become }: Break): string {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const found = text.split(find).length - 1
  if (found !== 1) throw new Error(`the text to break stands ${found} times in ${file}`)
  return text.replace(find, () => become)
}
