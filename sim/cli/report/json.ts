import type { MakeReporter, TestResult } from './reporter.ts'

/** One JSON object, `version` 1: counts, and each sheet with its verdict or its mistakes. */
export const json: MakeReporter = (write) => {
  const sheets: Omit<TestResult, 'line' | 'column'>[] = []
  return {
    result({ line: _line, column: _column, ...result }) {
      sheets.push(result)
    },
    end({ passed, failed, ms, stopped }) {
      write(JSON.stringify({ version: 1, ok: failed === 0, passed, failed, stopped, ms, sheets }))
    },
  }
}
