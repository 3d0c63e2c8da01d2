/** How a word is set off: colours in a terminal, nothing in a file. */
export interface Paint {
  readonly dim: (text: string) => string
  readonly bold: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly note: (text: string) => string
  readonly name: (text: string) => string
}

const same = (text: string): string => text

/** No colours. */
export const PLAIN: Paint = { dim: same, bold: same, good: same, bad: same, note: same, name: same }

/** The signs that pictures are drawn with. */
export interface Signs {
  readonly line: string
  readonly cross: string
  readonly shaft: string
  readonly right: string
  readonly left: string
  readonly start: string
  readonly arrow: string
  readonly branch: string
  readonly good: string
  readonly bad: string
  readonly lost: string
  /** Stands where a text was cut. */
  readonly more: string
}

export const UNICODE: Signs = {
  line: '│',
  cross: '┼',
  shaft: '─',
  right: '▶',
  left: '◀',
  start: '●',
  arrow: '→',
  branch: '└',
  good: '✓',
  bad: '✗',
  lost: '✗',
  more: '…',
}

export const ASCII: Signs = {
  line: '|',
  cross: '+',
  shaft: '-',
  right: '>',
  left: '<',
  start: 'o',
  arrow: '->',
  branch: '`',
  good: 'ok',
  bad: 'NO',
  lost: 'x',
  more: '~',
}

/** What every picture needs to know about where it is shown. */
export interface Canvas {
  readonly paint: Paint
  readonly signs: Signs
  /** Columns of the terminal. */
  readonly width: number
}

/** `text` cut to `width` columns, with a mark where it was cut. */
export function cut(text: string, width: number, mark: string = UNICODE.more): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}${mark}`
}

/**
 * `A > B and more` in one line, or in two when the ends are too long for it: the second begins
 * under the first end. Each is cut to `width`.
 */
export function cutEnds(text: string, width: number, mark: string = UNICODE.more): string[] {
  const gap = text.indexOf(' > ')
  if (text.length <= width || gap < 0) return [cut(text, width, mark)]
  const [first, second] = [text.slice(0, gap + 2), text.slice(gap + 3)]
  const end = second.indexOf(' ') < 0 ? second.length : second.indexOf(' ')
  // What does not fit is not the ends: they stay in one line.
  if (gap + 3 + end <= width) return [cut(text, width, mark)]
  return [cut(first, width, mark), cut(`      ${second}`, width, mark)]
}

/** Words broken into lines of at most `width` columns. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  if (line !== '') lines.push(line)
  return lines
}

/** Microseconds with three decimals below a second, seconds with six above. */
export function showTime(ns: number): string {
  if (ns < 1_000_000_000) return `${(ns / 1_000_000).toFixed(3)} ms`
  return `${(ns / 1_000_000_000).toFixed(6)} s`
}

/** A table with a head; columns as wide as their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]!.length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd()
  return [head, ...rows].map(line)
}
