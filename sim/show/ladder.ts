import { Describer } from './describe.ts'
import { USUAL_DROPS } from './drop-words.ts'
import type { Hop } from './hops.ts'
import { type Canvas, cut, showTime } from './paint.ts'

/** Columns of the time stamp and of each machine. */
const TIME = 12
const LANE = 8
/** Columns that the description of a frame needs at least; narrower, a list is clearer. */
const LEAST_TEXT = 36
/** Hops that are shown unless all are asked for. */
export const MOST_HOPS = 200

/**
 * The ladder: machines side by side, a line for each frame on each wire, from top to bottom in time.
 * Below a line that carries something rewritten stands what was rewritten, and why.
 */
export function ladder(
  hops: readonly Hop[],
  nodes: readonly string[],
  canvas: Canvas,
  most: number = MOST_HOPS,
): string[] {
  const taking = nodes.filter((node) =>
    hops.some((hop) => hop.fromNode === node || hop.toNode === node),
  )
  const shown = hops.slice(0, most)
  const describer = new Describer()
  const text = canvas.width - TIME - taking.length * LANE - 1
  const lines =
    text >= LEAST_TEXT
      ? drawn(shown, taking, canvas, text, describer)
      : listed(shown, canvas, describer)
  const more = hops.length - shown.length
  if (more > 0) {
    lines.push(
      '',
      `${more} more of ${hops.length}; --all shows them, -o DIR writes them as captures`,
    )
  }
  return lines
}

function drawn(
  hops: readonly Hop[],
  nodes: readonly string[],
  canvas: Canvas,
  text: number,
  describer: Describer,
): string[] {
  const { paint, signs } = canvas
  const head = nodes.map((node) => cut(node, LANE - 1, signs.more).padEnd(LANE)).join('')
  const lines = [paint.bold(' '.repeat(TIME) + head.trimEnd())]
  for (const hop of hops) {
    const description = describer.describe(hop.octets)
    const from = nodes.indexOf(hop.fromNode)
    const to = hop.toNode === undefined ? from : nodes.indexOf(hop.toNode)
    const lanes = drawArrow(nodes.length, from, to, hop, canvas)
    const what = [description.kind, description.ends, description.details, description.content]
      .filter((part) => part !== '')
      .join(' ')
    const ending = hop.dropped === undefined || quiet(hop) ? '' : ` ${signs.lost} ${hop.dropped}`
    const words = cut(what, text - ending.length, signs.more)
    const tone = description.isArp ? paint.dim : (plain: string): string => plain
    const time = showTime(hop.sentNs).padStart(TIME - 2)
    lines.push(`${paint.dim(time)}  ${tone(lanes + words)}${paint.bad(ending)}`)
    lines.push(...noteLines(hop, from, nodes.length, canvas, text))
  }
  return lines
}

/** A frame that is dropped because it was for another is no event worth a mark. */
function quiet(hop: Hop): boolean {
  return USUAL_DROPS.has(hop.dropped)
}

function drawArrow(count: number, from: number, to: number, hop: Hop, canvas: Canvas): string {
  const { signs } = canvas
  const cells = Array.from({ length: count * LANE }, (_, i) => (i % LANE === 0 ? signs.line : ' '))
  const start = from * LANE
  const end = to * LANE
  if (hop.arrivedNs === undefined) {
    cells[start] = signs.start
    cells[start + 1] = signs.lost
    return cells.join('')
  }
  const step = end > start ? 1 : -1
  for (let i = start + step; i !== end; i += step) {
    cells[i] = i % LANE === 0 ? signs.cross : signs.shaft
  }
  cells[start] = signs.start
  cells[end] = end > start ? signs.right : signs.left
  return cells.join('')
}

function noteLines(hop: Hop, from: number, count: number, canvas: Canvas, text: number): string[] {
  if (hop.changes.length === 0) return []
  const { paint, signs } = canvas
  const cells = Array.from({ length: count * LANE }, (_, i) => (i % LANE === 0 ? signs.line : ' '))
  cells[from * LANE] = signs.branch
  const lead = ' '.repeat(TIME) + cells.join('')
  const changes = hop.changes.map(
    ({ field, before, after }) => `${field} ${before} ${signs.arrow} ${after}`,
  )
  const words = changes.join(', ') + (hop.rule === undefined ? '' : `   (${hop.rule})`)
  const lines: string[] = []
  let line = ''
  for (const word of words.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > text) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(line)
  return lines.map(
    (part, i) => (i === 0 ? lead : lead.replace(signs.branch, signs.line)) + paint.note(part),
  )
}

function listed(hops: readonly Hop[], canvas: Canvas, describer: Describer): string[] {
  const { paint, signs, width } = canvas
  const lines: string[] = []
  for (const hop of hops) {
    const description = describer.describe(hop.octets)
    const to = hop.toNode === undefined ? signs.lost : `${hop.toNode}.${hop.toIface}`
    const way = `${hop.fromNode}.${hop.fromIface} ${signs.arrow} ${to}`
    lines.push(paint.dim(cut(`${showTime(hop.sentNs)}  ${way}`, width, signs.more)))
    const what = [description.kind, description.ends, description.details, description.content]
    lines.push(cut(`  ${what.filter((part) => part !== '').join(' ')}`, width, signs.more))
    for (const { field, before, after } of hop.changes) {
      lines.push(
        paint.note(
          cut(`  ${signs.branch} ${field} ${before} ${signs.arrow} ${after}`, width, signs.more),
        ),
      )
    }
    if (hop.changes.length > 0 && hop.rule !== undefined) {
      lines.push(paint.note(cut(`    ${hop.rule}`, width, signs.more)))
    }
    if (hop.dropped !== undefined && !quiet(hop))
      lines.push(paint.bad(`  ${signs.lost} ${hop.dropped}`))
  }
  return lines
}
