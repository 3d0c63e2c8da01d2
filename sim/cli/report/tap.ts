import { type MakeReporter, nameOf } from './reporter.ts'

/** Test Anything Protocol, version 14. */
export const tap: MakeReporter = (write) => {
  let count = 0
  write('TAP version 14')
  return {
    result(result, number) {
      count = number
      const name = nameOf(result).replace(/[\\#]/g, '\\$&')
      write(`${result.ok ? 'ok' : 'not ok'} ${number} - ${name}`)
      if (result.text === '') return
      write(
        ['---', 'message: |', ...result.text.split('\n').map((line) => `  ${line}`), '...']
          .map((line) => `  ${line}`.trimEnd())
          .join('\n'),
      )
    },
    end({ stopped }) {
      write(`1..${count}`)
      if (stopped) write('Bail out!')
    },
  }
}
