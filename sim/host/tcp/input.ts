import { dropCode } from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import * as tcp from '../../wire/tcp.ts'
import { ACK_OK, acknowledge, sendMore } from './acknowledge.ts'
import * as ackPolicy from './ack-policy.ts'
import * as data from './data.ts'
import { finishConnect, finishAccept } from './establish.ts'
import { controls, done, enterTimeWait, waitForFin } from './life.ts'
import * as receiveWindow from './receive-window.ts'
import { replyReset } from './refuse.ts'
import type { AckNews } from './ack-news.ts'
import { sendAck } from './segment.ts'
import { after, before, plus } from './sequence.ts'
import type { Stack } from './stack.ts'
import {
  CLOSING,
  CLOSE_WAIT,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  NO_ERROR,
  OPT_SACK,
  OPT_TIMESTAMPS,
  ORPHAN,
  RECEIVE_SHUT,
  REFUSED,
  RESET,
  SEND_SHUT,
  SYN_RECEIVED,
  SYN_SENT,
  TIME_WAIT,
} from './states.ts'

/**
 * A segment for a connection (RFC 9293 §3.10.7; Linux tcp_rcv_established, tcp_rcv_state_process).
 */
const OUT_OF_WINDOW = dropCode('tcp-out-of-window')
const BAD_ACK = dropCode('tcp-bad-ack')
const UNEXPECTED = dropCode('tcp-unexpected')
const PAWS = dropCode('tcp-paws')
const { TAKEN } = data
/** A timestamp may go back once this much time has passed (24 days, RFC 7323 §5.5). */
const PAWS_AGE_NS = 24 * 86400 * 1e9

/** Handles a segment; returns `TAKEN` or the reason why it was dropped. */
export function segment(
  t: Stack,
  s: number,
  frame: Frame,
  at: number,
  end: number,
  news: AckNews,
): number {
  const { blocks: c } = t
  const { view } = frame
  const header = tcp.headerLen(view, at)
  const bits = tcp.flags(view, at)
  t.options.read(view, at + tcp.MIN_LEN, at + header)
  if (c.state[s] === SYN_SENT) return finishConnect(t, s, frame, at, end, news)
  const sequence = tcp.sequence(view, at)
  const payload = at + header
  const segmentEnd = plus(sequence, end - payload + controls(bits))
  const ack = tcp.acknowledgment(view, at)
  const refused = validate(t, s, sequence, segmentEnd, bits, ack)
  if (refused !== TAKEN) return refused
  if ((bits & tcp.ACK) === 0) return UNEXPECTED
  rememberTimestamp(t, s, sequence)
  const carries = segmentEnd !== sequence
  const window = tcp.window(view, at)
  const scale = c.sndScale[s]!
  // Where SYNs have crossed, the ACK comes with a SYN: its window is not scaled (RFC 7323 §2.2).
  if ((bits & tcp.SYN) !== 0) c.sndScale[s] = 0
  if (c.state[s] === SYN_RECEIVED && !finishAccept(t, s, sequence, ack, window)) {
    c.sndScale[s] = scale
    replyReset(t, frame, at, end)
    return BAD_ACK
  }
  const verdict = acknowledge(t, s, sequence, ack, window, carries, news)
  c.sndScale[s] = scale
  if (verdict !== ACK_OK) {
    ackPolicy.challenge(t, s)
    return BAD_ACK
  }
  const hasTs = (c.options[s]! & OPT_TIMESTAMPS) !== 0
  receiveWindow.measureRtt(t, s, end - payload, hasTs, t.options.tsEcho)
  if (c.state[s] !== ESTABLISHED) {
    const after = closing(t, s, frame, at, end, sequence, segmentEnd, bits)
    if (after !== CONTINUE) return after
  }
  const taken = data.take(t, s, frame, payload, end, sequence, bits)
  if (c.state[s] === 0) return taken
  sendMore(t, s)
  ackPolicy.check(t, s)
  return taken
}

/** RFC 7323 §5.3, then RFC 9293 §3.10.7.4 first to fourth. */
function validate(
  t: Stack,
  s: number,
  sequence: number,
  end: number,
  bits: number,
  ack: number,
): number {
  const { blocks: c } = t
  if (isOldTimestamp(t, s) && (bits & tcp.RST) === 0) {
    sendDuplicateAck(t, s, sequence, end)
    return PAWS
  }
  const next = c.rcvNxt[s]!
  const edge = plus(next, receiveWindow.windowLeft(t, s))
  const unread = c.receivedHead[s]! >= 0
  const beyond = after(end, edge) && (after(sequence, edge) || unread)
  if (before(end, c.rcvWup[s]!) || beyond) {
    if ((bits & tcp.RST) !== 0) return endsAfterFin(t, s, sequence) ? obey(t, s) : OUT_OF_WINDOW
    if ((bits & tcp.SYN) !== 0) ackPolicy.challenge(t, s)
    else sendDuplicateAck(t, s, sequence, end)
    return OUT_OF_WINDOW
  }
  if ((bits & tcp.RST) !== 0) {
    // RFC 5961 §3.2: only the exact next number resets; else the peer is asked.
    const exact = sequence === next || endsAfterFin(t, s, sequence)
    if (exact || endsLastSack(t, s, sequence)) return obey(t, s)
    ackPolicy.challenge(t, s)
    return OUT_OF_WINDOW
  }
  if ((bits & tcp.SYN) !== 0) {
    if (crosses(t, s, sequence, end, bits, ack)) return TAKEN
    ackPolicy.challenge(t, s)
    return UNEXPECTED
  }
  return TAKEN
}

