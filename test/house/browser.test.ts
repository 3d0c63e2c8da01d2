import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { assert, suite } from '../lib/harness.ts'
import { ROOT } from './source.ts'

const SHEET = 'scenarios/2-forwarding/00-the-article.yaml'

/** The library as one script for browsers, which leaves its exports in the global `vipwire`. */
async function library(): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['sim/index.ts'],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'vipwire',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

suite('house: the library without Node', (test) => {
  test('plays a sheet in a room with nothing but the language', async () => {
    // Such a context has no process, Buffer, timers, console or fetch.
    const room = createContext({ text: readFileSync(join(ROOT, SHEET), 'utf8') })
    runInContext(await library(), room, { filename: 'vipwire.js' })
    const verdict = JSON.parse(
      runInContext('JSON.stringify(vipwire.runSheet(text))', room) as string,
    ) as { ok: boolean; hops: number }
    assert.ok(verdict.hops > 0, 'nothing was sent')
    assert.is(verdict.ok, true)
  })
})
