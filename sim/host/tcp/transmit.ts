import * as tcp from '../../wire/tcp.ts'
import { cwndValidate } from './congestion.ts'
import { rearmRto, setTimer, untilRto } from './deadlines.ts'
import { followPath } from './path-mtu.ts'
import { append, inFlight, payloadOf, segmentsOf, split } from './queue.ts'
import { headerLen, sendSegment } from './segment.ts'
import { EVER_RETRANSMITTED, LOST, RETRANSMITTED } from './send-queue.ts'
import { after, before, distance, plus } from './sequence.ts'
import type { Stack } from './stack.ts'
import {
  CA_CWR,
  CA_OPEN,
  CA_RECOVERY,
  CORK,
  NODELAY,
  OPT_SACK,
  RTO_INITIAL_NS,
  RTO_MIN_NS,
  TICK_NS,
  TIMER_LOSS_PROBE,
  TIMER_NONE,
  TIMER_WINDOW_PROBE,
} from './states.ts'

/**
 * Sending what the program wrote (net/ipv4/tcp_output.c: tcp_write_xmit and what it asks). The
 * kernel hands several segments at once to segmentation offload; so do we, since that decides which
 * segments carry PSH.
 */
/** Largest unit that is handed down at once (GSO_LEGACY_MAX_SIZE). */
const UNIT_MAX = 65536
const MIN_UNIT_SEGMENTS = 2
/** The window is divided by this before a small unit is sent early (tcp_tso_win_divisor). */
const WINDOW_DIVISOR = 3
const RECENT_NS = 1_000_000

/** How `push` treats small segments. */
export const NAGLE = 0
export const AT_ONCE = 1

export const windowEnd = (t: Stack, s: number): number =>
  (t.blocks.sndUna[s]! + t.blocks.sndWnd[s]!) >>> 0

/** Payload of a full segment now (tcp_current_mss): SACK blocks take their room. */
export function currentMss(t: Stack, s: number): number {
  const c = t.blocks
  if (t.host.routes.exceptions.everLearned) followPath(t, s)
  return c.mss[s]! - (headerLen(t, s) - c.headerLen[s]!)
}

/** Largest row that a program's octets are gathered in: half of the largest window seen. */
export function gatherLimit(t: Stack, s: number, mss: number): number {
  const most = t.blocks.maxWindow[s]!
  const half = most > 536 ? most >>> 1 : most
  const size = half > 0 && half < UNIT_MAX ? half : UNIT_MAX
  return Math.max(1, Math.floor(size / mss)) * mss
}

/**
 * Segments that one unit may have: what the pace sends in a millisecond, more when the RTT is
 * short.
 */
function unitSegments(t: Stack, s: number, mss: number): number {
  const c = t.blocks
  const inSlowStart = c.cwnd[s]! < c.ssthresh[s]! / 2
  const window = Math.max(c.cwnd[s]!, c.packetsOut[s]!)
  let rate = c.mss[s]! * window * (inSlowStart ? 2 : 1.2) * 1_000_000
  if (c.srttUs[s] !== 0) rate /= c.srttUs[s]! / 8
  const shift = Math.floor(c.minRttUs[s]! / 512)
  let octets = Math.floor(rate / 1024)
  if (shift < 32) octets += Math.floor(UNIT_MAX / pow2(shift))
  return Math.max(MIN_UNIT_SEGMENTS, Math.floor(Math.min(octets, UNIT_MAX) / mss))
}

const pow2 = (bits: number): number => (bits < 31 ? 1 << bits : 0x80000000)

/** Nagle's rule in Minshall's form: a small segment waits while a small one is unacknowledged. */
function mustWait(t: Stack, s: number, partial: boolean, mode: number): boolean {
  const c = t.blocks
  if (!partial) return false
  if ((c.settings[s]! & CORK) !== 0) return true
  if (mode === AT_ONCE || (c.settings[s]! & NODELAY) !== 0 || c.packetsOut[s] === 0) return false
  return after(c.smallSeq[s]!, c.sndUna[s]!) && !after(c.smallSeq[s]!, c.sndNxt[s]!)
}

/**
 * Sends what windows and Nagle allow. `limit` ends after so many rows (0: no limit); `forced` sends
 * one row though the congestion window is full (a loss probe).
 */
