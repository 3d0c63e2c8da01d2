import { FilterError } from './mistake.ts'

/** Octets from `start` (negative: counted from the end), to the end without a `length`. */
export interface Range {
  readonly start: number
  readonly length: number | undefined
}

const NUMBER = '(-?\\d{1,6})'
const OFFSET_LENGTH = new RegExp(`^${NUMBER}:(\\d{1,6})$`)
const FROM_TO = new RegExp(`^${NUMBER}-(\\d{1,6})$`)
const ONE = new RegExp(`^${NUMBER}$`)
const UP_TO = /^:(\d{1,6})$/
const FROM = new RegExp(`^${NUMBER}:$`)

/** `i:j` offset and length, `i-j` both ends, `i`, `:j`, `i:`; several by commas. */
export function sliceOf(text: string, column: number): Range[] {
  return text.split(',').map((part) => {
    const range = rangeOf(part.trim())
    if (range !== undefined) return range
    throw new FilterError(
      `'[${text}]' is no range`,
      column,
      '[offset:length], [first-last], [offset], [:length] or [offset:]',
    )
  })
}

function rangeOf(text: string): Range | undefined {
  let match = OFFSET_LENGTH.exec(text)
  if (match !== null) return { start: Number(match[1]), length: Number(match[2]) }
  match = FROM_TO.exec(text)
  if (match !== null) {
    const length = Number(match[2]) - Number(match[1]) + 1
    return length > 0 ? { start: Number(match[1]), length } : undefined
  }
  match = ONE.exec(text)
  if (match !== null) return { start: Number(match[1]), length: 1 }
  match = UP_TO.exec(text)
  if (match !== null) return { start: 0, length: Number(match[1]) }
  match = FROM.exec(text)
  return match === null ? undefined : { start: Number(match[1]), length: undefined }
}
