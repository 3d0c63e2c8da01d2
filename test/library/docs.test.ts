import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, suite } from '../lib/harness.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** A project that has vipwire installed, made of these sources. */
const FOLDER = join(ROOT, 'dist', 'test', 'library')
const PACKAGE = join(FOLDER, 'node_modules', 'vipwire')
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')

interface Example {
  readonly title: string
  readonly code: string
  readonly output: string
}

/** Each block of TypeScript, with the text under it that it writes. */
function examplesOf(page: string): Example[] {
  const found: Example[] = []
  for (const section of page.split(/^## /m).slice(1)) {
    const [, code = '', output = ''] =
      /```ts\n([\s\S]*?)```\n[\s\S]*?```text\n([\s\S]*?)```/.exec(section) ?? []
    found.push({ title: section.split('\n')[0] ?? '', code, output })
  }
  return found
}

function run(program: string, args: readonly string[]): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: FOLDER,
    encoding: 'utf8',
    timeout: 120_000,
  })
  return { status, text: stdout + stderr }
}

const PAGE = join(ROOT, 'docs', 'library.md')
const examples = examplesOf(readFileSync(PAGE, 'utf8'))

/** `UPDATE=1` writes what the examples say into the page, for somebody to read. */
function update(output: string, text: string): void {
  assert.is(process.env['CI'], undefined, 'CI does not write pages')
  const page = readFileSync(PAGE, 'utf8')
  writeFileSync(
    PAGE,
    page.replace(`\`\`\`text\n${output}`, () => `\`\`\`text\n${text}`),
  )
}

suite('the library as its page shows it', (test) => {
  test('is built with its types', () => {
    rmSync(FOLDER, { recursive: true, force: true })
    mkdirSync(PACKAGE, { recursive: true })
    cpSync(join(ROOT, 'package.json'), join(PACKAGE, 'package.json'))
    const project = ['-p', join(ROOT, 'tsconfig.core.json'), '--noEmit', 'false']
    const { status, text } = run(process.execPath, [
      TSC,
      ...project,
      '--outDir',
      join(PACKAGE, 'dist'),
    ])
    assert.is(text, '')
    assert.is(status, 0)
  })
  test('has examples that compile under a strict compiler which knows neither Node nor browser', () => {
    assert.is(examples.length, 5)
    for (const [i, { code }] of examples.entries()) {
      writeFileSync(
        join(FOLDER, `example-${i}.ts`),
        `${code}\ndeclare const console: Console\n${CONSOLE}`,
      )
    }
    writeFileSync(join(FOLDER, 'package.json'), '{ "type": "module" }\n')
    writeFileSync(join(FOLDER, 'tsconfig.json'), JSON.stringify(OPTIONS))
    assert.is(run(process.execPath, [TSC, '-p', FOLDER]).text, '')
  })
  for (const [i, { title, output }] of examples.entries()) {
    test(`writes what the page says: ${title}`, () => {
      const { status, text } = run(process.execPath, [`example-${i}.js`])
      assert.is(status, 0, text)
      if (process.env['UPDATE'] === '1') update(output, text)
      else assert.fixture(text, output)
    })
  }
})

const CONSOLE = 'interface Console { log(...values: unknown[]): void }\n'
const OPTIONS = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    lib: ['es2022'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
  },
  include: ['example-*.ts'],
}
