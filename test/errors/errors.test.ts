import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CaptureFile } from '../../sim/capture/index.ts'
import { readPcapNow } from '../../sim/cli/pcap-guard.ts'
import { formatProblem, load, type SheetProblem } from '../../sim/lab/index.ts'
import { assert, cases, suite } from '../lib/harness.ts'

// Wrong sheets, one mistake each and a few with several, and what a user is told about them: the
// text is what `vipwire run FILE` prints. `UPDATE=1 node --import tsx test/errors/errors.test.ts`
// writes it anew; read the difference before committing it.

const HERE = import.meta.dirname
const SHEETS = readdirSync(HERE).filter((file) => file.endsWith('.yaml'))
const updating = process.env['UPDATE'] === '1'

cases(
  'errors: what is said about a wrong sheet',
  SHEETS.map((name) => ({ name })),
  ({ name }) => {
    const said = told(name)
    const golden = join(HERE, name.replace(/\.yaml$/, '.txt'))
    if (updating) writeFileSync(golden, said)
    assert.fixture(said, readFileSync(golden, 'utf8'))
  },
)

suite('errors: the collection', (test) => {
  test('every text belongs to a sheet', () => {
    const texts = readdirSync(HERE).filter((file) => file.endsWith('.txt'))
    const stray = texts.filter((text) => !SHEETS.includes(text.replace(/\.txt$/, '.yaml')))
    assert.equal(stray, [])
    assert.ok(existsSync(join(HERE, 'yaml-empty.txt')))
  })

  test('each mistake has a place in the file and a sentence on one line', () => {
    for (const name of SHEETS) {
      const lines = readFileSync(join(HERE, name), 'utf8').split('\n')
      for (const { line, column, problem } of mistakes(name)) {
        assert.ok(line >= 1 && line <= lines.length, `${name}: line ${line}`)
        assert.ok(
          column >= 1 && column <= lines[line - 1]!.length + 1,
          `${name}: ${line}:${column}`,
        )
        assert.not.match(problem, /\n|undefined|\[object/)
        assert.ok(!/[.;]$/.test(problem), `${name}: ${problem}`)
      }
    }
  })

  test('a file named for one mistake has one', () => {
    const single = SHEETS.filter((name) => !name.startsWith('several'))
    const more = single.filter((name) => mistakes(name).length !== 1)
    assert.equal(more, [])
  })
})

function mistakes(name: string): readonly SheetProblem[] {
  const text = readFileSync(join(HERE, name), 'utf8')
  const result = load({ file: name, text, read: () => undefined, capture })
  if (!('errors' in result)) throw new Error(`${name} has no mistake`)
  return result.errors
}

/** Captures stand in a folder of their own; most of them are damaged. */
function capture(name: string): CaptureFile | undefined {
  const path = join(HERE, name)
  return existsSync(path) ? readPcapNow(path) : undefined
}

function told(name: string): string {
  return mistakes(name)
    .map((problem) => `${formatProblem(name, problem)}\n`)
    .join('')
}