export function transmitQueue(
  t: Stack,
  s: number,
  mode: number,
  limit: number,
  forced: boolean,
): boolean {
  const { blocks: c, sends } = t
  const mss = currentMss(t, s)
  let sent = 0
  let rows = 0
  let cwndLimited = false
  for (;;) {
    const skb = c.queueNext[s]!
    if (skb < 0) break
    let quota = cwndQuota(t, s)
    if (quota === 0) {
      if (!forced) {
        cwndLimited = true
        break
      }
      quota = 1
    }
    const length = payloadOf(t, skb)
    const end = length > mss ? plus(sends.sequence[skb]!, mss) : sends.end[skb]!
    if (after(end, windowEnd(t, s))) break
    const unit = unitSegments(t, s, mss)
    if (length <= mss) {
      const isFin = (sends.bits[skb]! & tcp.FIN) !== 0
      const last = c.queueTail[s] === skb
      if (last && !isFin && mustWait(t, s, length < mss, mode)) break
    } else if (limit === 0 && !forced && mayWait(t, s, skb, length, unit)) {
      const room = (c.cwnd[s]! - inFlight(t, s)) * mss
      if (room <= length) cwndLimited = true
      break
    }
    const most = splitPoint(t, s, skb, length, mss, Math.min(quota, unit), mode)
    if (length > most) split(t, s, skb, most, mss)
    sent += sendRow(t, s, skb, mss)
    rows++
    if (limit > 0 && rows >= limit) break
  }
  if (sent > 0) {
    if (c.caState[s] === CA_CWR || c.caState[s] === CA_RECOVERY) c.prrOut[s]! += sent
    if (!forced) scheduleLossProbe(t, s, false)
    cwndValidate(t, s, cwndLimited || inFlight(t, s) >= c.cwnd[s]!)
    return true
  }
  return false
}

function cwndQuota(t: Stack, s: number): number {
  const cwnd = t.blocks.cwnd[s]!
  const flying = inFlight(t, s)
  if (flying >= cwnd) return 0
  return Math.min(Math.max(cwnd >> 1, 1), cwnd - flying)
}

/** Whether it is worth waiting for an ACK to send a larger unit (tcp_tso_should_defer). */
function mayWait(t: Stack, s: number, skb: number, length: number, unit: number): boolean {
  const { blocks: c, sends } = t
  if (c.caState[s]! >= CA_RECOVERY) return false
  if (t.now - c.sentNs[s]! > RECENT_NS) return false
  const mss = c.mss[s]!
  const window = distance(windowEnd(t, s), sends.sequence[skb]!)
  const congestion = (c.cwnd[s]! - inFlight(t, s)) * mss
  const limit = Math.min(window, congestion)
  if (limit >= unit * mss) return false
  if (skb !== c.queueTail[s] && limit >= length) return false
  const chunk = Math.floor(Math.min(c.sndWnd[s]!, c.cwnd[s]! * mss) / WINDOW_DIVISOR)
  if (limit >= chunk) return false
  const head = c.queueHead[s]!
  if (head === skb) return false
  const age = t.now - sends.sentNs[head]!
  return age >= (c.srttUs[s]! / 16) * 1000
}

function splitPoint(
  t: Stack,
  s: number,
  skb: number,
  length: number,
  mss: number,
  segments: number,
  mode: number,
): number {
  const window = distance(windowEnd(t, s), t.sends.sequence[skb]!)
  const most = mss * segments
  if (most <= window && skb !== t.blocks.queueTail[s]) return most
  const needed = Math.min(length, window)
  if (most <= needed) return most
  const partial = needed % mss
  if (needed > mss && mustWait(t, s, partial !== 0, mode)) return needed - partial
  return needed
}

/** Sends an unsent row for the first time; returns its segments. */
function sendRow(t: Stack, s: number, skb: number, mss: number): number {
  const { blocks: c, sends } = t
  const wasIdle = c.packetsOut[s] === 0
  const segments = emitRow(t, s, skb, mss)
  c.queueNext[s] = sends.next[skb]!
  c.sndNxt[s] = sends.end[skb]!
  c.packetsOut[s]! += segments
  if (wasIdle || c.timerKind[s] === TIMER_LOSS_PROBE) rearmRto(t, s)
  if (payloadOf(t, skb) < segments * mss) c.smallSeq[s] = sends.end[skb]!
  return segments
}