/** SYN+ACK of a peer whose SYN has crossed ours: it acknowledges, and nothing in it is new. */
function crosses(
  t: Stack,
  s: number,
  sequence: number,
  end: number,
  bits: number,
  ack: number,
): boolean {
  const c = t.blocks
  if (c.state[s] !== SYN_RECEIVED || (bits & tcp.ACK) === 0) return false
  return end === plus(sequence, 1) && end === c.rcvNxt[s] && ack === c.sndNxt[s]
}

/** The peer has sent FIN, and its RST takes the number of that again (tcp_reset_check). */
function endsAfterFin(t: Stack, s: number, sequence: number): boolean {
  const c = t.blocks
  const state = c.state[s]!
  if (state !== CLOSE_WAIT && state !== LAST_ACK && state !== CLOSING) return false
  return sequence === plus(c.rcvNxt[s]!, -1)
}

/** The RST stands behind all that came, with a gap before it. */
function endsLastSack(t: Stack, s: number, sequence: number): boolean {
  const ranges = t.outOfOrder[s]
  if (ranges === undefined || ranges.count === 0) return false
  return (t.blocks.options[s]! & OPT_SACK) !== 0 && sequence === ranges.end[ranges.count - 1]
}

function obey(t: Stack, s: number): number {
  t.counters.establishedResets++
  done(t, s, t.blocks.state[s] === SYN_RECEIVED ? REFUSED : RESET)
  return dropTaken
}

/** A reset was obeyed: the segment did its work, nothing more is to be done with it. */
export const dropTaken = -2

function isOldTimestamp(t: Stack, s: number): boolean {
  const { blocks: c, options } = t
  if ((c.options[s]! & OPT_TIMESTAMPS) === 0 || !options.hasTimestamps) return false
  if (((options.tsValue - c.tsRecent[s]!) | 0) >= 0) return false
  return t.now - c.tsRecentNs[s]! < PAWS_AGE_NS
}

function rememberTimestamp(t: Stack, s: number, sequence: number): void {
  const { blocks: c, options } = t
  if (!options.hasTimestamps || after(sequence, c.rcvWup[s]!)) return
  if (((options.tsValue - c.tsRecent[s]!) | 0) < 0) return
  c.tsRecent[s] = options.tsValue
  c.tsRecentNs[s] = t.now
}

/** tcp_send_dupack: data is answered each time, an empty segment seldom. */
function sendDuplicateAck(t: Stack, s: number, sequence: number, end: number): void {
  const c = t.blocks
  if (end === sequence) return ackPolicy.answerUnwanted(t, s)
  if (before(sequence, c.rcvNxt[s]!)) {
    ackPolicy.enterQuick(t, s)
    const known = after(end, c.rcvNxt[s]!) ? c.rcvNxt[s]! : end
    data.reportDuplicate(t, s, sequence, known)
  }
  sendAck(t, s)
}

const CONTINUE = -3

/**
 * What an ACK means in the states after ESTABLISHED; `CONTINUE` when the data is to be looked at.
 */
function closing(
  t: Stack,
  s: number,
  frame: Frame,
  at: number,
  end: number,
  sequence: number,
  segmentEnd: number,
  bits: number,
): number {
  const c = t.blocks
  const state = c.state[s]!
  const finAcked = c.sndUna[s] === c.writeSeq[s]
  const fin = (bits & tcp.FIN) !== 0
  const orphan = (c.shut[s]! & ORPHAN) !== 0
  if (state === FIN_WAIT_1 && finAcked) {
    c.state[s] = FIN_WAIT_2
    c.shut[s]! |= SEND_SHUT
    if (!orphan) t.wake(s)
    else if (!hasNewData(t, s, sequence, segmentEnd, fin)) {
      if (waitForFin(t, s, fin)) return TAKEN
    }
  } else if (state === CLOSING && finAcked) {
    enterTimeWait(t, s, TIME_WAIT, 0)
    return TAKEN
  } else if (state === LAST_ACK && finAcked) {
    done(t, s, NO_ERROR)
    return TAKEN
  }
  const now = c.state[s]!
  const late = now === CLOSE_WAIT || now === CLOSING || now === LAST_ACK
  if (late && !before(sequence, c.rcvNxt[s]!)) {
    sendMore(t, s)
    ackPolicy.check(t, s)
    return TAKEN
  }
  const shut = (c.shut[s]! & RECEIVE_SHUT) !== 0
  if ((now === FIN_WAIT_1 || now === FIN_WAIT_2) && shut) {
    // Nobody will read what comes now (RFC 1122 §4.2.2.13).
    if (hasNewData(t, s, sequence, segmentEnd, fin)) {
      replyReset(t, frame, at, end)
      done(t, s, RESET)
      return UNEXPECTED
    }
  }
  return CONTINUE
}

function hasNewData(t: Stack, s: number, sequence: number, end: number, fin: boolean): boolean {
  return end !== sequence && after(plus(end, fin ? -1 : 0), t.blocks.rcvNxt[s]!)
}
