import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Row } from './report.ts'

/** A test, or a file as a whole, that did not hold. */
export interface Failure {
  readonly title: string
  readonly text: string
}

export interface Passed {
  readonly title: string
  readonly ms: number
}

/** What one test file, or all sheets together, came to. */
export interface FileResult {
  readonly name: string
  readonly passed: number
  readonly failed: number
  readonly passes: readonly Passed[]
  readonly failures: readonly Failure[]
  readonly skipped: readonly { readonly title: string; readonly reason: string }[]
  /** What the file printed, to be shown when something failed. */
  readonly output: string
  readonly ms: number
}

/** How a file is run; the harness's own test is less patient than its users. */
export interface Limits {
  /** A whole file may take this long; the test it was in is then named and the file killed. */
  readonly fileMs: number
  readonly env: Readonly<Record<string, string>>
}

const PATIENT: Limits = { fileMs: 600_000, env: {} }

/** Runs one test file in a process of its own. Never fails itself: all trouble is in the result. */
export async function runFile(
  root: string,
  file: string,
  limits: Limits = PATIENT,
): Promise<FileResult> {
  const folder = mkdtempSync(join(tmpdir(), 'vipwire-test-'))
  const resultsFile = join(folder, 'results.ndjson')
  const start = performance.now()
  try {
    const run = await spawned(root, file, resultsFile, limits)
    const rows = existsSync(resultsFile) ? read(resultsFile) : []
    return { ...judge(file, rows, run, limits), ms: performance.now() - start }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Run {
  readonly code: number | null
  readonly signal: string | null
  readonly late: boolean
  readonly output: string
}

function spawned(root: string, file: string, resultsFile: string, limits: Limits): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', file], {
      cwd: root,
      env: { ...process.env, NODE_ENV: 'test', ...limits.env, TEST_RESULTS: resultsFile },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    const state = { late: false }
    const timer = setTimeout(() => {
      state.late = true
      child.kill('SIGKILL')
    }, limits.fileMs)
    child.on('error', (error) => chunks.push(Buffer.from(`${error.message}\n`)))
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, late: state.late, output: Buffer.concat(chunks).toString('utf8') })
    })
  })
}

function read(resultsFile: string): Row[] {
  const lines = readFileSync(resultsFile, 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Row)
}

function judge(
  file: string,
  rows: readonly Row[],
  run: Run,
  limits: Limits,
): Omit<FileResult, 'ms'> {
  const passes: Passed[] = []
  const failures: Failure[] = []
  const skipped: { title: string; reason: string }[] = []
  const running = new Set<string>()
  for (const row of rows) {
    if (row.kind === 'skip') skipped.push({ title: row.title, reason: row.reason })
    else if (row.kind === 'trouble') failures.push({ title: row.sentence, text: row.sentence })
    else {
      const title = `${row.suite}: ${row.title}`
      if (row.kind === 'begin') running.add(title)
      else {
        running.delete(title)
        if (row.error === undefined) passes.push({ title, ms: row.ms })
        else failures.push({ title, text: row.error })
      }
    }
  }
  const known = failures.length + passes.length + skipped.length
  const trouble = troubleOf(run, limits, [...running], known)
  if (trouble !== undefined && (failures.length === 0 || run.late)) {
    failures.push({ title: trouble, text: `${trouble}\n${run.output}` })
  }
  return {
    name: file.replace(/^test[\\/]/, '').replace(/\.test\.ts$/, ''),
    passed: passes.length,
    failed: failures.length,
    passes,
    failures,
    skipped,
    output: run.output,
  }
}

function troubleOf(
  run: Run,
  limits: Limits,
  running: readonly string[],
  known: number,
): string | undefined {
  const where = running.length > 0 ? ` in "${running.join('", "')}"` : ''
  if (run.late) return `killed after ${limits.fileMs} ms${where}`
  if (run.signal !== null) return `ended by ${run.signal}${where}`
  if (run.code !== 0) return `exit code ${run.code}${where}`
  return known === 0 ? 'no test ran: does it use test/lib/harness.ts?' : undefined
}
