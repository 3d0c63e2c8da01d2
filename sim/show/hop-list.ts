import { Describer, oneLine } from './describe.ts'
import { USUAL_DROPS } from './drop-words.ts'
import { type Hop, numberText } from './hops.ts'
import { type Canvas, cut, cutEnds, showTime } from './paint.ts'

/** Hops below one another, the lines of each, for windows that are too narrow for a ladder. */
export function hopList(hops: readonly Hop[], canvas: Canvas): string[][] {
  const { paint, signs, width } = canvas
  const fit = (text: string): string => cut(text, width, signs.more)
  const describer = new Describer()
  return hops.map((hop) => {
    const lines: string[] = []
    const to = hop.toNode === undefined ? signs.lost : `${hop.toNode}.${hop.toIface}`
    const way = `${hop.fromNode}.${hop.fromIface} ${signs.arrow} ${to}`
    const number = hop.number === 0 ? '' : `${numberText(hop)}  `
    lines.push(paint.dim(fit(`${number}${showTime(hop.sentNs)}  ${way}`)))
    const what = oneLine(describer.describe(hop.octets))
    lines.push(...cutEnds(`  ${what}`, width, signs.more))
    for (const { field, before, after } of hop.changes) {
      lines.push(paint.note(fit(`  ${signs.branch} ${field} ${before} ${signs.arrow} ${after}`)))
    }
    if (hop.changes.length > 0 && hop.rule !== undefined) {
      lines.push(paint.note(fit(`    ${hop.rule}`)))
    }
    if (hop.dropped !== undefined && !USUAL_DROPS.has(hop.dropped)) {
      lines.push(paint.bad(fit(`  ${signs.lost} ${hop.dropped}`)))
    }
    return lines
  })
}
