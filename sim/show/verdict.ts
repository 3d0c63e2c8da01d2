import { type Canvas, wrap } from './paint.ts'

/** One line of a verdict: an expectation or an invariant. */
export interface Held {
  readonly text: string
  readonly ok: boolean
  readonly why: string | undefined
}

/** Expectations with their reasons, then whether all held. */
export function verdictLines(held: readonly Held[], canvas: Canvas): string[] {
  const { paint, signs, width } = canvas
  const lines: string[] = []
  for (const { text, ok, why } of held) {
    const sign = ok ? paint.good(signs.good) : paint.bad(signs.bad)
    const [first = '', ...rest] = wrap(text, width - 4)
    lines.push(`${sign} ${first}`, ...rest.map((part) => `  ${part}`))
    if (why === undefined) continue
    lines.push(...wrap(why, width - 6).map((part) => paint.dim(`    ${part}`)))
  }
  return lines
}
