import { type MakeReporter, nameOf } from './reporter.ts'

/** Workflow commands of GitHub Actions: each failure is an annotation at its line of the sheet. */
export const github: MakeReporter = (write) => ({
  result(result) {
    if (result.ok) return
    const { file, line, column, text } = result
    const at = `file=${property(file)},line=${line},col=${column},title=${property(nameOf(result))}`
    write(`::error ${at}::${data(text)}`)
  },
  end({ passed, failed }) {
    write(`${passed} passed, ${failed} failed`)
  },
})

const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
