import { readFileSync, writeFileSync } from 'node:fs'
import { createRun, load, reportVerdict } from '../../sim/lab/index.ts'
import { assert, suite } from '../lib/harness.ts'

const FOLDER = new URL('.', import.meta.url)
const GOLDEN = new URL('failures.txt', FOLDER)

/** `UPDATE=1` writes the golden text anew. */
function golden(text: string): void {
  if (process.env['UPDATE'] === '1') writeFileSync(GOLDEN, text)
  assert.fixture(text, readFileSync(GOLDEN, 'utf8'))
}

suite('failures', (test) => {
  test('tell where, what was expected, what came nearest, why, and how to see it again', () => {
    const text = readFileSync(new URL('failures.yaml', FOLDER), 'utf8')
    const loaded = load({ file: 'failures.yaml', text, read: () => undefined })
    if ('errors' in loaded) throw new Error(JSON.stringify(loaded.errors))
    const verdict = createRun(loaded.sheet).finish()
    golden(`${reportVerdict(verdict)}\n`)
    assert.equal(
      verdict.expectations.filter((each) => each.ok).map((each) => each.place),
      [],
    )
  })
})
