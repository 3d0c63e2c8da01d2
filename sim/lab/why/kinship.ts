import { BORN, type Places, RECEIVED, SENT, type Sink, type Trace } from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import { staysOnJourney } from '../expect/journey.ts'

/** Which frames belong to the journey that was asked about, and which have to do with it. */
export interface Kin {
  /** The packet in all its shapes, by frame id. */
  readonly family: ReadonlySet<number>
  /** Frames that came of it, and the one it came of. */
  readonly linked: ReadonlySet<number>
  /** The id of the frame that the first one of the family came of; 0 for none. */
  readonly origin: number
}

/**
 * Watches a whole run for who came of whom, with two numbers a frame; finds the frame of a number.
 */
export class Kinship implements Sink {
  /** Frames that were numbered so far. */
  frames = 0
  private readonly places: Places
  private readonly wanted: number
  private readonly causes: number[] = [0]
  private readonly relations: number[] = [0]
  private found = 0

  constructor(places: Places, wanted: number) {
    this.places = places
    this.wanted = wanted
  }

  listen(trace: Trace): void {
    trace.subscribe(BORN | SENT | RECEIVED, this)
  }

  event(_timeNs: number, kind: number, place: number, frame: Frame | undefined): void {
    const { id, cause, relation } = frame!
    this.causes[id] = cause
    this.relations[id] = relation
    if (kind === BORN || !this.places.numbered[place]) return
    if (++this.frames === this.wanted) this.found = id
  }

  /** Once the run has ended; undefined when no frame has the number. */
  kin(): Kin | undefined {
    const { causes, relations } = this
    if (this.found === 0) return undefined
    const related = (id: number): boolean => staysOnJourney(relations[id] ?? 0)
    let root = this.found
    while (related(root) && causes[root]! > 0) root = causes[root]!
    const family = new Set([root])
    const linked = new Set<number>()
    const origin = causes[root]!
    if (origin > 0) linked.add(origin)
    // Nobody is older than what it came of.
    for (let id = root + 1; id < causes.length; id++) {
      if (!family.has(causes[id] ?? 0)) continue
      if (related(id)) family.add(id)
      else linked.add(id)
    }
    return { family, linked, origin }
  }
}