/** Puts a row on the wire, as one segment or several; returns how many. */
function emitRow(t: Stack, s: number, skb: number, mss: number): number {
  const { sends } = t
  const sequence = sends.sequence[skb]!
  const length = payloadOf(t, skb)
  const segments = segmentsOf(length, mss)
  // A unit of several segments ends with PSH, whatever the program wrote; what is left of it when
  // it is sent again does not.
  const bits = segments > 1 ? sends.bits[skb]! | tcp.PSH : sends.bits[skb]!
  const earlier = sends.frameId[skb]!
  for (let i = 0; i < segments; i++) {
    const from = i * mss
    const last = i === segments - 1
    const own = last ? bits : bits & ~(tcp.FIN | tcp.PSH)
    const octets = last ? length - from : mss
    const cause = earlier === 0 ? 0 : earlier + i
    const id = sendSegment(t, s, plus(sequence, from), octets, own, cause)
    if (i === 0) sends.frameId[skb] = id
  }
  sends.segments[skb] = segments
  sends.sentNs[skb] = t.now
  return segments
}

/** Sends a row again, at most `segments` of it; false when the peer's window forbids it. */
export function retransmit(t: Stack, s: number, skb: number, segments: number): boolean {
  const { blocks: c, sends } = t
  const mss = currentMss(t, s)
  const sequence = sends.sequence[skb]!
  if (!before(sequence, windowEnd(t, s)) && sequence !== c.sndUna[s]) return false
  const room = Math.max(mss, distance(windowEnd(t, s), sequence))
  const most = Math.min(mss * segments, room - (room % mss))
  if (payloadOf(t, skb) > most) split(t, s, skb, most, mss)
  const was = sends.segments[skb]!
  const made = emitRow(t, s, skb, mss)
  c.packetsOut[s]! += made - was
  if ((sends.marks[skb]! & LOST) !== 0) c.lostOut[s]! += made - was
  if ((sends.marks[skb]! & RETRANSMITTED) === 0) c.retransOut[s]! += made
  sends.marks[skb]! |= RETRANSMITTED | EVER_RETRANSMITTED
  if (c.retransStartNs[s] === 0) c.retransStartNs[s] = t.now
  c.undoRetrans[s] = Math.max(0, c.undoRetrans[s]!) + made
  c.totalRetrans[s]! += made
  t.counters.retransmitted += made
  return true
}

/** Sends what may be sent, and watches over a closed window (__tcp_push_pending_frames). */
export function push(t: Stack, s: number, mode: number): void {
  const c = t.blocks
  if (c.queueNext[s]! < 0) return
  if (!transmitQueue(t, s, mode, 0, false)) watchWindow(t, s)
}

/**
 * Sets the window probe timer when data waits and nothing is outstanding (tcp_check_probe_timer).
 */
export function watchWindow(t: Stack, s: number): void {
  const c = t.blocks
  if (c.packetsOut[s] !== 0 || c.queueNext[s]! < 0 || c.timerKind[s] !== TIMER_NONE) return
  setTimer(t, s, TIMER_WINDOW_PROBE, Math.max(c.rtoNs[s]!, RTO_MIN_NS))
}

/** Tail loss probe (RFC 8985 §7): sets its timer instead of the RTO's when the connection may. */
export function scheduleLossProbe(t: Stack, s: number, advancing: boolean): boolean {
  const c = t.blocks
  if (!t.settings.lossProbe || c.packetsOut[s] === 0) return false
  if ((c.options[s]! & OPT_SACK) === 0) return false
  if (c.caState[s] !== CA_OPEN && c.caState[s] !== CA_CWR) return false
  let delay = RTO_INITIAL_NS
  if (c.srttUs[s] !== 0) {
    delay = Math.floor(c.srttUs[s]! / 4) * 1000
    delay += c.packetsOut[s] === 1 ? RTO_MIN_NS : 2 * TICK_NS
  }
  const rto = advancing ? c.rtoNs[s]! : untilRto(t, s)
  if (rto > 0) delay = Math.min(delay, rto)
  setTimer(t, s, TIMER_LOSS_PROBE, delay)
  return true
}

/** Closes the sending half: FIN rides on the last unsent octets, or goes alone. */
export function sendFin(t: Stack, s: number): void {
  const { blocks: c, sends } = t
  const end = plus(c.writeSeq[s]!, 1)
  const tail = c.queueTail[s]!
  if (c.queueNext[s]! >= 0) {
    sends.bits[tail]! |= tcp.FIN
    sends.end[tail] = end
  } else {
    append(t, s, c.writeSeq[s]!, end, tcp.ACK | tcp.FIN)
  }
  c.writeSeq[s] = end
  push(t, s, AT_ONCE)
}
