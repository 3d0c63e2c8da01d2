import type { Clock } from '../trace/index.ts'
import type { FlowTable } from './flow-table.ts'
import { LastSegments } from './last-segments.ts'
import { IS_ACK, IS_FIN, IS_RST, IS_SYN, IS_SYN_ACK, isAfter, type Segment } from './segment.ts'
import {
  CLOSES,
  FITS,
  MISFITS,
  SACKS,
  SCALES,
  STRAYS,
  TAKEN,
  TcpWindows,
  UNACKNOWLEDGED,
} from './tcp-windows.ts'
import {
  CLOSE,
  ESTABLISHED,
  FIN_WAIT,
  IGNORED,
  INVALID,
  LAST_ACK,
  nextTrackState,
  SYN_RECV,
  SYN_SENT,
  SYN_SENT2,
  TIME_WAIT,
  type TrackSettings,
} from './track-states.ts'

/** The segment has moved the connection: its life goes on as `timeout` says. */
export const MOVES = 0
/** It is translated, and neither state nor time move. */
export const PASSES = 1
/** It is none of the connection's. */
export const STRANGE = 2
/** The connection is over and the segment begins another. */
export const REOPENS = 3
/** As MOVES, and it was the last one. */
export const ENDS = 4

/** Marks of a connection beside those of its SYN. */
const CHALLENGED = 64
const SIMULTANEOUS = 128

const SHORT_ENOUGH_NS = 120_000_000_000

/**
 * Follows TCP connections as netfilter does (read nf_conntrack_tcp_packet of
 * net/netfilter/nf_conntrack_proto_tcp.c beside it): the table of states, the windows, and what the
 * table alone cannot tell, such as a SYN that may or may not be in step with its receiver.
 */
export class TcpTracking {
  /** Timeout of the connection that a segment has moved, as the flow table knows it. */
  timeout = 0
  private readonly clock: Clock
  private readonly flows: FlowTable
  private readonly windows = new TcpWindows()
  private readonly last = new LastSegments()
  /** Set by `reset`. */
  private stays = false
  private readonly assured: number
  private readonly answered: number
  private liberal = false
  private takesOldResets = false
  private repetitions = 3
  private timeoutsNs: readonly number[] = []
  private timeouts: readonly number[] = []
  private repeatedNs = 0
  private unacknowledgedNs = 0

  /** `assured` and `answered`: bits of the flow table's flags. */
  constructor(clock: Clock, flows: FlowTable, assured: number, answered: number) {
    this.clock = clock
    this.flows = flows
    this.assured = assured
    this.answered = answered
  }

  configure(settings: TrackSettings): void {
    this.liberal = settings.liberal
    this.takesOldResets = settings.takesOldResets
    this.repetitions = settings.tcpRepetitions
    this.timeoutsNs = settings.tcpNs
    this.timeouts = settings.tcpNs.map((timeoutNs) => this.flows.timeout(timeoutNs))
    this.repeatedNs = settings.tcpRepeatedNs
    this.unacknowledgedNs = settings.tcpUnacknowledgedNs
  }

  /** A drafted flow whose first segment this is; its state is still NONE. */
  begin(row: number, segment: Segment): void {
    this.windows.begin(row, segment)
    this.last.begin(row)
    this.follow(row, 0, segment)
  }

  /** Whether the beginner of one connection has gone on behind the beginner of another. */
  hasAdvanced(row: number, than: number): boolean {
    return isAfter(this.windows.endOf(row * 2), this.windows.endOf(than * 2))
  }

