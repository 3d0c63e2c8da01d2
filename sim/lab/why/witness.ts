import { Describer, oneLine } from '../../show/describe.ts'
import {
  ALL,
  DROPPED,
  type Entry,
  Journal,
  type Places,
  RECEIVED,
  SENT,
  type Sink,
  type Trace,
} from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import type { Kin } from './kinship.ts'

/** One event of the packet's journey; `number` and `text` of frames on wires, else 0 and ''. */
export interface Testimony {
  readonly entry: Entry
  readonly number: number
  readonly text: string
}

/** Another frame as it was first seen on a wire, or as it ended without being there. */
export interface Bystander {
  readonly entry: Entry
  readonly number: number
  readonly text: string
}

/** Keeps everything that happens to the frames of a journey; of their kin the first sight. */
export class Witness implements Sink {
  readonly journey: Testimony[] = []
  readonly linked = new Map<number, Bystander>()
  private readonly kin: Kin
  private readonly places: Places
  private readonly journal = new Journal()
  private readonly describer = new Describer()
  private frames = 0

  constructor(kin: Kin, places: Places) {
    this.kin = kin
    this.places = places
  }

  listen(trace: Trace): void {
    trace.subscribe(ALL, this)
  }

  event(
    timeNs: number,
    kind: number,
    place: number,
    frame: Frame | undefined,
    code: number,
    a: number,
    b: number,
  ): void {
    if (frame === undefined) return
    const crosses = kind === SENT || kind === RECEIVED
    const number = crosses && this.places.numbered[place] ? ++this.frames : 0
    const { family, linked } = this.kin
    const ofFamily = family.has(frame.id)
    // A copy that a wire made is first seen where it arrives.
    const isSeen = crosses || kind === DROPPED
    const isNews = isSeen && !this.linked.has(frame.id)
    const ofKin = isNews && linked.has(frame.id)
    if (!ofFamily && !ofKin) {
      // Sequence numbers are told from the SYN on.
      if (kind === SENT && isSyn(frame)) this.describe(frame)
      return
    }
    this.journal.event(timeNs, kind, place, frame, code, a, b)
    const entry = this.journal.entries.pop()!
    const text = crosses || ofKin ? this.describe(frame) : ''
    if (ofFamily) this.journey.push({ entry, number, text })
    else this.linked.set(frame.id, { entry, number, text })
  }

  private describe(frame: Frame): string {
    return oneLine(this.describer.describe(frame.bytes.subarray(frame.start, frame.end)))
  }
}

/** Whether it opens a TCP connection; a guess at worst about frames that are no TCP. */
function isSyn({ view, start, end, network }: Frame): boolean {
  if (end - start < 54) return false
  const isIpv6 = view.getUint8(network) >> 4 === 6
  if (view.getUint8(network + (isIpv6 ? 6 : 9)) !== 6) return false
  const flags = network + (isIpv6 ? 40 : (view.getUint8(network) & 15) * 4) + 13
  return flags < end && (view.getUint8(flags) & 2) !== 0
}
