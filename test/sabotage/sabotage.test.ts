import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, cases, suite } from '../lib/harness.ts'
import { BREAKS, type Break } from './breaks.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const COPIED = ['sim', 'topology', 'scenarios', 'pcaps', 'package.json', 'tsconfig.json']
/** Milliseconds after which a broken simulator that does not end counts as noticed. */
const PATIENCE_MS = 60_000

/** Runs all sheets with a temporary copy of the sources, changed by `change`; the exit code. */
function sheetsWith(change: (folder: string) => void): { code: number | null; output: string } {
  const folder = mkdtempSync(join(tmpdir(), 'vipwire-sabotage-'))
  try {
    for (const part of COPIED) cpSync(join(ROOT, part), join(folder, part), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    change(folder)
    const args = ['--import', 'tsx', 'sim/cli/main.ts', 'test', 'scenarios', '--bail']
    const run = spawnSync(process.execPath, args, {
      cwd: folder,
      encoding: 'utf8',
      timeout: PATIENCE_MS,
      env: { ...process.env, NO_COLOR: '1' },
    })
    return { code: run.status, output: run.stdout + run.stderr }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function applyBreak({ file, find, become }: Break, folder: string): void {
  const path = join(folder, file)
  const text = readFileSync(path, 'utf8')
  const found = text.split(find).length - 1
  assert.is(found, 1, `the text to break stands ${found} times in ${file}`)
  writeFileSync(
    path,
    text.replace(find, () => become),
  )
}

suite('sabotage', (test) => {
  test('without a break all sheets hold', () => {
    const { code, output } = sheetsWith(() => {})
    assert.is(code, 0, output)
  })
})

cases('sabotage is noticed', BREAKS, (row) => {
  const { code } = sheetsWith((folder) => applyBreak(row, folder))
  assert.ok(code !== 0, `all sheets stayed green although ${row.name}`)
})
