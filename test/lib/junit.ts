import type { FileResult } from './run-file.ts'

/** The results as JUnit XML, as CI services read it: a suite a file, a case a test. */
export function junit(results: readonly FileResult[]): string {
  const suites = results.map(suiteOf)
  const sum = (of: (result: FileResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0)
  const tests = sum((result) => result.passed + result.failed + result.skipped.length)
  const failed = sum((result) => result.failed)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${tests}" failures="${failed}">`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n')
}

function suiteOf({ name, passes, failures, skipped, ms }: FileResult): string {
  const open = (title: string, took: number): string =>
    `<testcase classname="${escaped(name)}" name="${escaped(title)}" time="${seconds(took)}">`
  const total = passes.length + failures.length + skipped.length
  return [
    `<testsuite name="${escaped(name)}" tests="${total}" failures="${failures.length}" ` +
      `skipped="${skipped.length}" time="${seconds(ms)}">`,
    ...passes.map((test) => `${open(test.title, test.ms)}</testcase>`),
    ...failures.map(
      (test) => `${open(test.title, 0)}<failure>${escaped(test.text)}</failure></testcase>`,
    ),
    ...skipped.map(
      (test) => `${open(test.title, 0)}<skipped message="${escaped(test.reason)}"/></testcase>`,
    ),
    '</testsuite>',
  ].join('\n')
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}

function escaped(text: string): string {
  // XML 1.0 has no way to write the other control characters at all.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  const printable = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '')
  return printable.replace(/[<>&"]/g, (mark) => `&#${mark.charCodeAt(0)};`)
}
