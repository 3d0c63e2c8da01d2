import * as tcp from '../../wire/tcp.ts'
import { clearTimer, rearm, rearmRto, setKeepalive, setTimer } from './deadlines.ts'
import { sendCompressed } from './ack-policy.ts'
import { done, enterTimeWait } from './life.ts'
import { drawFlowLabel } from './identity.ts'
import * as loss from './loss.ts'
import { findLost } from './rack.ts'
import { retransmitLost } from './repair.ts'
import { enterLoss } from './timeout-loss.ts'
import { suspectBlackHole } from './path-mtu.ts'
import { inFlight, lastSent, payloadOf, split } from './queue.ts'
import { sendAck, sendReset, sendSegment } from './segment.ts'
import { EVER_RETRANSMITTED } from './send-queue.ts'
import { before, distance, plus } from './sequence.ts'
import type { Stack } from './stack.ts'
import {
  ACK_SCHEDULED,
  ACK_TIMER,
  ATO_MIN_NS,
  CLOSED,
  CORK,
  FIN_WAIT_2,
  LISTEN,
  ORPHAN,
  RTO_MAX_NS,
  RTO_MIN_NS,
  SYN_RECEIVED,
  SYN_SENT,
  TIMEOUT,
  TIMER_LOSS_PROBE,
  TIMER_NONE,
  TIMER_REORDER,
  TIMER_RTO,
  TIMER_WINDOW_PROBE,
} from './states.ts'
import { AT_ONCE, currentMss, retransmit, transmitQueue, windowEnd } from './transmit.ts'

/** What happens when a connection's deadline is reached (Linux tcp_timer.c). */
export function expire(t: Stack, s: number): void {
  const c = t.blocks
  c.eventNs[s] = Infinity
  c.eventToken[s] = -1
  // A machine that is off does nothing, and has forgotten its timers when it comes back.
  if (t.host.down || c.state[s] === CLOSED || c.state[s] === LISTEN) return
  const { now } = t
  if (c.compressedNs[s]! <= now) sendCompressed(t, s)
  if (c.delayedAckNs[s]! <= now) delayedAck(t, s)
  if (c.timerNs[s]! <= now) retransmission(t, s)
  if (c.state[s] !== CLOSED && c.keepaliveNs[s]! <= now) keepalive(t, s)
  if (c.state[s] !== CLOSED) rearm(t, s)
}

function delayedAck(t: Stack, s: number): void {
  const c = t.blocks
  c.delayedAckNs[s] = Infinity
  c.ackPending[s]! &= ~ACK_TIMER
  if ((c.ackPending[s]! & ACK_SCHEDULED) === 0) return
  if (c.pingpong[s] === 0) c.atoNs[s] = Math.min(c.atoNs[s]! * 2, c.rtoNs[s]!)
  else {
    // The answer did not come in time: the talk is not to and fro after all.
    c.pingpong[s] = 0
    c.atoNs[s] = ATO_MIN_NS
  }
  sendAck(t, s)
}

function retransmission(t: Stack, s: number): void {
  const c = t.blocks
  const kind = c.timerKind[s]!
  clearTimer(t, s)
  if (kind === TIMER_RTO) timeout(t, s)
  else if (kind === TIMER_LOSS_PROBE) lossProbe(t, s)
  else if (kind === TIMER_WINDOW_PROBE) windowProbe(t, s)
  else if (kind === TIMER_REORDER) reorder(t, s)
}

/** The retransmission timeout (RFC 6298 §5.4 to 5.6; tcp_retransmit_timer). */
function timeout(t: Stack, s: number): void {
  const c = t.blocks
  if (c.packetsOut[s] === 0) return
  if (c.state[s] !== SYN_SENT && c.state[s] !== SYN_RECEIVED)
    suspectBlackHole(t, s, patience(t.settings.retries1))
  if (isHopeless(t, s)) return done(t, s, TIMEOUT)
  t.counters.timeouts++
  enterLoss(t, s)
  c.retransmits[s]!++
  c.totalRto[s]!++
  c.flowLabel[s] = drawFlowLabel(t, c.remoteAddress[s]!)
  retransmit(t, s, c.queueHead[s]!, 1)
  const linear = c.state[s] === SYN_SENT && c.totalRto[s]! <= t.settings.synLinear
  if (!linear) {
    c.backoff[s]!++
    c.rtoNs[s] = Math.min(c.rtoNs[s]! * 2, RTO_MAX_NS)
  }
  setTimer(t, s, TIMER_RTO, c.rtoNs[s]!)
}

/** Whether the peer has been silent for so long that the connection is given up. */
function isHopeless(t: Stack, s: number): boolean {
  const { blocks: c, settings } = t
  const state = c.state[s]!
  if (state === SYN_SENT) return c.retransmits[s]! >= settings.synRetries + settings.synLinear
  // A socket whose SYN has crossed another counts on, without the linear ones (tcp_write_timeout).
  if (state === SYN_RECEIVED) return c.retransmits[s]! >= settings.synRetries
  const orphan = (c.shut[s]! & ORPHAN) !== 0
  const retries = orphan ? Math.min(settings.orphanRetries, settings.retries2) : settings.retries2
  if (c.retransmits[s] === 0) return false
  const limit = c.userTimeoutNs[s] !== 0 ? c.userTimeoutNs[s]! : patience(retries)
  return t.now - c.retransStartNs[s]! >= limit
}

/** Time that `retries` timeouts with doubling take, from the least RTO (retransmits_timed_out). */
export function patience(retries: number): number {
  const doubling = 9
  if (retries <= doubling) return (2 * (1 << retries) - 1) * RTO_MIN_NS
  return (2 * (1 << doubling) - 1) * RTO_MIN_NS + (retries - doubling) * RTO_MAX_NS
}

