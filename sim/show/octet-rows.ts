import type { OctetChange } from './explanation.ts'
import type { Paint } from './paint.ts'

const PER_ROW = 16
const INDENT = '    '
/** Columns before the octets and, for `before`, behind them. */
const MARGIN = INDENT.length + 6 + 7

/**
 * The rows of a hex dump in which something changed: how it was, how it is, and marks below the
 * octets that differ.
 */
export function octetRows(
  before: string,
  after: string,
  changes: readonly OctetChange[],
  width: number,
  paint: Paint,
): string[] {
  const perRow = [PER_ROW, PER_ROW / 2].find((count) => count * 3 + MARGIN <= width) ?? PER_ROW / 4
  const lines: string[] = []
  for (let start = 0; start < after.length / 2; start += perRow) {
    const end = Math.min(start + perRow, after.length / 2)
    if (!changes.some((change) => change.start < end && start < change.end)) continue
    const marks: string[] = []
    for (let i = start; i < end; i++) marks.push(at(before, i) === at(after, i) ? '  ' : '^^')
    const row = (octets: string, tint: (text: string) => string): string =>
      marks
        .map((mark, i) => (mark === '  ' ? at(octets, start + i) : tint(at(octets, start + i))))
        .join(' ')
    const offset = start.toString(16).padStart(4, '0')
    const gap = ' '.repeat(3 * (perRow - (end - start)))
    lines.push(
      `${INDENT}${paint.dim(offset)}  ${row(before, paint.bad)}${gap}  before`,
      `${INDENT}      ${row(after, paint.good)}${gap}  after`,
      `${INDENT}      ${paint.note(marks.join(' ').trimEnd())}`,
    )
  }
  return lines
}

function at(octets: string, index: number): string {
  return octets.slice(index * 2, index * 2 + 2)
}
