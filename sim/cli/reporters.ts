import type { Paint } from '../show/paint.ts'

/** What became of one sheet with one seed. */
export interface Result {
  readonly file: string
  readonly title: string
  /** Undefined: the sheet's own. */
  readonly seed: number | undefined
  readonly ok: boolean
  readonly ms: number
  /** What did not hold; empty when all did. */
  readonly report: string
}

type Reporter = (results: readonly Result[], paint: Paint) => string

const nameOf = ({ file, seed }: Result): string =>
  seed === undefined ? file : `${file} (seed ${seed})`

function plain(results: readonly Result[], paint: Paint): string {
  const lines: string[] = []
  for (const result of results) {
    const sign = result.ok ? paint.good('ok    ') : paint.bad('FAILED')
    lines.push(`${sign}  ${nameOf(result)}  ${paint.dim(result.title)}`)
    if (result.report !== '') lines.push(indented(result.report, '  '))
  }
  const failed = results.filter((result) => !result.ok).length
  const total = `${results.length - failed} passed, ${failed} failed`
  lines.push(failed === 0 ? paint.good(total) : paint.bad(total))
  return lines.join('\n')
}

/** Test Anything Protocol, version 13. */
function tap(results: readonly Result[]): string {
  const lines = ['TAP version 13', `1..${results.length}`]
  for (const [index, result] of results.entries()) {
    lines.push(
      `${result.ok ? 'ok' : 'not ok'} ${index + 1} - ${nameOf(result).replaceAll('#', '')}`,
    )
    if (!result.ok) lines.push('  ---', '  message: |', indented(result.report, '    '), '  ...')
  }
  return lines.join('\n')
}

function junit(results: readonly Result[]): string {
  const failed = results.filter((result) => !result.ok).length
  const seconds = (ms: number): string => (ms / 1000).toFixed(3)
  const total = seconds(results.reduce((sum, result) => sum + result.ms, 0))
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${results.length}" failures="${failed}" time="${total}">`,
    `  <testsuite name="vipwire" tests="${results.length}" failures="${failed}" time="${total}">`,
  ]
  for (const result of results) {
    const head = `    <testcase classname="${xml(result.file)}" name="${xml(result.title)}" time="${seconds(result.ms)}"`
    if (result.ok) lines.push(`${head}/>`)
    else {
      lines.push(`${head}>`)
      lines.push(
        `      <failure message="${xml(result.report.split('\n')[0]!)}">${xml(result.report)}</failure>`,
      )
      lines.push('    </testcase>')
    }
  }
  lines.push('  </testsuite>', '</testsuites>')
  return lines.join('\n')
}

function json(results: readonly Result[]): string {
  const failed = results.filter((result) => !result.ok).length
  const passed = results.length - failed
  return JSON.stringify({ version: 1, passed, failed, results }, null, 2)
}

/** Annotations that GitHub Actions shows beside the lines of a sheet. */
function github(results: readonly Result[], paint: Paint): string {
  const escape = (text: string): string =>
    text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
  const lines = results
    .filter((result) => !result.ok)
    .map((result) => {
      const place = /:(\d+):(\d+): /.exec(result.report)
      const at = place === null ? '' : `,line=${place[1]},col=${place[2]}`
      return `::error file=${result.file}${at}::${escape(result.report)}`
    })
  return [...lines, plain(results, paint)].join('\n')
}

function indented(text: string, by: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? line : by + line))
    .join('\n')
}

function xml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/[^\P{Cc}\t\n\r]/gu, '')
}

export const REPORTERS: Readonly<Record<string, Reporter>> = {
  default: plain,
  tap,
  junit,
  json,
  github,
}
