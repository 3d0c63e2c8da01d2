import { SENT, type Sink, type Trace } from '../trace/index.ts'
import { FAULTS, verify } from './checksums.ts'
import { type Breach, type Invariant, type InvariantVerdict, standing } from './invariant.ts'

type Event = Parameters<Sink['event']>

/** A cable flipped a bit of this frame on purpose (Frame.marks). */
const DAMAGED = 2

/**
 * Every frame that leaves an interface has sound lengths and checksums; one that was damaged on
 * purpose keeps its wrong checksum on its way through routers.
 */
export class ChecksumInvariant implements Invariant, Sink {
  readonly name = 'checksum'
  private broken = 0
  private first: Breach | undefined

  listen(trace: Trace): void {
    trace.subscribe(SENT, this)
  }

  event(timeNs: Event[0], _kind: Event[1], place: Event[2], frame: Event[3]): void {
    if (frame === undefined) return
    const fault = verify(frame.bytes, frame.words, frame.start, frame.end)
    if (fault === 0 || (frame.marks & DAMAGED) !== 0) return
    this.broken++
    this.first ??= { timeNs, place, frameId: frame.id, detail: FAULTS[fault]! }
  }

  verdict(): InvariantVerdict {
    return standing(this.name, this.broken, this.first)
  }
}
