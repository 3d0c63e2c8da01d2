import { RECEIVED, SENT, type Places } from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import { FrameFilter } from './fields.ts'
import type { Inquiry } from './inquiry.ts'
import { Line, type LineContext } from './line.ts'
import type { FrameWatcher } from './lookout.ts'
import type { Reading } from './reading.ts'
import type { Ears, Misfit, Of, Watch } from './watch.ts'

/**
 * `order`: the lines are met one after the other. With `only`, nothing else that the filter matches
 * passes the places of the lines, in either direction.
 */
export class OrderWatch implements Watch, FrameWatcher {
  readonly text: string
  private readonly lines: readonly Line[]
  private readonly only: FrameFilter | undefined
  private readonly places: Places
  private next = 0
  /** How many lines had been met when a frame came that should not have; -1 for none. */
  private brokenAt = -1
  private intruder = ''

  constructor(sheet: Of<'order'>, context: LineContext) {
    this.lines = sheet.lines.map((line) => new Line(line, context))
    this.only = sheet.only === undefined ? undefined : new FrameFilter(sheet.only)
    this.places = context.places
    const only = sheet.only === undefined ? '' : ` and no other ${sheet.only}`
    this.text = `order of ${this.lines.length} lines${only}, from ${this.lines[0]?.text ?? 'none'}`
  }

  listen({ lookout }: Ears): void {
    const seen = new Set<number>()
    // All of them before the first watch: what they need has to see each frame before it is judged.
    for (const line of this.lines) line.prepare(lookout)
    for (const line of this.lines) {
      const kinds = this.only === undefined ? [line.kind] : [SENT, RECEIVED]
      for (const place of line.at) {
        for (const kind of kinds) {
          const key = place * 2 + (kind === SENT ? 0 : 1)
          if (seen.has(key)) continue
          seen.add(key)
          lookout.watch(kind, place, this)
        }
      }
    }
  }

  seen(_timeNs: number, kind: number, place: number, frame: Frame, reading: Reading): void {
    const matches = this.only?.test(frame, place) ?? true
    if (this.brokenAt >= 0) return
    const line = this.lines[this.next]
    if (line?.looksAt(kind, place) && line.fits(frame, reading)) {
      this.next++
    } else if (this.only !== undefined && matches) {
      this.brokenAt = this.next
      this.intruder = `${this.places.name(place)} ${kind === SENT ? 'out' : 'in'}`
    }
  }

  misfit(): Misfit | undefined {
    const expected = this.lines[this.next]?.text
    if (this.brokenAt >= 0) {
      const when = expected === undefined ? 'after the last line' : `before line ${this.next + 1}`
      const problem = `another frame passed ${this.intruder} ${when}`
      const clue = this.brokenAt
      return expected === undefined ? { problem, clue } : { problem, expected, clue }
    }
    if (expected === undefined) return undefined
    const line = `line ${this.next + 1} of ${this.lines.length}`
    const problem = `${line} was not seen after those before it`
    return { problem, expected, clue: this.next }
  }

  /** Without `only` the frame nearest to the line that was not met, else the one that intruded. */
  inquiry(clue: number): Inquiry | undefined {
    const line = this.lines[clue]
    const differences: Inquiry['differences'] = (_timeNs, kind, place, frame, reading) =>
      line?.differences(kind, place, frame, reading) ?? []
    if (this.only === undefined) {
      return {
        score: (_timeNs, kind, place, frame, reading) =>
          this.next === clue && line !== undefined
            ? line.nearness(kind, place, frame, reading)
            : -1,
        differences,
      }
    }
    return {
      score: (_timeNs, kind, place, frame, reading) => this.intrudes(kind, place, frame, reading),
      differences,
    }
  }

  /** Asked before `seen`: whether this frame will be the first that should not have come. */
  private intrudes(kind: number, place: number, frame: Frame, reading: Reading): number {
    const line = this.lines[this.next]
    if (this.brokenAt >= 0 || this.only === undefined) return -1
    if (!this.lines.some((each) => each.at.includes(place))) return -1
    if (line?.looksAt(kind, place) && line.fits(frame, reading)) return -1
    return this.only.test(frame, place) ? 1 : -1
  }
}
