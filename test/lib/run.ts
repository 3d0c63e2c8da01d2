// `npm test`: every test file in a process of its own, two at a time, then every sheet. Its last
// line is `N passed, N failed`. `npm test -- PATTERN ...` runs only the test files whose path
// contains one of the patterns (`npm test -- wire/ tcp`), and the sheets under patterns that are
// paths (`npm test -- scenarios/1-basics`). JUNIT=FILE writes the results as JUnit XML as well.

import { readdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { junit } from './junit.ts'
import { runFile, type FileResult } from './run-file.ts'
import { runSheets } from './run-sheets.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const AT_ONCE = 2
/** Tests that run many sheets go first, so that no processor waits for them at the end. */
const LONG = /^test\/(?:sabotage|scenarios|library|lib|house)\//

/** The test files under `folder`, as paths from the root, in an order that is always the same. */
export function testFiles(folder: string): string[] {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
  return found.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}

async function runAll(files: readonly string[]): Promise<FileResult[]> {
  const results: FileResult[] = []
  const waiting = [...files.filter((f) => LONG.test(f)), ...files.filter((f) => !LONG.test(f))]
  async function work(): Promise<void> {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const result = await runFile(ROOT, file)
      results.push(result)
      console.log(line(result))
      if (result.failed > 0) console.log(indent(result.output))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return results
}

function line({ name, passed, failed, skipped, ms }: FileResult): string {
  const parts = [`${passed} passed`]
  if (failed > 0) parts.push(`${failed} failed`)
  if (skipped.length > 0) parts.push(`${skipped.length} skipped`)
  const mark = failed > 0 ? 'FAILED' : 'ok    '
  return `${mark} ${name}  ${parts.join(', ')} (${(ms / 1000).toFixed(1)} s)`
}

function indent(text: string): string {
  return text.trimEnd().replace(/^/gm, '    ')
}

const patterns = process.argv.slice(2)
const chosen = (path: string): boolean =>
  patterns.length === 0 || patterns.some((pattern) => path.includes(pattern))

const results = await runAll(testFiles(join(ROOT, 'test')).filter(chosen))
const sheets = await runSheets(ROOT, patterns)
if (sheets !== undefined) {
  console.log(line(sheets))
  if (sheets.failed > 0) console.log(indent(sheets.output))
  results.push(sheets)
}

const sum = (of: (result: FileResult) => number): number =>
  results.reduce((total, result) => total + of(result), 0)
const passed = sum((result) => result.passed)
const failed = sum((result) => result.failed)
const skipped = results.flatMap((result) => result.skipped)

if (process.env['JUNIT']) writeFileSync(process.env['JUNIT'], junit(results))
for (const result of results) {
  for (const failure of result.failures) console.log(`failed:  ${result.name}: ${failure.title}`)
}
for (const { title, reason } of skipped) console.log(`skipped: ${title}: ${reason}`)
if (passed + failed === 0) console.log(`nothing matches ${patterns.join(' ')}`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
console.log(
  `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`,
)
