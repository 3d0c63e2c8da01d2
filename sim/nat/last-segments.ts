import { enlarged } from './columns.ts'
import type { Segment } from './segment.ts'

/** Kind of the last segment before there is one. */
const NO_KIND = 0xff
const FIRST_ROWS = 64

/**
 * The last segment of each tracked TCP connection that moved it, or was passed over: what the next
 * one may refer to. Columns by the rows of a flow table, 19 octets each.
 */
export class LastSegments {
  kind: Uint8Array = new Uint8Array(FIRST_ROWS)
  side: Uint8Array = new Uint8Array(FIRST_ROWS)
  end: Uint32Array = new Uint32Array(FIRST_ROWS)
  acknowledgment: Uint32Array = new Uint32Array(FIRST_ROWS)
  window: Uint16Array = new Uint16Array(FIRST_ROWS)
  /** How often the last ACK has come again. */
  repeated: Uint8Array = new Uint8Array(FIRST_ROWS)
  /** Options of a SYN that was passed over, and marks of the connection. */
  marks: Uint8Array = new Uint8Array(FIRST_ROWS)
  scale: Uint8Array = new Uint8Array(FIRST_ROWS)
  private sequence: Uint32Array = new Uint32Array(FIRST_ROWS)

  /** A new connection: nothing of it has passed yet. */
  begin(row: number): void {
    if (row >= this.kind.length) this.grow(row)
    this.kind[row] = NO_KIND
    this.side[row] = 0
    this.sequence[row] = 0
    this.end[row] = 0
    this.acknowledgment[row] = 0
    this.window[row] = 0
    this.repeated[row] = 0
    this.marks[row] = 0
    this.scale[row] = 0
  }

  /** A segment that was passed over; its acknowledgment is not believed. */
  is(row: number, side: number, { kind, sequence, end, window }: Segment): void {
    this.kind[row] = kind
    this.side[row] = side
    this.sequence[row] = sequence
    this.end[row] = end
    this.window[row] = window
  }

  /** An ACK that fitted: counts how often the same comes again. */
  count(row: number, side: number, { sequence, acknowledgment, end, window }: Segment): void {
    const same =
      this.side[row] === side &&
      this.sequence[row] === sequence &&
      this.acknowledgment[row] === acknowledgment &&
      this.end[row] === end &&
      this.window[row] === window
    if (same) {
      this.repeated[row]!++
      return
    }
    this.side[row] = side
    this.sequence[row] = sequence
    this.acknowledgment[row] = acknowledgment
    this.end[row] = end
    this.window[row] = window
    this.repeated[row] = 0
  }

  private grow(row: number): void {
    const rows = Math.max(row + 1, Math.ceil(this.kind.length * 1.5))
    this.kind = enlarged(this.kind, new Uint8Array(rows))
    this.side = enlarged(this.side, new Uint8Array(rows))
    this.sequence = enlarged(this.sequence, new Uint32Array(rows))
    this.end = enlarged(this.end, new Uint32Array(rows))
    this.acknowledgment = enlarged(this.acknowledgment, new Uint32Array(rows))
    this.window = enlarged(this.window, new Uint16Array(rows))
    this.repeated = enlarged(this.repeated, new Uint8Array(rows))
    this.marks = enlarged(this.marks, new Uint8Array(rows))
    this.scale = enlarged(this.scale, new Uint8Array(rows))
  }
}
