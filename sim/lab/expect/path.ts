import { RECEIVED, SENT, type Places } from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import { counted } from './bounds.ts'
import type { Inquiry } from './inquiry.ts'
import { Journey } from './journey.ts'
import { Line, type LineContext } from './line.ts'
import type { FrameWatcher } from './lookout.ts'
import type { Reading } from './reading.ts'
import type { Ears, Misfit, Of, Watch } from './watch.ts'

/**
 * `path`: one packet, the nth that fits the first line, is seen at every further line in this
 * order, whatever was rewritten between. It is followed by its identity, not by its addresses.
 * With `complete` it is seen nowhere else between the first line and the last.
 */
export class PathWatch implements Watch, FrameWatcher {
  readonly text: string
  private readonly lines: readonly Line[]
  private readonly nth: number
  private readonly complete: boolean
  private readonly places: Places
  private readonly journey = new Journey()
  /** Packets that fitted the first line. */
  private candidates = 0
  /** The line to be met next. */
  private next = 0
  /** Where the packet was seen although no line says so. */
  private astray: string | undefined

  constructor(sheet: Of<'path'>, context: LineContext) {
    this.lines = sheet.lines.map((line) => new Line(line, context))
    this.nth = sheet.nth
    this.complete = sheet.complete
    this.places = context.places
    this.text = `path of ${this.lines[0]?.text ?? 'nothing'}`
  }

  listen({ lookout, trace }: Ears): void {
    this.journey.listen(trace)
    const seen = new Set<number>()
    const watch = (kind: number, place: number): void => {
      const key = place * 2 + (kind === SENT ? 0 : 1)
      if (seen.has(key)) return
      seen.add(key)
      lookout.watch(kind, place, this)
    }
    // All of them before the first watch: what they need has to see each frame before it is judged.
    for (const line of this.lines) line.prepare(lookout)
    for (const line of this.lines) {
      for (const place of line.at) watch(line.kind, place)
    }
    if (!this.complete) return
    for (const [place, { iface }] of this.places.list.entries()) {
      if (iface === undefined) continue
      watch(SENT, place)
      watch(RECEIVED, place)
    }
  }

  seen(_timeNs: number, kind: number, place: number, frame: Frame, reading: Reading): void {
    if (this.next === this.lines.length) return
    const line = this.lines[this.next]!
    if (this.next === 0) {
      if (!line.looksAt(kind, place) || !line.fits(frame, reading)) return
      if (++this.candidates < this.nth) return
      this.journey.begin(frame)
      this.next = 1
      return
    }
    if (!this.journey.has(frame)) return
    if (line.looksAt(kind, place) && line.fits(frame, reading)) this.next++
    else this.astray ??= `${this.places.name(place)} ${kind === SENT ? 'out' : 'in'}`
  }

  misfit(): Misfit | undefined {
    const expected = this.lines[this.next]?.text
    if (expected !== undefined) {
      const clue = this.next
      if (clue > 0) {
        const problem = `the packet met ${counted(clue, 'line')}, but not line ${clue + 1}`
        return { problem, expected, clue }
      }
      const fit = counted(this.candidates, 'packet fits', 'packets fit')
      const count = this.candidates === 0 ? 'no packet fits' : `only ${fit}`
      return { problem: `${count} the first line`, expected, clue }
    }
    if (!this.complete || this.astray === undefined) return undefined
    return { problem: `the packet was also seen at ${this.astray}, where no line has it` }
  }

  /** The frame of the packet's journey that comes nearest to the line that was not met. */
  inquiry(clue: number): Inquiry | undefined {
    const line = this.lines[clue]
    if (line === undefined) return undefined
    return {
      score: (_timeNs, kind, place, frame, reading) => {
        if (this.next !== clue || (clue > 0 && !this.journey.has(frame))) return -1
        return line.nearness(kind, place, frame, reading)
      },
      differences: (_timeNs, kind, place, frame, reading) =>
        line.differences(kind, place, frame, reading),
    }
  }
}
