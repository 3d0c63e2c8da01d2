import type { Canvas } from '../../show/paint.ts'
import { type MakeReporter, nameOf } from './reporter.ts'

/** For people: a line for each sheet, failures below theirs. */
export function plain({ paint, signs }: Canvas): MakeReporter {
  return (write) => ({
    result(result) {
      const sign = result.ok ? paint.good(signs.good) : paint.bad(signs.bad)
      const count = `${result.expectations} expectations, ${Math.round(result.ms)} ms`
      write(`${sign} ${nameOf(result)} ${paint.dim(`(${count})`)}`)
      if (result.text === '') return
      write(
        result.text
          .split('\n')
          .map((line) => `    ${line}`.trimEnd())
          .join('\n'),
      )
    },
    end({ passed, failed, stopped }) {
      if (stopped) write(paint.note('stopped before all had run'))
      const text = `${passed} passed, ${failed} failed`
      write(failed > 0 ? paint.bad(text) : paint.good(text))
    },
  })
}
