import * as tcp from '../wire/tcp.ts'
import { enlarged } from './columns.ts'
import { isAfter, type Segment } from './segment.ts'
import { SYN_RECV, SYN_SENT } from './track-states.ts'

/** The segment may move the connection. */
export const FITS = 0
/** It belongs to the connection, is translated and changes nothing. */
export const STRAYS = 1
/** It does not belong to the connection, which translates it no more. */
export const MISFITS = 2
/** It may move the connection, and has not moved the windows. */
export const TAKEN = 3

/** Marks of one direction. */
export const SCALES = 1
export const SACKS = 2
/** It sent the first FIN. */
export const CLOSES = 4
/** Picked up in mid-connection: its scale is unknown, so that nothing is refused. */
export const LIBERAL = 8
/** It has sent what is not acknowledged yet. */
export const UNACKNOWLEDGED = 16
const HAS_ACKNOWLEDGED = 32

/** An acknowledgment may lie this far back, whatever the window (MAXACKWINCONST). */
const OLD_ACKNOWLEDGMENT = 66_000

const FIRST_ROWS = 64

/**
 * What each direction of a tracked TCP connection may send, followed by watching both (Guido van
 * Rooij, "Real Stateful TCP Packet Filtering in IP Filter"; read tcp_in_window of Linux
 * net/netfilter/nf_conntrack_proto_tcp.c beside it). A segment fits when
 *
 * - it begins before the highest octet that the receiver has ever allowed (`maxEnd`),
 * - it acknowledges nothing that the receiver has not sent (`end`),
 * - it is not older than the receiver's largest window, and neither is its acknowledgment.
 *
 * Columns by row x 2 + direction, 18 octets each; rows are those of a flow table.
 */
export class TcpWindows {
  /** Behind the last octet that the direction has sent. */
  private end: Uint32Array = new Uint32Array(FIRST_ROWS * 2)
  /** How far it may send: the largest acknowledgment + window of the other. */
  private maxEnd: Uint32Array = new Uint32Array(FIRST_ROWS * 2)
  /** Its largest window, scaled; 0 before its first segment. */
  private maxWindow: Uint32Array = new Uint32Array(FIRST_ROWS * 2)
  private maxAck: Uint32Array = new Uint32Array(FIRST_ROWS * 2)
  private scale: Uint8Array = new Uint8Array(FIRST_ROWS * 2)
  private marks: Uint8Array = new Uint8Array(FIRST_ROWS * 2)
  /** The segment in judgment; what it says, corrected where it cannot be meant. */
  private sequence = 0
  private last = 0
  private ack = 0
  private highest = 0

  /** A new connection whose first segment this is: a SYN, or one in mid-connection. */
  begin(row: number, segment: Segment): void {
    const to = row * 2
    if (to + 1 >= this.end.length) this.grow(row)
    this.clear(to)
    this.clear(to + 1)
    this.end[to] = segment.end
    this.maxWindow[to] = Math.max(1, segment.window)
    this.maxEnd[to] = segment.end
    if ((segment.flags & tcp.SYN) !== 0) return this.readOptions(to, segment)
    this.maxEnd[to] = segment.end + this.maxWindow[to]!
    this.marks[to] = SACKS | LIBERAL
    this.marks[to + 1] = SACKS | LIBERAL
  }

  /** The direction has sent a SYN and its options that were thought of as strays. */
  resume(side: number, end: number, window: number, scale: number, marks: number): void {
    this.end[side] = end
    this.maxEnd[side] = end
    this.maxWindow[side] = Math.max(1, window)
    this.scale[side] = scale
    this.marks[side] = marks
    this.clear(side ^ 1)
  }

  hasMark(side: number, mark: number): boolean {
    return (this.marks[side]! & mark) !== 0
  }

  mark(side: number, mark: number): void {
    this.marks[side]! |= mark
  }

  /** Behind the last octet that a direction has sent. */
  endOf(side: number): number {
    return this.end[side]!
  }

  /** The highest acknowledgment of a direction, -1 while it has sent none. */
  acknowledged(side: number): number {
    return this.hasMark(side, HAS_ACKNOWLEDGED) ? this.maxAck[side]! : -1
  }

  /** FITS, STRAYS, MISFITS or TAKEN. `liberal`: nothing is refused. */
  judge(sender: number, segment: Segment, state: number, liberal: boolean): number {
    const receiver = sender ^ 1
    const { flags } = segment
    this.sequence = segment.sequence
    this.last = segment.end
    this.ack = segment.acknowledgment
    this.highest = this.hasMark(receiver, SACKS) ? segment.highest : segment.acknowledgment
    if (this.opens(sender, segment, state)) return TAKEN
    const acknowledges = (flags & tcp.ACK) !== 0
    // Resets that acknowledge nothing are meant as if they had no ACK.
    if (!acknowledges || ((flags & tcp.RST) !== 0 && this.ack === 0)) {
      this.ack = this.end[receiver]!
      this.highest = this.ack
    }
    if ((flags & tcp.RST) !== 0 && this.sequence === 0 && state === SYN_SENT) {
      this.sequence = this.end[sender]!
      this.last = this.sequence
    }
    const judgment = this.compare(sender, receiver)
    if (judgment !== FITS) return liberal || this.hasMark(sender, LIBERAL) ? TAKEN : judgment
    this.move(sender, receiver, segment, acknowledges)
    return FITS
  }

