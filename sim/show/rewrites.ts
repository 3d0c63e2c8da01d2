import { Describer, macs } from './describe.ts'
import type { Hop } from './hops.ts'
import { type Canvas, cut, cutEnds, table } from './paint.ts'

/**
 * The article's diagram as a table: one packet of each direction of the first translated flow, with
 * its addresses on each wire and the rule behind a change. Without a translation, the first packet
 * that crossed more than one wire.
 */
export function rewriteTable(hops: readonly Hop[], canvas: Canvas): string[] {
  const request = journeyOf(hops, (hop) => hop.direction === 0) ?? longest(hops)
  if (request === undefined) return []
  const reply = journeyOf(hops, (hop) => hop.direction === 1)
  const lines = section('The request, wire by wire', request, canvas)
  if (reply === undefined) return lines
  return [...lines, '', ...section('The reply, wire by wire', reply, canvas)]
}

/** All hops of the frame that the first matching hop belongs to. */
function journeyOf(hops: readonly Hop[], fits: (hop: Hop) => boolean): Hop[] | undefined {
  const first = hops.find(fits)
  return first === undefined ? undefined : hops.filter((hop) => hop.frameId === first.frameId)
}

function longest(hops: readonly Hop[]): Hop[] | undefined {
  const counts = new Map<number, number>()
  for (const hop of hops) counts.set(hop.frameId, (counts.get(hop.frameId) ?? 0) + 1)
  const id = [...counts].find(([, count]) => count > 1)?.[0]
  return id === undefined ? undefined : hops.filter((hop) => hop.frameId === id)
}

/** A packet on one wire. */
interface Row {
  readonly way: string
  readonly kind: string
  readonly source: string
  readonly destination: string
  readonly ttl: string
  readonly sourceMac: string
  readonly destinationMac: string
  /** What its sender changed in it, and why. */
  readonly changed: string
  readonly rule: string
}

function section(title: string, journey: readonly Hop[], canvas: Canvas): string[] {
  const describer = new Describer()
  const rows = journey.map((hop) => rowOf(hop, describer, canvas))
  const whole = asTable(rows)
  const fits = whole.every((line) => line.length <= canvas.width)
  const painted = fits ? [canvas.paint.dim(whole[0]!), ...whole.slice(1)] : asList(rows, canvas)
  const rules = new Set(rows.map(({ rule }) => rule).filter((rule) => rule !== ''))
  const reasons = [...rules].map((rule) =>
    canvas.paint.note(cut(rule, canvas.width, canvas.signs.more)),
  )
  const head = canvas.paint.bold(cut(title, canvas.width, canvas.signs.more))
  return [head, ...painted, ...reasons]
}

function rowOf(hop: Hop, describer: Describer, { signs }: Canvas): Row {
  const { kind, ends, details } = describer.describe(hop.octets)
  const [source = '', destination = ''] = ends.split(' > ')
  const { src, dst } = macs(hop.octets)
  const to = hop.toNode === undefined ? signs.lost : `${hop.toNode}.${hop.toIface}`
  const changed = hop.changes.map(({ field }) => field).join(', ')
  return {
    way: `${hop.fromNode}.${hop.fromIface} ${signs.arrow} ${to}`,
    kind,
    source,
    destination,
    ttl: /ttl (\d+)/.exec(details)?.[1] ?? '',
    sourceMac: src,
    destinationMac: dst,
    changed,
    rule: changed === '' || hop.rule === undefined ? '' : `${changed}: ${hop.rule}`,
  }
}

function asTable(rows: readonly Row[]): string[] {
  const head = [
    ...['wire', '', 'source', 'destination', 'ttl'],
    ...['source MAC', 'destination MAC', 'rewritten'],
  ]
  const cells = rows.map((row) => [
    ...[row.way, row.kind, row.source, row.destination, row.ttl],
    ...[row.sourceMac, row.destinationMac, row.changed],
  ])
  return table(head, cells)
}

/** The same below one another, for windows that are too narrow for the table. */
function asList(rows: readonly Row[], { paint, signs, width }: Canvas): string[] {
  return rows.flatMap((row) => {
    const ends = `  ${row.kind} ${row.source} > ${row.destination} ttl ${row.ttl}`
    const lines = [
      cut(row.way, width, signs.more),
      ...cutEnds(ends, width, signs.more),
      cut(`  ${row.sourceMac} > ${row.destinationMac}`, width, signs.more),
    ]
    if (row.changed === '') return lines
    return [...lines, paint.note(cut(`  rewritten: ${row.changed}`, width, signs.more))]
  })
}
