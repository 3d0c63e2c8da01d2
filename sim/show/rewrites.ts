import { Describer, macs } from './describe.ts'
import type { Hop } from './hops.ts'
import { type Canvas, table } from './paint.ts'

/**
 * The article's diagram as a table: one packet of each direction of the first translated flow, with
 * its addresses on each wire. Without a translation, the first packet that crossed more than one.
 */
export function rewriteTable(hops: readonly Hop[], canvas: Canvas): string[] {
  const request = journeyOf(hops, (hop) => hop.direction === 0) ?? longest(hops)
  if (request === undefined) return []
  const reply = journeyOf(hops, (hop) => hop.direction === 1)
  const lines = [canvas.paint.bold('The request, wire by wire'), ...rows(request, canvas)]
  if (reply !== undefined) {
    lines.push('', canvas.paint.bold('The reply, wire by wire'), ...rows(reply, canvas))
  }
  return lines
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

function rows(journey: readonly Hop[], { paint, signs }: Canvas): string[] {
  const describer = new Describer()
  const cells = journey.map((hop) => {
    const { kind, ends, details } = describer.describe(hop.octets)
    const [source = '', destination = ''] = ends.split(' > ')
    const { src, dst } = macs(hop.octets)
    const ttl = /ttl (\d+)/.exec(details)?.[1] ?? ''
    const to = hop.toNode === undefined ? signs.lost : `${hop.toNode}.${hop.toIface}`
    const changed = hop.changes.map(({ field }) => field).join(', ')
    const way = `${hop.fromNode}.${hop.fromIface} ${signs.arrow} ${to}`
    return [way, kind, source, destination, ttl, src, dst, changed]
  })
  const head = [
    'wire',
    '',
    'source',
    'destination',
    'ttl',
    'source MAC',
    'destination MAC',
    'rewritten',
  ]
  return table(head, cells, paint)
}