  /** A segment of direction `side`: MOVES, PASSES, STRANGE, REOPENS or ENDS. */
  follow(row: number, side: number, segment: Segment): number {
    const { kind } = segment
    const before = this.flows.state[row]!
    let from = before
    let after = nextTrackState(before, kind, side === 1)
    if (after === INVALID) return STRANGE
    if (after === SYN_SENT && before >= TIME_WAIT) {
      if (this.mayReopen(row, side)) return REOPENS
      after = IGNORED
    }
    if (after === IGNORED) {
      if (!this.resumes(row, side, segment)) return this.passOver(row, side, segment, before)
      from = SYN_SENT
      after = SYN_RECV
    } else after = this.corrected(row, side, kind, before, after)
    if (after === IGNORED) return PASSES
    if (kind === IS_RST && after === CLOSE) {
      this.stays = false
      const sure = this.reset(row, side, segment, before)
      if (sure === MISFITS) return STRANGE
      if (this.stays) after = before
      if (sure === FITS) return this.move(row, side, kind, from, after)
    }
    const judgment = this.windows.judge(row * 2 + side, segment, before, this.liberal)
    if (judgment === STRAYS) return PASSES
    if (judgment === MISFITS) {
      this.misfit(row, side, kind)
      return STRANGE
    }
    if (judgment === FITS && kind === IS_ACK) this.last.count(row, side, segment)
    return this.move(row, side, kind, from, after)
  }

  /** The state that the table says, where it cannot know better; IGNORED when nothing moves. */
  private corrected(
    row: number,
    side: number,
    kind: number,
    before: number,
    after: number,
  ): number {
    if (after === TIME_WAIT && before === LAST_ACK && kind === IS_ACK) {
      // An ACK that answers a stray SYN (RFC 5961 §4) acknowledges no FIN.
      const marks = this.last.marks[row]!
      const afterSyn = this.last.side[row] !== side && this.last.kind[row] === IS_SYN
      if (!afterSyn || (marks & CHALLENGED) === 0) return after
      this.last.marks[row] = marks & ~CHALLENGED
      return IGNORED
    }
    if (after === SYN_SENT2) this.last.marks[row]! |= SIMULTANEOUS
    const opensBoth = after === SYN_RECV && side === 1 && kind === IS_ACK
    return opensBoth && (this.last.marks[row]! & SIMULTANEOUS) !== 0 ? ESTABLISHED : after
  }

  /** Whether a SYN after the end begins anew: the end was seen in order, or the same side reset. */
  private mayReopen(row: number, side: number): boolean {
    const { windows } = this
    if (windows.hasMark(row * 2, CLOSES) || windows.hasMark(row * 2 + 1, CLOSES)) return true
    return this.last.side[row] === side && this.last.kind[row] === IS_RST
  }

  /** A SYN-ACK for a SYN that was passed over shows that both sides are in step: we follow. */
  private resumes(row: number, side: number, { kind, acknowledgment }: Segment): boolean {
    if (kind !== IS_SYN_ACK || this.last.kind[row] !== IS_SYN) return false
    if (this.last.side[row] === side || acknowledgment !== this.last.end[row]) return false
    const marks = this.last.marks[row]! & ~CHALLENGED
    this.last.marks[row] = marks
    const [end, window, scale] = [
      this.last.end[row]!,
      this.last.window[row]!,
      this.last.scale[row]!,
    ]
    this.windows.resume(row * 2 + (side ^ 1), end, window, scale, marks & (SCALES | SACKS))
    return true
  }

  /** Remembers a segment that may show the true state of the connection: its answer will tell. */
  private passOver(row: number, side: number, segment: Segment, before: number): number {
    const { kind, scale } = segment
    this.last.is(row, side, segment)
    if (kind === IS_SYN && side === 0) {
      const marks = (scale >= 0 ? SCALES : 0) | (segment.sackPermitted ? SACKS : 0)
      this.last.marks[row] = marks | (before === LAST_ACK ? CHALLENGED : 0)
      this.last.scale[row] = Math.max(0, scale)
    }
    if (before === SYN_SENT && kind === IS_ACK && side === 1) {
      this.last.acknowledgment[row] = segment.acknowledgment
    }
    return PASSES
  }

