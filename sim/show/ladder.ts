import { Describer, shortLine } from './describe.ts'
import { USUAL_DROPS } from './drop-words.ts'
import { hopList } from './hop-list.ts'
import { type Hop, numberText } from './hops.ts'
import { type Canvas, cut, showTime, wrap } from './paint.ts'

/** Columns between number, time and drawing. */
const GAP = 2
/** Columns of each machine: the most, and the least before a list is clearer. */
const WIDE_LANE = 8
const NARROW_LANE = 5
/** Columns that the description of a frame needs: two endpoints of IPv4 and flags, */
const LEAST_TEXT = 45
/** and with long addresses of IPv6 as many as a wide window can give. */
const MOST_TEXT = 72
/** Hops that are shown unless all are asked for. */
export const MOST_HOPS = 200

/**
 * The ladder: machines side by side, a line for each frame on each wire, from top to bottom in
 * time, with its number in the capture of all interfaces. Below a line that carries something
 * rewritten stands what was rewritten and, once, why.
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
  const { head, rows } = ladderRows(shown, taking, canvas)
  const lines = [...head, ...rows.flat()]
  const more = hops.length - shown.length
  if (more > 0) {
    lines.push(
      '',
      `${more} more of ${hops.length}; --all shows them, -o DIR writes them as captures`,
    )
  }
  return lines
}

/**
 * The same in pieces: what stands above, and the lines of each hop. Every node has a column.
 * `text`: columns for what a frame is, so that fewer are left to the machines.
 */
export function ladderRows(
  hops: readonly Hop[],
  nodes: readonly string[],
  canvas: Canvas,
  text: number = textOf(hops),
): { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const margin = marginOf(hops)
  const room = canvas.width - margin.columns - text
  const lane = Math.min(WIDE_LANE, Math.floor(room / Math.max(1, nodes.length)))
  if (lane < NARROW_LANE) return { head: [], rows: hopList(hops, canvas) }
  const drawing = new Drawing(nodes, lane, margin, canvas)
  return { head: [drawing.head()], rows: hops.map((hop) => drawing.rows(hop)) }
}

/** Columns of the longest two ends of IPv6 with their flags, within bounds. */
function textOf(hops: readonly Hop[]): number {
  const describer = new Describer()
  let most = LEAST_TEXT
  for (const { octets } of hops) {
    const { kind, ends } = describer.describe(octets)
    if (ends.startsWith('[')) most = Math.max(most, kind.length + 1 + ends.length)
  }
  return Math.min(most, MOST_TEXT)
}

/** What stands before the drawing: columns of the numbers, of the times, and of all together. */
interface Margin {
  readonly number: number
  readonly time: number
  readonly columns: number
}

function marginOf(hops: readonly Hop[]): Margin {
  const longest = (texts: readonly string[]): number =>
    texts.reduce((most, text) => Math.max(most, text.length), 0)
  const number = longest(hops.map((hop) => numberText(hop)))
  const time = longest(hops.map((hop) => showTime(hop.sentNs)))
  return { number, time, columns: number + GAP + time + GAP }
}

/** A ladder being drawn. */
class Drawing {
  private readonly nodes: readonly string[]
  private readonly lane: number
  private readonly margin: Margin
  private readonly canvas: Canvas
  /** Columns for what a frame is. */
  private readonly text: number
  private readonly describer: Describer = new Describer()
  /** Rewrites whose reason was said. */
  private readonly explained = new Set<string>()

  constructor(nodes: readonly string[], lane: number, margin: Margin, canvas: Canvas) {
    this.nodes = nodes
    this.lane = lane
    this.margin = margin
    this.canvas = canvas
    this.text = canvas.width - margin.columns - nodes.length * lane
  }

  /** The names of the machines, above their lines. */
  head(): string {
    const { paint, signs } = this.canvas
    const names = this.nodes.map((node) => cut(node, this.lane - 1, signs.more).padEnd(this.lane))
    return paint.bold((' '.repeat(this.margin.columns) + names.join('')).trimEnd())
  }

  /** A hop, and below it what was rewritten. Call it for one hop after the other. */
  rows(hop: Hop): string[] {
    return [this.frame(hop), ...this.notes(hop)]
  }

  private frame(hop: Hop): string {
    const { paint, signs } = this.canvas
    const description = this.describer.describe(hop.octets)
    const lost = hop.dropped !== undefined && !USUAL_DROPS.has(hop.dropped)
    const ending = lost ? ` ${signs.lost} ${hop.dropped}` : ''
    const words = cut(shortLine(description), this.text - ending.length, signs.more)
    const number = numberText(hop).padStart(this.margin.number)
    const time = showTime(hop.sentNs).padStart(this.margin.time)
    const gap = ' '.repeat(GAP)
    const line = this.arrow(hop) + words
    return (
      number +
      gap +
      paint.dim(time) +
      gap +
      (description.resolves ? paint.dim(line) : line) +
      paint.bad(ending)
    )
  }

  private arrow(hop: Hop): string {
    const { signs } = this.canvas
    const { lane } = this
    const cells = this.lifelines()
    const start = this.nodes.indexOf(hop.fromNode) * lane
    const end = hop.toNode === undefined ? start : this.nodes.indexOf(hop.toNode) * lane
    cells[start] = signs.start
    if (end === start) {
      // Lost on the way, or from a machine to itself.
      cells[start + 1] = hop.toNode === undefined ? signs.lost : signs.left
      return cells.join('')
    }
    const step = end > start ? 1 : -1
    for (let i = start + step; i !== end; i += step) {
      cells[i] = i % lane === 0 ? signs.cross : signs.shaft
    }
    cells[end] = end > start ? signs.right : signs.left
    return cells.join('')
  }

  private lifelines(): string[] {
    const { signs } = this.canvas
    const { lane } = this
    return Array.from({ length: this.nodes.length * lane }, (_, i) =>
      i % lane === 0 ? signs.line : ' ',
    )
  }

  private notes(hop: Hop): string[] {
    if (hop.changes.length === 0) return []
    const { paint, signs } = this.canvas
    const changes = hop.changes
      .map(({ field, before, after }) => `${field} ${before} ${signs.arrow} ${after}`)
      .join(', ')
    const known = this.explained.has(`${changes} ${hop.rule}`)
    this.explained.add(`${changes} ${hop.rule}`)
    const words = hop.rule === undefined || known ? changes : `${changes}  (${hop.rule})`
    const first = this.lifelines()
    first[this.nodes.indexOf(hop.fromNode) * this.lane] = signs.branch
    const lead = ' '.repeat(this.margin.columns)
    return wrap(words, this.text).map((part, i) => {
      const cells = i === 0 ? first : this.lifelines()
      return lead + cells.join('') + paint.note(cut(part, this.text, signs.more))
    })
  }
}
