// Each break is built into a command line of its own, which then runs the sheets; one of them has
// to notice. Two are under way at a time, since a build and a run use one processor each. The sheet
// that noticed a break before is asked first (noticed-by.json, written anew with UPDATE=1); only
// when it stays green are all of them run, so the file saves time and decides nothing.
// BREAKS=text runs only the breaks whose name or file contains the text, BREAKS=new those that no
// sheet is known for yet.

import { spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { selectSheets } from '../../sim/cli/select-sheets.ts'
import { assert, suite } from '../lib/harness.ts'
import type { Break } from './break.ts'
import { BREAKS as ALL } from './breaks.ts'
import { brokenBuild } from './broken-build.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const NOTICED_BY = join(import.meta.dirname, 'noticed-by.json')
const UPDATE = process.env['UPDATE'] === '1'
const WANTED = process.env['BREAKS'] ?? ''
const AT_ONCE = 2
/** Milliseconds after which a broken simulator that does not end counts as noticed. */
const PATIENCE_MS = { oneSheet: 20_000, allSheets: 45_000 }
const HELD = 0
/** A sheet failed, or an assertion inside the simulator did. */
const NOTICED = [1, 3, 'late'] as const

interface Outcome {
  readonly code: number | 'late' | null
  readonly output: string
}

/** By the name of a break: the sheet that noticed it when all were run. */
const known = JSON.parse(readFileSync(NOTICED_BY, 'utf8')) as Record<string, string>

const BREAKS = ALL.filter(({ name, file }) =>
  WANTED === 'new' ? known[name] === undefined : name.includes(WANTED) || file.includes(WANTED),
)

/** Runs the sheets, until the first that fails, with one break built in. */
async function sheetsWith(broken: Break | undefined, name: string): Promise<Outcome> {
  const folder = `dist/test/sabotage/${name}`
  const test = (path: string, patienceMs: number): Promise<Outcome> =>
    run([`${folder}/main.js`, 'test', path, '--bail', '--reporter', 'tap'], patienceMs)
  try {
    await brokenBuild(broken, folder)
    const likely = broken === undefined || UPDATE ? undefined : known[broken.name]
    if (likely !== undefined) {
      const outcome = await test(likely, PATIENCE_MS.oneSheet)
      if (isNoticed(outcome)) return outcome
    }
    return await test('scenarios', PATIENCE_MS.allSheets)
  } finally {
    rmSync(join(ROOT, folder), { recursive: true, force: true })
  }
}

function isNoticed({ code }: Outcome): boolean {
  return NOTICED.some((each) => each === code)
}

/** The sheet that failed, or at which the simulator stopped: the one after those that held. */
function noticedBy({ output }: Outcome, sheets: readonly string[]): string | undefined {
  const [, failed] = /^not ok \d+ - (\S+?\.ya?ml)\b/m.exec(output) ?? []
  return failed ?? sheets[[...output.matchAll(/^ok \d+ - /gm)].length]
}

function run(args: readonly string[], patienceMs: number): Promise<Outcome> {
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
    }, patienceMs)
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
    const names = ALL.map(({ name }) => name)
    assert.equal(names, [...new Set(names)])
  })

  for (const [i, { name }] of BREAKS.entries()) {
    test(`${name}: a sheet notices`, async () => {
      const { code, output } = (await outcomes[i]) as Outcome
      assert.ok(code !== HELD, `all sheets stayed green although ${name}`)
      assert.ok(isNoticed({ code, output }), `the sheets were not run:\n${output}`)
    })
  }

  if (UPDATE) {
    test('who noticed is written down', async () => {
      const sheets = selectSheets(['scenarios']).map(({ file }) => file)
      const rows = Object.fromEntries(
        ALL.flatMap(({ name }) => (known[name] === undefined ? [] : [[name, known[name]]])),
      )
      for (const [i, { name }] of BREAKS.entries()) {
        const sheet = noticedBy((await outcomes[i]) as Outcome, sheets)
        if (sheet !== undefined) rows[name] = sheet
      }
      writeFileSync(NOTICED_BY, `${JSON.stringify(rows, undefined, 2)}\n`)
    })
  }
})
