import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { assert, skip, suite } from '../lib/harness.ts'
import { SHEETS } from '../scenarios/sheet-captures.ts'
import { chromium, Page } from './chromium.ts'
import { prints, type Task } from './page.ts'

const ROOT = join(import.meta.dirname, '..', '..')

function taskOf(file: string): Task {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const named = (pattern: RegExp, encoding: BufferEncoding): Record<string, string> => {
    const names = [...text.matchAll(pattern)].map(([, name = '']) => name)
    const read = (name: string): string =>
      readFileSync(join(ROOT, dirname(file), name)).toString(encoding)
    return Object.fromEntries(names.map((name) => [name, read(name)]))
  }
  const drawings = named(/(?:topology|use): (\.\S+\.ya?ml)/g, 'utf8')
  return { file, text, drawings, captures: named(/replay: ([^\s,}]+)/g, 'hex') }
}

/** The page's script: the library, and a loop that plays what it is given. */
async function script(): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    stdin: {
      contents: `
        import { prints } from './test/library/page.ts'
        const answer = (body) => fetch('/answer', { method: 'POST', body })
        for (;;) {
          const task = await (await fetch('/task')).json()
          try { await answer(JSON.stringify(await prints(task))) }
          catch (error) { await answer(String(error.stack)) }
        }`,
      resolveDir: ROOT,
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

const browser = chromium()
if ('missing' in browser) skip('the library in a browser', browser.missing)
else {
  const page = new Page(await script())
  suite(`the library in ${browser.version}`, (test) => {
    test('a page opens', () => page.open(browser.program))
    for (const file of SHEETS) {
      test(`${file}: the same octets as in Node`, async () => {
        const task = taskOf(file)
        const answer = await page.ask(JSON.stringify(task))
        assert.ok(answer.startsWith('{'), answer)
        const ours = await prints(task)
        assert.ok(Object.keys(ours).length > 2)
        assert.equal(JSON.parse(answer), ours)
      })
    }
    test('the page is closed', () => page.close())
  })
}
