import { RECEIVED, SENT, type Sink, type Trace, TRANSLATED } from '../../trace/index.ts'
import type { Places } from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import type { Difference, Evidence } from '../verdict.ts'
import type { Setting } from './addresses.ts'
import { onSameJourney } from './journey.ts'
import { Reading } from './reading.ts'
import type { StreamStarts } from './streams.ts'

/**
 * A question to a second run of the sheet: which frame comes nearest to what was expected? Asked of
 * every frame at every interface, before the expectations of that run see it.
 */
export interface Inquiry {
  /** A higher score is nearer, among equals the first counts; below 0 is no candidate. */
  score(timeNs: number, kind: number, place: number, frame: Frame, reading: Reading): number
  /** What differs in the frame that came nearest. */
  differences(
    timeNs: number,
    kind: number,
    place: number,
    frame: Frame,
    reading: Reading,
  ): Difference[]
}

/** Says in one line what a frame is. */
export type Describe = (frame: Frame, reading: Reading, streams: StreamStarts) => string

/** Packets whose last rewriting rule is remembered. */
const RULES_LIMIT = 65536

/** The frame nearest so far, with all that is told of it. */
interface Best {
  score: number
  evidence: Evidence | undefined
}

/** Watches a second run for a set of inquiries. Memory: one frame's description an inquiry. */
export class Detective implements Sink {
  private readonly places: Places
  private readonly rules: readonly string[]
  private readonly describe: Describe
  private readonly streams: StreamStarts
  private readonly inquiries: readonly Inquiry[]
  private readonly best: Best[]
  private readonly reading: Reading
  private readonly counts: Float64Array
  private total = 0
  private readonly ruleOf = new Map<number, number>()

  constructor(
    inquiries: readonly Inquiry[],
    { places, addresses }: Pick<Setting, 'places' | 'addresses'>,
    rules: readonly string[],
    describe: Describe,
    streams: StreamStarts,
  ) {
    this.streams = streams
    this.inquiries = inquiries
    this.places = places
    this.reading = new Reading(addresses)
    this.rules = rules
    this.describe = describe
    this.best = inquiries.map(() => ({ score: -1, evidence: undefined }))
    this.counts = new Float64Array(places.list.length)
  }

  /** Has to come before the run's own expectations listen. */
  listen(trace: Trace): void {
    trace.subscribe(SENT | RECEIVED | TRANSLATED, this)
  }

  /** What was found for each inquiry, in their order. */
  evidence(): (Evidence | undefined)[] {
    return this.best.map((best) => best.evidence)
  }

  event(timeNs: number, kind: number, place: number, frame: Frame | undefined, code: number): void {
    if (frame === undefined) return
    if (kind === TRANSLATED) {
      this.ruleOf.delete(frame.id)
      this.ruleOf.set(frame.id, code)
      if (this.ruleOf.size > RULES_LIMIT) this.ruleOf.delete(this.ruleOf.keys().next().value!)
      return
    }
    this.counts[place]!++
    if (this.places.numbered[place]) this.total++
    this.reading.place = place
    this.reading.readFrame(frame.view, frame.start, frame.end)
    this.streams.seen(timeNs, kind, place, frame, this.reading)
    for (const [i, inquiry] of this.inquiries.entries()) {
      const score = inquiry.score(timeNs, kind, place, frame, this.reading)
      if (score <= this.best[i]!.score) continue
      this.best[i] = { score, evidence: this.evidenceOf(inquiry, timeNs, kind, place, frame) }
    }
  }

  private evidenceOf(
    inquiry: Inquiry,
    timeNs: number,
    kind: number,
    place: number,
    frame: Frame,
  ): Evidence {
    const rule =
      this.ruleOf.get(frame.id) ?? (onSameJourney(frame) ? this.ruleOf.get(frame.cause) : undefined)
    return {
      timeNs,
      place: this.places.name(place),
      direction: kind === SENT ? 'out' : 'in',
      number: this.counts[place]!,
      numberOfAll: this.places.numbered[place] ? this.total : 0,
      text: this.describe(frame, this.reading, this.streams),
      differences: inquiry.differences(timeNs, kind, place, frame, this.reading),
      rule: rule === undefined ? undefined : this.rules[rule],
    }
  }
}