/** Sends new data, or else the last segment again, to provoke an ACK (RFC 8985 §7.3). */
function lossProbe(t: Stack, s: number): void {
  const { blocks: c, sends } = t
  if (c.packetsOut[s] === 0) return
  if (c.tlpHighSeq[s] !== 0) return rearmRto(t, s)
  t.counters.lossProbes++
  c.tlpRetrans[s] = 0
  const outstanding = c.packetsOut[s]!
  const next = c.queueNext[s]!
  let sent = false
  if (next >= 0) sent = transmitQueue(t, s, AT_ONCE, 1, true) && c.packetsOut[s]! > outstanding
  if (!sent) {
    let last = lastSent(t, s)
    if (last < 0) return rearmRto(t, s)
    const mss = currentMss(t, s)
    const segments = sends.segments[last]!
    if (segments > 1 && payloadOf(t, last) > (segments - 1) * mss) {
      last = split(t, s, last, (segments - 1) * mss, mss)
    }
    c.tlpRetrans[s] = 1
    const started = c.retransStartNs[s]!
    const retransOut = c.retransOut[s]!
    const undoRetrans = c.undoRetrans[s]!
    const marks = sends.marks[last]!
    retransmit(t, s, last, 1)
    // A probe does not count as a repair in flight.
    c.retransOut[s] = retransOut
    c.undoRetrans[s] = undoRetrans
    c.retransStartNs[s] = started
    sends.marks[last] = marks | EVER_RETRANSMITTED
  }
  c.tlpHighSeq[s] = c.sndNxt[s]!
  clearTimer(t, s)
  rearmRto(t, s)
}

/** Segments held back for reordering have waited long enough. */
function reorder(t: Stack, s: number): void {
  const c = t.blocks
  if (c.packetsOut[s] === 0) return
  c.rackAdvanced[s] = 1
  const flying = inFlight(t, s)
  findLost(t, s, undefined)
  const lost = flying - inFlight(t, s)
  if (lost !== 0) {
    loss.enterRecoveryByTimer(t, s, lost)
    retransmitLost(t, s)
  }
  if (c.timerKind[s] === TIMER_NONE) rearmRto(t, s)
}

/** Asks a peer with a closed window (RFC 9293 §3.8.6.1; tcp_probe_timer). */
function windowProbe(t: Stack, s: number): void {
  const { blocks: c, sends } = t
  const next = c.queueNext[s]!
  if (c.packetsOut[s] !== 0 || next < 0) return
  const orphan = (c.shut[s]! & ORPHAN) !== 0
  const most = orphan ? t.settings.orphanRetries : t.settings.retries2
  if (c.probes[s]! >= most) return done(t, s, TIMEOUT)
  if (before(sends.sequence[next]!, windowEnd(t, s))) wakeUp(t, s, next)
  else probe(t, s)
  if (c.packetsOut[s] !== 0) return
  c.probes[s]!++
  if (c.backoff[s]! < t.settings.retries2) c.backoff[s]!++
  const base = Math.max(c.rtoNs[s]!, RTO_MIN_NS)
  setTimer(
    t,
    s,
    TIMER_WINDOW_PROBE,
    Math.min(base * (1 << Math.min(c.backoff[s]!, 20)), RTO_MAX_NS),
  )
}

/** Sends what fits a window smaller than a segment (tcp_write_wakeup). */
function wakeUp(t: Stack, s: number, next: number): void {
  const { blocks: c, sends } = t
  const mss = currentMss(t, s)
  const room = Math.min(mss, distance(windowEnd(t, s), sends.sequence[next]!))
  if (payloadOf(t, next) > room) split(t, s, next, room, mss)
  sends.bits[next]! |= tcp.PSH
  const cork = c.settings[s]!
  c.settings[s] = cork & ~CORK
  transmitQueue(t, s, AT_ONCE, 1, true)
  c.settings[s] = cork
}

/** An ACK of the octet before the first unacknowledged one: the peer must answer it. */
function probe(t: Stack, s: number): void {
  sendSegment(t, s, plus(t.blocks.sndUna[s]!, -1), 0, tcp.ACK, 0)
}

/** Keepalive (RFC 9293 §3.8.4), and the patience of FIN-WAIT-2 (tcp_keepalive_timer). */
function keepalive(t: Stack, s: number): void {
  const c = t.blocks
  c.keepaliveNs[s] = Infinity
  const orphan = (c.shut[s]! & ORPHAN) !== 0
  if (c.state[s] === FIN_WAIT_2 && orphan) {
    const left = t.settings.finTimeoutNs - t.timeWaitNs
    if (left > 0) return enterTimeWait(t, s, FIN_WAIT_2, t.timeWaitNs)
    sendReset(t, s)
    return done(t, s, 0)
  }
  if (c.state[s] === SYN_SENT) return
  const idle = c.keepaliveIdleNs[s]!
  if (c.packetsOut[s] !== 0 || c.queueNext[s]! >= 0) return setKeepalive(t, s, idle)
  const quiet = t.now - Math.max(c.receivedNs[s]!, c.ackedNs[s]!)
  if (quiet < idle) return setKeepalive(t, s, idle - quiet)
  if (c.probes[s]! >= c.keepaliveTries[s]!) {
    sendReset(t, s)
    return done(t, s, TIMEOUT)
  }
  probe(t, s)
  c.probes[s]!++
  setKeepalive(t, s, c.keepaliveGapNs[s]!)
}
