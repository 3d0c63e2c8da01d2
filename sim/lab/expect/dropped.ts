import {
  dropCode,
  DROPPED,
  DROPS,
  type DropReason,
  type Places,
  type Sink,
} from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import { placesAround, type Setting, showPlace } from './addresses.ts'
import { counted, inTime, within } from './bounds.ts'
import type { Ears, Misfit, Of, Watch } from './watch.ts'

/** `dropped`: so many packets were dropped for this reason. */
export class DroppedWatch implements Watch, Sink {
  readonly text: string
  private readonly sheet: Of<'dropped'>
  private readonly places: Places
  private readonly reason: number
  private readonly where: ReadonlySet<number> | undefined
  private count = 0
  /** Drops for other reasons at these places, for the message. */
  private readonly others = new Float64Array(DROPS.length)
  private firstAt = ''

  constructor(sheet: Of<'dropped'>, context: Setting) {
    this.sheet = sheet
    this.places = context.places
    this.reason = dropCode(sheet.reason as DropReason)
    const { where } = sheet
    this.where = where === undefined ? undefined : new Set(placesAround(where, context.places))
    const at = where === undefined ? '' : ` at ${showPlace(where)}`
    this.text = `dropped ${sheet.reason}${at} ${sheet.times.text}`
  }

  listen({ trace }: Ears): void {
    trace.subscribe(DROPPED, this)
  }

  event(
    timeNs: number,
    _kind: number,
    place: number,
    _frame: Frame | undefined,
    code: number,
  ): void {
    if (!inTime(this.sheet.during, timeNs)) return
    if (this.where !== undefined && !this.where.has(place)) return
    if (code !== this.reason) {
      this.others[code]!++
      return
    }
    if (this.count++ === 0) this.firstAt = this.places.name(place)
  }

  misfit(): Misfit | undefined {
    const { times, reason } = this.sheet
    if (within(times, this.count)) return undefined
    const dropped = counted(this.count, 'packet was', 'packets were')
    const first = this.count === 0 ? '' : `, first at ${this.firstAt}`
    const others: string[] = []
    for (const [code, count] of this.others.entries()) {
      if (count > 0) others.push(`${count} ${DROPS[code]!}`)
    }
    const beside = others.length === 0 ? '' : `; dropped otherwise: ${others.join(', ')}`
    return { problem: `${dropped} dropped as ${reason}${first}, not ${times.text}${beside}` }
  }
}
