import { Conversations, dissect, type Dissection } from '../../judge/index.ts'
import { RECEIVED, SENT } from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import type { FrameWatcher, Lookout } from './lookout.ts'

/**
 * Takes frames apart for those who compare fields by Wireshark's names. Where relative numbers are
 * wanted it has to be shown every frame of a place, in both directions; to be shown one twice does
 * no harm.
 */
export class Dissector implements FrameWatcher {
  private readonly remembers: boolean
  private readonly conversations = new Map<number, Conversations>()
  private readonly watched = new Set<number>()

  /** `remembers`: relative numbers are wanted. */
  constructor(remembers: boolean) {
    this.remembers = remembers
  }

  /** Sees to it that it is shown the frames it needs, before the watchers that come later. */
  watch(lookout: Lookout, place: number): void {
    if (!this.remembers || this.watched.has(place)) return
    this.watched.add(place)
    lookout.watch(SENT, place, this)
    lookout.watch(RECEIVED, place, this)
  }

  seen(_timeNs: number, _kind: number, place: number, frame: Frame): void {
    this.of(frame, place)
  }

  of(frame: Frame, place: number): Dissection {
    const d = dissect(frame.bytes, frame.start, frame.end)
    if (!this.remembers) return d
    const known = this.conversations.get(place) ?? new Conversations()
    this.conversations.set(place, known)
    known.annotate(d)
    return d
  }
}
