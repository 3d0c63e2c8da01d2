import { BORN, type Sink, type Trace } from '../../trace/index.ts'
import { COPY, ENCAPSULATED, FRAGMENT, type Frame, REASSEMBLED } from '../../wire/frame.ts'

/** Relations that keep a frame on the journey of the frame it comes from. */
const SAME_JOURNEY = (1 << COPY) | (1 << FRAGMENT) | (1 << REASSEMBLED) | (1 << ENCAPSULATED)

/** Whether a frame with this relation is the frame it comes from, in another shape or place. */
export function staysOnJourney(relation: number): boolean {
  return ((SAME_JOURNEY >> relation) & 1) === 1
}

export function onSameJourney(frame: Frame): boolean {
  return staysOnJourney(frame.relation)
}

/**
 * Follows one packet: the frame it began with, and every copy, fragment or tunnel packet made of
 * it. Inactive until `begin`.
 */
export class Journey implements Sink {
  private readonly ids = new Set<number>()

  listen(trace: Trace): void {
    trace.subscribe(BORN, this)
  }

  get begun(): boolean {
    return this.ids.size > 0
  }

  begin(frame: Frame): void {
    this.ids.add(frame.id)
  }

  has(frame: Frame): boolean {
    return this.ids.has(frame.id)
  }

  event(_timeNs: number, _kind: number, _place: number, frame: Frame | undefined): void {
    if (this.ids.size === 0 || frame === undefined) return
    if (onSameJourney(frame) && this.ids.has(frame.cause)) this.ids.add(frame.id)
  }
}
