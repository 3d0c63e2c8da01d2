import { RECEIVED, SENT } from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import * as tcp from '../../wire/tcp.ts'
import type { FrameWatcher, Lookout } from './lookout.ts'
import type { Reading } from './reading.ts'

/** Directions of flows whose beginnings are remembered; the oldest are forgotten first. */
const LIMIT = 65536

/**
 * Relative sequence numbers, for each place as Wireshark counts them in a capture taken there:
 * from the first SYN of each direction, so that data starts at 1. Where no SYN was seen, the
 * first segment seen is taken to be at 1.
 */
export class StreamStarts implements FrameWatcher {
  private readonly starts = new Map<string, number>()
  private readonly watched = new Set<number>()

  /** Looks at both directions of `place`; has to come before the watchers that ask. */
  watch(lookout: Lookout, place: number): void {
    if (this.watched.has(place)) return
    this.watched.add(place)
    lookout.watch(SENT, place, this)
    lookout.watch(RECEIVED, place, this)
  }

  seen(_timeNs: number, _kind: number, _place: number, _frame: Frame, reading: Reading): void {
    if (!reading.hasTcpHeader) return
    const { view, transport } = reading
    const key = ownKey(reading)
    const isSyn = (tcp.flags(view, transport) & tcp.SYN) !== 0
    if (!isSyn && this.starts.has(key)) return
    const sequence = tcp.sequence(view, transport)
    this.starts.delete(key)
    this.starts.set(key, isSyn ? sequence : (sequence - 1) >>> 0)
    if (this.starts.size > LIMIT) this.starts.delete(this.starts.keys().next().value!)
  }

  /** Sequence number of this segment, counted from its direction's start; -1 without one. */
  sequence(reading: Reading): number {
    if (!reading.isTcp) return -1
    return this.relative(ownKey(reading), tcp.sequence(reading.view, reading.transport))
  }

  /** A number of the other direction (an acknowledgment, a SACK edge), counted from its start. */
  opposite(reading: Reading, number: number): number {
    const { place, src, srcPort, dst, dstPort } = reading
    return this.relative(`${place} ${dst}:${dstPort} ${src}:${srcPort}`, number)
  }

  private relative(key: string, number: number): number {
    const start = this.starts.get(key)
    return start === undefined ? number : (number - start) >>> 0
  }
}

function ownKey(reading: Reading): string {
  const { place, src, srcPort, dst, dstPort } = reading
  return `${place} ${src}:${srcPort} ${dst}:${dstPort}`
}