  /**
   * FITS when a reset closes whatever its window, MISFITS when it is none of the connection's, else
   * TAKEN: its window decides. `stays` is set when the connection lives on: its receiver may answer
   * a reset that is not exact with a challenge (RFC 5961 §3).
   */
  private reset(row: number, side: number, segment: Segment, before: number): number {
    if (isClosing(before)) return FITS
    const { flows } = this
    const { sequence, acknowledgment } = segment
    const flags = flows.flags[row]!
    const isAssured = (flags & this.assured) !== 0
    const isOpen = before === ESTABLISHED && isAssured
    const expected = this.windows.acknowledged(row * 2 + (side ^ 1))
    // After a SYN that was passed over nobody knows what its receiver has acknowledged.
    if (expected >= 0 && this.last.kind[row] !== IS_SYN) {
      if (sequence === 0 && !isOpen) return TAKEN
      if (isAfter(expected, sequence) && !this.takesOldResets) return MISFITS
      if (!isOpen || sequence === expected) return TAKEN
      const follows = this.last.kind[row] === IS_ACK && this.last.side[row] === side
      if (follows && sequence === this.last.end[row]) return TAKEN
      this.stays = true
    }
    const answersSyn = this.last.kind[row] === IS_SYN && this.last.side[row] !== side
    const afterSyn = (flags & this.answered) !== 0 && answersSyn
    const afterAck = !isAssured && this.last.kind[row] === IS_ACK
    // The answer to what was passed over: the connection is not the one that we know.
    if ((afterSyn || afterAck) && acknowledgment === this.last.end[row]) return FITS
    const isSure = this.answersChallenge(row, side, before, sequence)
    return isSure ? FITS : TAKEN
  }

  /** A new SYN met an old connection, whose ACK was told so by a reset (RFC 5961 §4). */
  private answersChallenge(row: number, side: number, before: number, sequence: number): boolean {
    const { kind, acknowledgment } = this.last
    if (before !== SYN_SENT || kind[row] !== IS_ACK || this.last.side[row] === side) return false
    return acknowledgment[row] === sequence
  }

  /** A FIN or RST outside the windows, and one back: the connection will not live for days. */
  private misfit(row: number, side: number, kind: number): void {
    const { flows } = this
    if ((flows.flags[row]! & this.assured) === 0 || (kind !== IS_RST && kind !== IS_FIN)) return
    const last = this.last.kind[row]
    if (this.last.side[row] === side || (last !== IS_FIN && last !== IS_RST)) {
      this.last.kind[row] = kind
      this.last.side[row] = side
      return
    }
    const { now } = this.clock
    const leftNs = flows.expiresNs(row) - now
    if (leftNs < SHORT_ENOUGH_NS || leftNs <= this.unacknowledgedNs) return
    flows.touch(row, flows.timeout(this.unacknowledgedNs), now)
  }

  private move(row: number, side: number, kind: number, before: number, after: number): number {
    const { flows, windows } = this
    this.last.kind[row] = kind
    this.last.side[row] = side
    flows.state[row] = after
    if (before !== after && after === FIN_WAIT) windows.mark(row * 2 + side, CLOSES)
    const flags = flows.flags[row]!
    const isAnswered = (flags & this.answered) !== 0
    this.timeout = this.timeoutAfter(row, kind, after, isAnswered)
    if (!isAnswered) {
      // A connection that was refused at once need not be remembered.
      if (kind === IS_RST) return ENDS
      // A SYN that is repeated must not keep a flow alive for ever.
      return kind === IS_SYN && before === SYN_SENT ? PASSES : MOVES
    }
    if (after === ESTABLISHED && (before === SYN_RECV || before === ESTABLISHED)) {
      flows.flags[row] = flags | this.assured
    }
    return MOVES
  }

  private timeoutAfter(row: number, kind: number, state: number, isAnswered: boolean): number {
    const { windows, flows } = this
    const plainNs = this.timeoutsNs[state]!
    const side = row * 2
    const isLate = this.last.repeated[row]! >= this.repetitions && plainNs > this.repeatedNs
    if (isLate) return flows.timeout(this.repeatedNs)
    if (kind === IS_RST) return this.timeouts[CLOSE]!
    const waits = windows.hasMark(side, UNACKNOWLEDGED) || windows.hasMark(side + 1, UNACKNOWLEDGED)
    const unseen = !isAnswered && state === ESTABLISHED
    if ((waits || unseen) && plainNs > this.unacknowledgedNs) {
      return flows.timeout(this.unacknowledgedNs)
    }
    const isShut = this.last.window[row] === 0 && plainNs > this.repeatedNs
    return isShut ? flows.timeout(this.repeatedNs) : this.timeouts[state]!
  }
}

/** Whether the end of the connection was seen already. */
function isClosing(state: number): boolean {
  return state >= FIN_WAIT && state <= CLOSE
}
