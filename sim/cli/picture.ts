import { choosersOf, createRun, type RunOptions, type Sheet } from '../lab/index.ts'
import { type Hop, hopsOf } from '../show/hops.ts'
import { ladder } from '../show/ladder.ts'
import { narrate } from '../show/narrate.ts'
import { type Canvas, wrap } from '../show/paint.ts'
import { rewriteTable } from '../show/rewrites.ts'
import { ladderSvg } from '../show/svg.ts'
import { Journal, type Places } from '../trace/index.ts'

/** Events that are kept for drawing; a ladder of more is read by nobody. */
const JOURNAL_LIMIT = 200_000
const SLICE = 10_000
/** Columns of running text. */
const TEXT_WIDTH = 100

/** What a second, equal run tells about the first. */
interface Story {
  readonly sheet: Sheet
  readonly journal: Journal
  readonly places: Places
  readonly hops: readonly Hop[]
  readonly nodes: readonly string[]
}

/** Runs the sheet once more, with everything kept that a picture needs. */
export function retell(sheet: Sheet, options: RunOptions): Story {
  const run = createRun(sheet, options)
  const journal = new Journal(JOURNAL_LIMIT)
  journal.listen(run.trace)
  while (journal.missed === 0 && !run.advance(SLICE));
  const hops = hopsOf(journal.entries, run.places, run.rules(), run.formatAddress)
  const nodes = sheet.plan.nodes.map((node) => node.name)
  return { sheet, journal, places: run.places, hops, nodes }
}

/** Aim, ladder, addresses at each hop and decisions. */
export function picture(story: Story, canvas: Canvas, all: boolean): string[] {
  const { sheet, journal, places, hops, nodes } = story
  const { paint, width } = canvas
  const lines = [paint.bold(sheet.title), ...wrap(sheet.aim, Math.min(width, TEXT_WIDTH)), '']
  lines.push(...ladder(hops, nodes, canvas, all ? Number.POSITIVE_INFINITY : undefined))
  if (hops.some((hop) => hop.number > 0)) {
    lines.push(
      ...wrap(`vipwire why ${sheet.file} N tells the journey of frame N`, width).map((line) =>
        paint.dim(line),
      ),
    )
  }
  if (journal.missed > 0) {
    lines.push(`only the first ${JOURNAL_LIMIT} events are told; -o DIR writes all as captures`)
  }
  const addresses = rewriteTable(hops, canvas)
  if (addresses.length > 0) lines.push('', ...addresses)
  const sentences = narrate(journal.entries, places, choosersOf(sheet), width)
  if (sentences.length > 0) lines.push('', paint.bold('What was decided'), ...sentences)
  lines.push('')
  return lines
}

/** The ladder as SVG. */
export function svgPicture({ sheet, hops, nodes }: Story): string {
  return ladderSvg(hops, nodes, { title: sheet.title })
}
