import type { Frame } from '../../wire/frame.ts'
import type { Bound, During } from '../sheet/types.ts'
import { counted, inTime, showNs, within } from './bounds.ts'
import { FieldConditions } from './fields.ts'
import type { Inquiry } from './inquiry.ts'
import { Line, type LineContext } from './line.ts'
import type { FrameWatcher } from './lookout.ts'
import type { Reading } from './reading.ts'
import type { Ears, Misfit, Of, Watch } from './watch.ts'

const NONE: Bound = { min: 0, max: 0, text: '0', percent: false }

/** `packet`: so many packets fit a line, by default at least one. `never`: none does. */
export class PacketWatch implements Watch, FrameWatcher {
  readonly text: string
  private readonly line: Line
  private readonly times: Bound
  private readonly at: Bound | undefined
  private readonly during: During | undefined
  private count = 0

  constructor(sheet: Of<'packet'> | Of<'never'>, context: LineContext) {
    this.line = new Line(sheet.packetLine, context, FieldConditions.of(sheet.with, context.plan))
    this.text = `${sheet.kind} ${sheet.packetLine.text}`
    this.times = sheet.kind === 'packet' ? sheet.times : NONE
    this.at = sheet.kind === 'packet' ? sheet.at : undefined
    this.during = sheet.during
  }

  listen({ lookout }: Ears): void {
    this.line.watch(lookout, this)
  }

  seen(timeNs: number, _kind: number, _place: number, frame: Frame, reading: Reading): void {
    if (this.counts(timeNs) && this.line.fits(frame, reading)) this.count++
  }

  misfit(): Misfit | undefined {
    if (within(this.times, this.count)) return undefined
    const expected = this.line.text
    if (this.count === 0) return { problem: 'no packet fits', expected, clue: 0 }
    const fit = counted(this.count, 'packet fits', 'packets fit')
    if (this.times.max === 0) return { problem: `${fit}, none may`, clue: 0 }
    return { problem: `${fit}, ${this.times.text} should`, expected, clue: 0 }
  }

  /** The first frame that fits, else the one that comes nearest, rather at a fitting time. */
  inquiry(): Inquiry {
    const { line } = this
    return {
      score: (timeNs, kind, place, frame, reading) =>
        line.nearness(kind, place, frame, reading) + (this.counts(timeNs) ? 1 : 0),
      differences: (timeNs, kind, place, frame, reading) => {
        const list = line.differences(kind, place, frame, reading)
        if (this.at !== undefined && !within(this.at, timeNs)) {
          list.push({ name: 'time', expected: this.at.text, actual: showNs(timeNs) })
        }
        if (!inTime(this.during, timeNs)) {
          list.push({ name: 'time', expected: 'during', actual: showNs(timeNs) })
        }
        return list
      },
    }
  }

  private counts(timeNs: number): boolean {
    return inTime(this.during, timeNs) && (this.at === undefined || within(this.at, timeNs))
  }
}
