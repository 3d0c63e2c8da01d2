import { Describer, oneLine } from './describe.ts'
import { DROP_WORDS, USUAL_DROPS } from './drop-words.ts'
import type { OctetChange } from './explanation.ts'
import { type Hop, numberText } from './hops.ts'
import { ladderRows } from './ladder.ts'
import { type Canvas, cut, showTime, wrap } from './paint.ts'
import type { DropReason } from '../trace/index.ts'

/** A run to be gone through frame by frame. */
export interface Deck {
  readonly title: string
  readonly aim: string
  readonly hops: readonly Hop[]
  /** Machines that take part, in the order of the drawing. */
  readonly nodes: readonly string[]
  /** What differs in a hop's frame from the same packet on the wire before. */
  readonly changes: (index: number) => readonly OctetChange[]
  /** What the sheet has to say beside a hop. */
  readonly remarks: (index: number) => readonly string[]
}

/** Columns that the mark of the current frame takes. */
const MARK = 2
/** Lines besides ladder and explanation: title, two rules, keys. */
const FRAME = 4
const LEAST_LADDER = 4
/** Columns for a frame beside the drawing: what it is stands in full below. */
const LEAST_TEXT = 12

/**
 * One screen of a run that is gone through: the ladder up to the frame that is on its way, what
 * that frame is and what was changed in it.
 */
export class StepScreen {
  private readonly deck: Deck
  private readonly canvas: Canvas
  private readonly height: number
  private readonly head: readonly string[]
  private readonly rows: readonly (readonly string[])[]
  private readonly texts: readonly string[]

  constructor(deck: Deck, canvas: Canvas, height: number) {
    this.deck = deck
    this.canvas = canvas
    this.height = height
    const narrower = { ...canvas, width: canvas.width - MARK }
    // What was rewritten is told below, of the frame that is on its way.
    const hops = deck.hops.map((hop) => ({ ...hop, changes: [] }))
    const { head, rows } = ladderRows(hops, deck.nodes, narrower, LEAST_TEXT)
    this.head = head
    this.rows = rows
    const describer = new Describer()
    this.texts = deck.hops.map((hop) => oneLine(describer.describe(hop.octets)))
  }

  /** Exactly `height` lines, with `at` frames shown; none is wider than the window. */
  lines(at: number): string[] {
    const { paint, signs, width } = this.canvas
    const rule = paint.dim(signs.shaft.repeat(width))
    const said = at === 0 ? this.opening() : this.told(at - 1)
    const room = Math.max(0, this.height - FRAME)
    const panel = said.slice(0, Math.max(0, room - Math.min(LEAST_LADDER, room)))
    const ladder = this.ladderUpTo(at, room - panel.length)
    const lines = [this.title(at), rule, ...ladder, rule, ...panel, paint.dim(this.keys(at))]
    return lines.length <= this.height ? lines : lines.slice(0, this.height)
  }

  private title(at: number): string {
    const { paint, width, signs } = this.canvas
    const { hops, title } = this.deck
    const place = `${at} of ${hops.length}`
    const room = Math.max(0, width - place.length - 2)
    const left = cut(title, room, signs.more)
    const gap = ' '.repeat(Math.max(0, width - left.length - place.length))
    return paint.bold(left) + gap + place
  }

  private keys(at: number): string {
    const { width, signs } = this.canvas
    const isLast = at === this.deck.hops.length
    const forth = isLast ? 'That was the last one.' : 'Enter next,'
    return cut(`${forth} b back, Home first, End last, q quit`, width, signs.more)
  }

  /** The machines, and the last lines of the ladder that there is room for. */
  private ladderUpTo(at: number, room: number): string[] {
    const { paint, signs } = this.canvas
    const blank = ' '.repeat(MARK)
    const head = this.head.map((line) => blank + line)
    const lines: string[] = []
    for (let i = at - 1; i >= 0 && lines.length < room; i--) {
      const [first = '', ...rest] = this.rows[i]!
      const mark = i === at - 1 ? paint.note(signs.right.padEnd(MARK)) : blank
      lines.unshift(mark + first, ...rest.map((line) => blank + line))
    }
    const shown = lines.slice(Math.max(0, lines.length + head.length - room))
    const all = [...head, ...shown].slice(0, Math.max(0, room))
    return [...all, ...Array.from({ length: Math.max(0, room - all.length) }, () => '')]
  }

  private opening(): string[] {
    const { width } = this.canvas
    return wrap(this.deck.aim, width)
  }

  private told(index: number): string[] {
    const { paint, signs, width } = this.canvas
    const hop = this.deck.hops[index]!
    const lines = wrap(this.texts[index]!, width).map((line) => paint.bold(line))
    lines.push(...wrap(wayOf(hop, signs.arrow), width))
    const changes = this.deck.changes(index)
    if (changes.length > 0) {
      const isLink = ({ field }: OctetChange): boolean => field.startsWith('eth.')
      const packetFirst = [...changes.filter((each) => !isLink(each)), ...changes.filter(isLink)]
      const each = packetFirst.map(
        ({ field, before, after }) => `${field} ${before} ${signs.arrow} ${after}`,
      )
      lines.push(...wrap(`changed: ${each.join(', ')}`, width).map((line) => paint.note(line)))
    }
    if (hop.rule !== undefined) lines.push(...wrap(`rule: ${hop.rule}`, width))
    for (const remark of this.deck.remarks(index)) {
      lines.push(...wrap(remark, width).map((line) => paint.name(line)))
    }
    return lines
  }
}

/** Where the frame goes, when, and what becomes of it there. */
function wayOf(hop: Hop, arrow: string): string {
  const { sentNs, arrivedNs, fromNode, fromIface, toNode, toIface, dropped, consumedBy } = hop
  const frame = hop.number === 0 ? '' : `frame ${numberText(hop)}, `
  const from = `${frame}${fromNode}.${fromIface}, ${showTime(sentNs)}`
  const reason = dropped as DropReason | undefined
  const why = reason === undefined ? '' : `, ${DROP_WORDS[reason]} (${reason})`
  if (toNode === undefined) return `${from} ${arrow} never arrives${why}`
  const to = `${toNode}.${toIface}, ${showTime(arrivedNs ?? sentNs)}`
  const ends = consumedBy === undefined ? '' : `, taken by ${consumedBy.toUpperCase()}`
  const usual = USUAL_DROPS.has(reason) ? ', and nobody cares for it there' : why
  return `${from} ${arrow} ${to}${reason === undefined ? ends : usual}`
}
