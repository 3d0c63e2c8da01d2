import { RECEIVED, SENT, type Sink, type Trace } from '../../trace/index.ts'
import type { AddressBook } from '../../wire/address-book.ts'
import type { Frame } from '../../wire/frame.ts'
import { Reading } from './reading.ts'

/** Looks at frames that pass a place it asked for. */
export interface FrameWatcher {
  /** `kind` is SENT or RECEIVED. `reading` and `frame` are only good during the call. */
  seen(timeNs: number, kind: number, place: number, frame: Frame, reading: Reading): void
}

/**
 * The one subscriber for all expectations about frames. It keeps a list of watchers for each
 * place and direction, so that a frame where nobody looks costs one look-up, and reads the
 * headers once for all.
 */
export class Lookout implements Sink {
  private readonly sent: (FrameWatcher[] | undefined)[] = []
  private readonly received: (FrameWatcher[] | undefined)[] = []
  private readonly reading: Reading
  private watching = 0

  constructor(addresses: AddressBook) {
    this.reading = new Reading(addresses)
  }

  /** Calls `watcher` for every frame of `kind` at `place`, in the order of these calls. */
  watch(kind: number, place: number, watcher: FrameWatcher): void {
    this.watching |= kind
    const lists = kind === SENT ? this.sent : this.received
    const list = lists[place]
    if (list === undefined) lists[place] = [watcher]
    else list.push(watcher)
  }

  /** Subscribes, once all watchers are there; nothing if there are none. */
  listen(trace: Trace): void {
    if (this.watching !== 0) trace.subscribe(this.watching & (SENT | RECEIVED), this)
  }

  event(timeNs: number, kind: number, place: number, frame: Frame | undefined): void {
    const list = (kind === SENT ? this.sent : this.received)[place]
    if (list === undefined || frame === undefined) return
    this.reading.place = place
    this.reading.readFrame(frame.view, frame.start, frame.end)
    for (let i = 0; i < list.length; i++) list[i]!.seen(timeNs, kind, place, frame, this.reading)
  }
}
