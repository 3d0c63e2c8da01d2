import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { FileResult, Passed } from './run-file.ts'

/** Every sheet is a test: `vipwire test scenarios`, read from its TAP output. */
export async function runSheets(
  root: string,
  patterns: readonly string[],
): Promise<FileResult | undefined> {
  const paths = patterns.filter((pattern) => existsSync(join(root, pattern)))
  if (patterns.length > 0 && paths.length === 0) return undefined
  const start = performance.now()
  const args = ['--import', 'tsx', 'sim/cli/main.ts', 'test', '--reporter', 'tap']
  const run = spawnSync(
    process.execPath,
    [...args, ...(paths.length > 0 ? paths : ['scenarios'])],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      env: { ...process.env, NO_COLOR: '1' },
    },
  )
  return { ...readTap(run.stdout, run.stderr, run.status), ms: performance.now() - start }
}

/** Counts a TAP report; a report that ends early, or a code that contradicts it, is a failure. */
export function readTap(tap: string, chatter: string, code: number | null): Omit<FileResult, 'ms'> {
  const passes: Passed[] = []
  const failures: { title: string; text: string }[] = []
  const skipped: { title: string; reason: string }[] = []
  const plan = /^1\.\.(\d+)/m.exec(tap)?.[1]
  for (const found of tap.matchAll(/^(not ok|ok)\s+\d+\s*(?:-\s*)?(.*)$((?:\n {2}.*)*)/gm)) {
    const [, outcome, description = '', detail = ''] = found
    const [title = '', reason] = description.split(/\s*# SKIP\s*/i)
    if (reason !== undefined) skipped.push({ title, reason })
    else if (outcome === 'ok') passes.push({ title, ms: 0 })
    else failures.push({ title, text: detail })
  }
  const seen = passes.length + failures.length + skipped.length
  const trouble =
    plan === undefined || Number(plan) !== seen
      ? `the report announces ${plan ?? 'no'} sheets and has ${seen}`
      : code !== 0 && failures.length === 0
        ? `all sheets are ok but the exit code is ${code}`
        : seen === 0
          ? 'no sheet ran'
          : undefined
  if (trouble !== undefined) failures.push({ title: trouble, text: `${trouble}\n${chatter}` })
  return {
    name: 'sheets',
    passed: passes.length,
    failed: failures.length,
    passes,
    failures,
    skipped,
    output: tap + chatter,
  }
}
