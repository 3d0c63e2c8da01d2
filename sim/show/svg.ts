import { Describer, type Description } from './describe.ts'
import type { Hop } from './hops.ts'
import { showTime } from './paint.ts'

const LEFT = 90
/** Width of a lane, at least; and of a letter of what stands on an arrow. */
const LANE = 310
const LETTER = 6.7
const TOP = 62
const ROW = 40
const NOTE = 17
const FONT = 'font-family="ui-monospace, Menlo, Consolas, monospace"'
const INK = '#1f2933'
const FAINT = '#9aa5b1'
const ARROW = '#0b69a3'
const REWRITE = '#b44d12'

/**
 * The ladder as a picture for pages: machines as vertical lines, an arrow for each frame, what was
 * rewritten below it. ARP is left out unless `arp` is set.
 */
export function ladderSvg(
  hops: readonly Hop[],
  nodes: readonly string[],
  options: { readonly title: string; readonly arp?: boolean; readonly most?: number },
): string {
  const describer = new Describer()
  const rows = hops
    .map((hop) => ({ hop, what: describer.describe(hop.octets) }))
    .filter(({ hop, what }) => (options.arp === true || !what.resolves) && hop.toNode !== undefined)
    .slice(0, options.most ?? 40)
  const taking = nodes.filter((node) =>
    rows.some(({ hop }) => hop.fromNode === node || hop.toNode === node),
  )
  const longest = rows.reduce((most, { what }) => Math.max(most, labelOf(what).length), 0)
  const lane = Math.max(LANE, Math.ceil(longest * LETTER) + 16)
  const x = (node: string): number => LEFT + taking.indexOf(node) * lane + lane / 2
  const parts: string[] = []
  let y = TOP + 34
  for (const { hop, what } of rows) {
    const time = showTime(hop.sentNs)
    parts.push(arrow(x(hop.fromNode), x(hop.toNode!), y, labelOf(what), time))
    for (const { field, before, after } of hop.changes) {
      y += NOTE
      const text = `${field} ${before} → ${after}`
      parts.push(textAt(x(hop.fromNode), y - 2, text, { size: 11, fill: REWRITE, weight: 'bold' }))
    }
    y += ROW
  }
  const width = LEFT + taking.length * lane + 20
  const lines = taking.map((node) => lifeline(x(node), node, y - 12))
  const size = `viewBox="0 0 ${width} ${y}" width="${width}" height="${y}"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${FONT}>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    textAt(width / 2, 24, options.title, { size: 15, fill: INK, weight: 'bold' }),
    ...lines,
    ...parts,
    '</svg>',
    '',
  ].join('\n')
}

/** An arrow has room for the ends or for what is carried. */
function labelOf({ kind, ends, content, short }: Description): string {
  return short ?? `${kind} ${content === '' ? ends : content}`
}

function lifeline(x: number, node: string, bottom: number): string {
  const top = TOP + 4
  return [
    textAt(x, TOP - 6, node, { size: 13, fill: INK, weight: 'bold' }),
    `<line x1="${x}" y1="${top}" x2="${x}" y2="${bottom}" stroke="${FAINT}" stroke-width="1"/>`,
  ].join('\n')
}

function arrow(from: number, to: number, y: number, label: string, time: string): string {
  const head = to > from ? -8 : 8
  const end = to + head
  const points = `${to},${y} ${end},${y - 4} ${end},${y + 4}`
  return [
    textAt(LEFT - 12, y + 4, time, { size: 11, fill: FAINT, anchor: 'end' }),
    `<line x1="${from}" y1="${y}" x2="${end}" y2="${y}" stroke="${ARROW}" stroke-width="1.5"/>`,
    `<polygon points="${points}" fill="${ARROW}"/>`,
    textAt((from + to) / 2, y - 7, label, { size: 11, fill: INK }),
  ].join('\n')
}

interface TextLook {
  readonly size: number
  readonly fill: string
  readonly weight?: string
  readonly anchor?: 'middle' | 'end'
}

/** Text with a white rim, so that lines behind it do not strike it through. */
function textAt(x: number, y: number, text: string, look: TextLook): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const weight = look.weight === undefined ? '' : ` font-weight="${look.weight}"`
  const rim = 'paint-order="stroke" stroke="#ffffff" stroke-width="4" stroke-linejoin="round"'
  const anchor = look.anchor ?? 'middle'
  const ink = `font-size="${look.size}" fill="${look.fill}" text-anchor="${anchor}"${weight}`
  return `<text x="${x}" y="${y}" ${ink} ${rim}>${escaped}</text>`
}
