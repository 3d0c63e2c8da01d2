import { type Lab, type LabSettings, PATTERN, type Segment, type Side } from './lab.ts'

/** Loses the segments of one side that a rule picks, each only once. */
export function lose(
  fromClient: boolean,
  pick: (segment: Segment) => boolean,
  times = 1,
): LabSettings {
  let left = times
  return {
    loss: (segment) => {
      if (left === 0 || segment.fromClient !== fromClient || !pick(segment)) return false
      left--
      return true
    },
  }
}

/** Gaps between the segments that a rule picks, in whole milliseconds. */
export function gaps(lab: Lab, pick: (segment: Segment) => boolean): number[] {
  const times = lab.segments.filter(pick).map((segment) => segment.timeMs)
  return times.slice(1).map((time, i) => Math.round(time - times[i]!))
}

/** A side that writes `size` octets in all, as the buffer takes them. */
export function sender(size: number, close = false): (side: Side) => void {
  let at = 0
  return (side) => {
    side.drain()
    while (at < size) {
      const taken = side.host.tcp.write(side.socket, PATTERN, at, Math.min(size, at + 65536))
      at += taken
      if (taken === 0) return
    }
    if (close || side.atEnd) side.close()
  }
}
