// Each break is built into a command line of its own, which then runs all sheets; one of them has
// to notice. Two are under way at a time, since a build and a run use one processor each.

import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { assert, suite } from '../lib/harness.ts'
import type { Break } from './break.ts'
import { BREAKS } from './breaks.ts'
import { brokenBuild } from './broken-build.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const AT_ONCE = 2
/** Milliseconds after which a broken simulator that does not end counts as noticed. */
const PATIENCE_MS = 30_000
const HELD = 0
/** A sheet failed, or an assertion inside the simulator did. */
const NOTICED = [1, 3, 'late'] as const

interface Outcome {
  readonly code: number | 'late' | null
  readonly output: string
}

/** Runs all sheets, until the first that fails, with one break built in. */
async function sheetsWith(broken: Break | undefined, name: string): Promise<Outcome> {
  const folder = `dist/test/sabotage/${name}`
  try {
    await brokenBuild(broken, folder)
    return await run([`${folder}/main.js`, 'test', 'scenarios', '--bail'])
  } finally {
    rmSync(join(ROOT, folder), { recursive: true, force: true })
  }
}

function run(args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    const state = { late: false }
    const timer = setTimeout(() => {
      state.late = true
      child.kill('SIGKILL')
    }, PATIENCE_MS)
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      const output = Buffer.concat(chunks).toString('utf8')
      resolve({ code: state.late ? 'late' : code, output })
    })
  })
}

/** Begins the breaks in their order, a few at a time, however slowly their outcomes are asked for. */
function startAll(breaks: readonly (Break | undefined)[]): Promise<Outcome>[] {
  const lanes: Promise<unknown>[] = Array.from({ length: AT_ONCE }, () => Promise.resolve())
  return breaks.map((broken, i) => {
    const outcome = (lanes[i % AT_ONCE] as Promise<unknown>).then(() =>
      sheetsWith(broken, String(i)),
    )
    lanes[i % AT_ONCE] = outcome.catch(() => undefined)
    // Whoever asks later is told; until then a failure is not a mistake of nobody's.
    outcome.catch(() => undefined)
    return outcome
  })
}

rmSync(join(ROOT, 'dist/test/sabotage'), { recursive: true, force: true })
const [whole, ...outcomes] = startAll([undefined, ...BREAKS])

suite('sabotage', (test) => {
  test('without a break all sheets hold', async () => {
    const { code, output } = (await whole) as Outcome
    assert.is(code, HELD, output)
  })

  test('no two breaks have one name', () => {
    const names = BREAKS.map(({ name }) => name)
    assert.equal(names, [...new Set(names)])
  })

  for (const [i, { name }] of BREAKS.entries()) {
    test(`${name}: a sheet notices`, async () => {
      const { code, output } = (await outcomes[i]) as Outcome
      assert.ok(code !== HELD, `all sheets stayed green although ${name}`)
      assert.ok(
        NOTICED.some((each) => each === code),
        `the sheets were not run:\n${output}`,
      )
    })
  }
})
