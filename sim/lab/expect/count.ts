import { RECEIVED, SENT } from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import type { Bound, During, Where } from '../sheet/types.ts'
import { placesOf, showPlace } from './addresses.ts'
import { counted, inTime, within } from './bounds.ts'
import { FrameFilter } from './fields.ts'
import type { Inquiry } from './inquiry.ts'
import type { LineContext } from './line.ts'
import type { FrameWatcher, Lookout } from './lookout.ts'
import type { Ears, Misfit, Of, Watch } from './watch.ts'

/** `count`: so many frames match the display filter; a frame counts once at each place. */
export class CountWatch implements Watch, FrameWatcher {
  readonly text: string
  private readonly bound: Bound
  private readonly filter: FrameFilter | undefined
  private readonly during: During | undefined
  /** Of each place: which directions count, SENT | RECEIVED. */
  private readonly kinds = new Map<number, number>()
  private count = 0

  constructor(sheet: Of<'count'>, context: LineContext) {
    this.bound = sheet.count
    this.filter = sheet.filter === undefined ? undefined : new FrameFilter(sheet.filter)
    this.during = sheet.during
    for (const where of sheet.where) {
      for (const place of placesOf(where.place, context.places)) {
        this.kinds.set(place, (this.kinds.get(place) ?? 0) | kindsOf(where))
      }
    }
    const places = sheet.where.map((where) => {
      const direction = where.direction === undefined ? '' : ` ${where.direction}`
      return showPlace(where.place) + direction
    })
    const of = sheet.filter === undefined ? '' : ` of ${sheet.filter}`
    this.text = `count ${sheet.count.text}${of} at ${places.join(', ')}`
  }

  listen({ lookout }: Ears): void {
    for (const place of this.kinds.keys()) this.watchPlace(lookout, place)
  }

  seen(timeNs: number, kind: number, place: number, frame: Frame): void {
    const matches = this.filter?.test(frame, place) ?? true
    if (matches && this.isMeant(timeNs, kind, place)) this.count++
  }

  misfit(): Misfit | undefined {
    if (within(this.bound, this.count)) return undefined
    const matched = counted(this.count, 'frame matches', 'frames match')
    const problem = `${matched}, not ${this.bound.text}`
    return this.count === 0 ? { problem } : { problem, clue: 0 }
  }

  /** The first frame that matches. */
  inquiry(): Inquiry {
    return {
      score: (timeNs, kind, place, frame) => {
        if (!this.isMeant(timeNs, kind, place)) return -1
        return (this.filter?.test(frame, place) ?? true) ? 1 : -1
      },
      differences: () => [],
    }
  }

  private watchPlace(lookout: Lookout, place: number): void {
    lookout.watch(SENT, place, this)
    lookout.watch(RECEIVED, place, this)
  }

  private isMeant(timeNs: number, kind: number, place: number): boolean {
    return ((this.kinds.get(place) ?? 0) & kind) !== 0 && inTime(this.during, timeNs)
  }
}

function kindsOf(where: Where): number {
  if (where.direction === undefined) return SENT | RECEIVED
  return where.direction === 'out' ? SENT : RECEIVED
}
