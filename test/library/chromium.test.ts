import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { assert, skip, suite } from '../lib/harness.ts'
import { SHEETS } from '../scenarios/sheet-captures.ts'
import { ask, chromium } from './chromium.ts'
import { type Prints, prints, type Task } from './page.ts'

const ROOT = join(import.meta.dirname, '..', '..')

/** All sheets, with the files that they name. */
function taskOf(sheets: readonly string[]): Task {
  const files: Record<string, string> = {}
  const texts = sheets.map((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8')
    for (const [, name = ''] of text.matchAll(/(?:topology|use): (\.\S+\.ya?ml)/g)) {
      files[`${file} ${name}`] = readFileSync(join(ROOT, dirname(file), name), 'utf8')
    }
    return { file, text }
  })
  return { sheets: texts, files }
}

/** The page's script: the library and what is to be played, in one. */
async function scriptOf(task: Task): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    stdin: {
      contents: `
        import { prints } from './test/library/page.ts'
        const send = (body) => fetch('/answer', { method: 'POST', body })
        prints(TASK).then((found) => send(JSON.stringify(found)), (error) => send(error.stack))`,
      resolveDir: ROOT,
    },
    define: { TASK: JSON.stringify(task) },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

const browser = chromium()
if ('missing' in browser) skip('the library in a browser', browser.missing)
else {
  suite(`the library in ${browser.version}`, (test) => {
    test('gives every capture of every sheet octet for octet as Node does', async () => {
      const task = taskOf(SHEETS)
      const answer = await ask(browser.program, await scriptOf(task))
      assert.ok(answer.startsWith('{'), answer)
      const theirs = JSON.parse(answer) as Prints
      const ours = await prints(task)
      assert.ok(Object.keys(ours).length > 3 * SHEETS.length)
      assert.equal(theirs, ours)
    })
  })
}
