import { type MakeReporter, nameOf, type TestResult } from './reporter.ts'

/** JUnit XML, as Jenkins and GitLab read it. */
export const junit: MakeReporter = (write) => {
  const results: TestResult[] = []
  return {
    result(result) {
      results.push(result)
    },
    end({ passed, failed, ms }) {
      const counts = `tests="${passed + failed}" failures="${failed}" time="${seconds(ms)}"`
      write('<?xml version="1.0" encoding="UTF-8"?>')
      write(`<testsuites ${counts}>`)
      write(`  <testsuite name="vipwire" ${counts}>`)
      for (const result of results) write(testCase(result))
      write('  </testsuite>')
      write('</testsuites>')
    },
  }
}

function testCase(result: TestResult): string {
  const attributes =
    `classname="${escaped(result.file)}" name="${escaped(nameOf(result))}" ` +
    `file="${escaped(result.file)}" time="${seconds(result.ms)}"`
  if (result.ok) return `    <testcase ${attributes}/>`
  const message = escaped(result.text.split('\n')[0] ?? '')
  return [
    `    <testcase ${attributes}>`,
    `      <failure message="${message}">${escaped(result.text)}</failure>`,
    '    </testcase>',
  ].join('\n')
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3)

/** Text for XML 1.0, which has no control characters but these three. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