  /** Lets the segment set up its direction, if it should; true when it needs no further look. */
  private opens(sender: number, segment: Segment, state: number): boolean {
    const isSyn = (segment.flags & tcp.SYN) !== 0
    const simultaneous = (segment.flags & tcp.ACK) === 0
    if (this.maxWindow[sender] === 0) {
      if (!isSyn) {
        this.join(sender, segment)
        return false
      }
      this.open(sender, segment)
      return simultaneous
    }
    const again = isSyn && isAfter(segment.end, this.end[sender]!)
    if (!again || (state !== SYN_SENT && state !== SYN_RECV)) return false
    this.open(sender, segment)
    return simultaneous && (sender & 1) === 1
  }

  /** A SYN sets up its direction. */
  private open(sender: number, segment: Segment): void {
    const receiver = sender ^ 1
    this.end[sender] = segment.end
    this.maxEnd[sender] = segment.end
    this.maxWindow[sender] = Math.max(1, segment.window)
    this.readOptions(sender, segment)
    // Windows are scaled only when both sides offer it (RFC 7323 §2.2).
    const both = this.hasMark(sender, SCALES) && this.hasMark(receiver, SCALES)
    if ((sender & 1) === 0 || both) return
    this.scale[sender] = 0
    this.scale[receiver] = 0
  }

  /** The first segment seen of a direction is in mid-connection. */
  private join(sender: number, segment: Segment): void {
    const receiver = sender ^ 1
    this.end[sender] = segment.end
    this.maxWindow[sender] = Math.max(1, segment.window << this.scale[sender]!)
    this.maxEnd[sender] = segment.end + this.maxWindow[sender]!
    if (this.maxWindow[receiver] === 0) {
      this.end[receiver] = this.highest
      this.maxEnd[receiver] = this.highest
    } else if (this.highest === (this.end[receiver]! + 1) >>> 0) {
      // An answer to a keep-alive, probably.
      this.end[receiver] = this.highest
    }
  }

  private compare(sender: number, receiver: number): number {
    const { sequence, last, highest } = this
    const window = this.maxWindow[receiver]!
    const theirEnd = this.end[receiver]!
    const backwards = Math.max(this.maxWindow[sender]!, OLD_ACKNOWLEDGMENT)
    const isRecent = isAfter(highest, theirEnd - backwards - 1)
    const inWindow = isAfter(last, this.end[sender]! - window - 1)
    const isKnown = !isAfter(highest, theirEnd)
    if (isAfter(sequence, this.maxEnd[sender]!)) {
      const over = (last - this.maxEnd[sender]! + 1) >>> 0
      if (window === 0 || !inWindow || !isRecent || !isKnown || over > window) return MISFITS
      // More than was allowed, and nothing else wrong: the receiver may take it all the same.
      this.end[sender] = last
      this.mark(sender, UNACKNOWLEDGED)
      return STRAYS
    }
    if (!isKnown) return MISFITS
    return (window === 0 || inWindow) && isRecent ? FITS : STRAYS
  }

  private move(sender: number, receiver: number, segment: Segment, acknowledges: boolean): void {
    const { ack, highest, last } = this
    const isSyn = (segment.flags & tcp.SYN) !== 0
    const window = isSyn ? segment.window : segment.window << this.scale[sender]!
    const reach = window + ((highest - ack) >>> 0)
    if (this.maxWindow[sender]! < reach) this.maxWindow[sender] = reach
    if (isAfter(last, this.end[sender]!)) {
      this.end[sender] = last
      this.mark(sender, UNACKNOWLEDGED)
    }
    if (acknowledges) {
      const known = this.hasMark(sender, HAS_ACKNOWLEDGED)
      if (!known || isAfter(ack, this.maxAck[sender]!)) this.maxAck[sender] = ack
      this.mark(sender, HAS_ACKNOWLEDGED)
    }
    if (this.maxWindow[receiver] !== 0 && isAfter(last, this.maxEnd[sender]!)) {
      this.maxWindow[receiver] = this.maxWindow[receiver]! + ((last - this.maxEnd[sender]!) >>> 0)
    }
    if (isAfter(highest + window, this.maxEnd[receiver]! - 1)) {
      // A closed window still lets one octet through: the probe.
      this.maxEnd[receiver] = highest + window + (window === 0 ? 1 : 0)
    }
    if (ack === this.end[receiver]) this.marks[receiver]! &= ~UNACKNOWLEDGED
  }

  private readOptions(side: number, { scale, sackPermitted }: Segment): void {
    const liberal = this.marks[side]! & LIBERAL
    this.scale[side] = Math.max(0, scale)
    this.marks[side] = liberal | (scale >= 0 ? SCALES : 0) | (sackPermitted ? SACKS : 0)
  }

  private clear(side: number): void {
    this.end[side] = 0
    this.maxEnd[side] = 0
    this.maxWindow[side] = 0
    this.maxAck[side] = 0
    this.scale[side] = 0
    this.marks[side] = 0
  }

  private grow(row: number): void {
    const rows = Math.max(row + 1, this.end.length * 0.75)
    const sides = Math.ceil(rows) * 2
    this.end = enlarged(this.end, new Uint32Array(sides))
    this.maxEnd = enlarged(this.maxEnd, new Uint32Array(sides))
    this.maxWindow = enlarged(this.maxWindow, new Uint32Array(sides))
    this.maxAck = enlarged(this.maxAck, new Uint32Array(sides))
    this.scale = enlarged(this.scale, new Uint8Array(sides))
    this.marks = enlarged(this.marks, new Uint8Array(sides))
  }
}
