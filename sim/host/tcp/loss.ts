import * as congestion from './congestion.ts'
import * as cubic from './cubic.ts'
import { clearTimer, setTimer } from './deadlines.ts'
import { detect, markLost, reorderWindowNs } from './rack.ts'
import { inFlight, payloadOf, split } from './queue.ts'
import { LOST, RETRANSMITTED, SACKED } from './send-queue.ts'
import type { AckNews } from './ack-news.ts'
import { after, before } from './sequence.ts'
import type { Stack } from './stack.ts'
import {
  CA_CWR,
  CA_DISORDER,
  CA_LOSS,
  CA_OPEN,
  CA_RECOVERY,
  NS_PER_US,
  OPT_SACK,
  TIMER_REORDER,
  TIMER_RTO,
} from './states.ts'
import { currentMss, retransmit } from './transmit.ts'

/**
 * Finding and repairing losses: RACK (RFC 8985) with SACK, NewReno (RFC 6582) without, and the
 * states of Linux's congestion control: open, disorder, cwr, recovery, loss.
 */
const FIRST_REORDERING = 3
const stateOf = (t: Stack, s: number): number => t.blocks.caState[s]!
const hasSack = (t: Stack, s: number): boolean => (t.blocks.options[s]! & OPT_SACK) !== 0

export function reset(t: Stack, s: number): void {
  t.blocks.reordering[s] = FIRST_REORDERING
}

/** NewReno: the first outstanding segment is lost after three duplicates, or a partial ACK. */
function markFirst(t: Stack, s: number, advanced: boolean, news: AckNews): void {
  const { blocks: c, sends } = t
  const state = c.caState[s]!
  const dupacks = state < CA_RECOVERY && c.sackedOut[s]! >= c.reordering[s]!
  if (!dupacks && !(state === CA_RECOVERY && advanced)) return
  const head = c.queueHead[s]!
  if ((sends.marks[head]! & LOST) !== 0) return
  const mss = currentMss(t, s)
  if (payloadOf(t, head) > mss) split(t, s, head, mss, mss)
  markLost(t, s, head, news)
}

/** Counts duplicate ACKs as if they were SACKs of unknown segments (tcp_add_reno_sack). */
function countDuplicate(t: Stack, s: number, duplicates: number, news: AckNews): void {
  const c = t.blocks
  if (duplicates === 0) return
  const before = c.sackedOut[s]!
  c.sackedOut[s]! += duplicates
  boundDuplicates(t, s)
  if (c.sackedOut[s]! > before) news.delivered += c.sackedOut[s]! - before
}

/** At least one segment of those under way is the hole that the duplicates tell of. */
function boundDuplicates(t: Stack, s: number): void {
  const c = t.blocks
  const holes = Math.min(c.packetsOut[s]!, Math.max(1, c.lostOut[s]!))
  const most = c.packetsOut[s]! - holes
  if (c.sackedOut[s]! > most) c.sackedOut[s] = most
}

/**
 * Segments were acknowledged: one filled the hole, the others are those that earlier duplicates
 * were counted for (tcp_remove_reno_sacks).
 */
export function forgetDuplicates(t: Stack, s: number, news: AckNews): void {
  const c = t.blocks
  if (hasSack(t, s)) return
  const counted = c.sackedOut[s]!
  news.delivered = Math.max(news.acked - counted, 1)
  c.sackedOut[s] = Math.max(0, counted - (news.acked - 1))
  boundDuplicates(t, s)
}

function identify(t: Stack, s: number, advanced: boolean, news: AckNews): boolean {
  if (t.blocks.packetsOut[s] === 0) return false
  if (hasSack(t, s)) return detect(t, s, news)
  markFirst(t, s, advanced, news)
  return false
}

/**
 * An ACK that is not plain progress, or came in trouble (tcp_fastretrans_alert). Returns whether a
 * reordering timer was set, which then must not be replaced.
 */
export function alert(
  t: Stack,
  s: number,
  duplicates: number,
  advanced: boolean,
  news: AckNews,
): boolean {
  const c = t.blocks
  if (c.packetsOut[s] === 0 && c.sackedOut[s] !== 0) c.sackedOut[s] = 0
  const done = !before(c.sndUna[s]!, c.highSeq[s]!)
  if (c.caState[s] === CA_OPEN) c.retransStartNs[s] = 0
  else if (done && leaveIfDone(t, s)) return false
  let timed = false
  if (c.caState[s] === CA_RECOVERY) {
    if (!advanced && !hasSack(t, s)) countDuplicate(t, s, duplicates, news)
    timed = identify(t, s, advanced, news)
    return timed
  }
  if (c.caState[s] === CA_LOSS) {
    if (done) {
      recovered(t, s)
      if (stateOf(t, s) === CA_LOSS) return false
    } else if (!hasSack(t, s)) {
      if (after(c.sndNxt[s]!, c.highSeq[s]!) && duplicates > 0)
        countDuplicate(t, s, duplicates, news)
      else if (advanced) c.sackedOut[s] = 0
    }
    timed = identify(t, s, advanced, news)
    if (stateOf(t, s) !== CA_OPEN) return timed
  } else if (!hasSack(t, s)) {
    if (advanced) c.sackedOut[s] = 0
    countDuplicate(t, s, duplicates, news)
  }
  timed = identify(t, s, advanced, news) || timed
  if (c.lostOut[s] === 0) {
    tryToOpen(t, s)
    return timed
  }
  enterRecovery(t, s)
  return timed
}

/** Everything up to the point of trouble is acknowledged; true when the state must be held. */
function leaveIfDone(t: Stack, s: number): boolean {
  const c = t.blocks
  if (c.caState[s] === CA_CWR) {
    if (c.sndUna[s] !== c.highSeq[s]) {
      congestion.endReduction(t, s)
      c.caState[s] = CA_OPEN
    }
  } else if (c.caState[s] === CA_RECOVERY) {
    if (!hasSack(t, s)) c.sackedOut[s] = 0
    if (mustHold(t, s)) return true
    congestion.endReduction(t, s)
    recovered(t, s)
  }
  return false
}

/** RFC 6582 §3.2: without SACK the state is held until something above is acknowledged. */
function mustHold(t: Stack, s: number): boolean {
  return t.blocks.sndUna[s] === t.blocks.highSeq[s] && !hasSack(t, s)
}

/** All that was outstanding when trouble began is acknowledged (tcp_try_undo_recovery). */
function recovered(t: Stack, s: number): void {
  const c = t.blocks
  if (mustHold(t, s)) return
  c.caState[s] = CA_OPEN
  c.retransStartNs[s] = 0
}

function tryToOpen(t: Stack, s: number): void {
  const c = t.blocks
  if (c.retransOut[s] === 0) c.retransStartNs[s] = 0
  if (c.caState[s] === CA_CWR) return
  const trouble = c.lostOut[s]! + c.sackedOut[s]! + c.retransOut[s]! > 0
  const state = trouble ? CA_DISORDER : CA_OPEN
  if (c.caState[s] !== state) {
    c.caState[s] = state
    c.highSeq[s] = c.sndNxt[s]!
  }
}

function enterRecovery(t: Stack, s: number): void {
  const c = t.blocks
  t.counters.fastRetransmits++
  if (c.caState[s] !== CA_CWR) congestion.beginReduction(t, s)
  else c.highSeq[s] = c.sndNxt[s]!
  c.caState[s] = CA_RECOVERY
}

/** The reordering timer found losses (tcp_rack_reo_timeout). */
export function enterRecoveryByTimer(t: Stack, s: number): void {
  if (t.blocks.caState[s]! < CA_RECOVERY) enterRecovery(t, s)
}

/** A tail loss probe was needed: the window shrinks as after any loss (RFC 8985 §7.4). */
export function probeTold(t: Stack, s: number): void {
  const c = t.blocks
  congestion.beginReduction(t, s)
  c.caState[s] = CA_CWR
  congestion.endReduction(t, s)
  c.caState[s] = CA_OPEN
  tryToOpen(t, s)
}

/** The retransmission timer expired: everything old enough is lost, the window is one segment. */
export function enterLoss(t: Stack, s: number): void {
  const { blocks: c, sends } = t
  const fresh = c.caState[s]! <= CA_DISORDER || !after(c.highSeq[s]!, c.sndUna[s]!)
  if (fresh || (c.caState[s] === CA_LOSS && c.retransmits[s] === 0)) {
    c.priorCwnd[s] = c.cwnd[s]!
    c.ssthresh[s] = congestion.ssthreshAfterLoss(t, s)
  }
  const sack = hasSack(t, s)
  const head = c.queueHead[s]!
  // The peer has dropped what it had told of (RFC 2018 §8): nothing of that counts any more.
  const reneged = (sends.marks[head]! & SACKED) !== 0
  if (!sack || reneged) c.sackedOut[s] = 0
  const oldNs = c.rackRttUs[s]! * NS_PER_US + reorderWindowNs(t, s)
  for (let skb = head; skb >= 0 && skb !== c.queueNext[s]; skb = sends.next[skb]!) {
    if (reneged) sends.marks[skb]! &= ~SACKED
    if ((sends.marks[skb]! & SACKED) !== 0) continue
    if (skb !== head && sack && !reneged && t.now - sends.sentNs[skb]! < oldNs) continue
    if ((sends.marks[skb]! & LOST) !== 0) {
      if ((sends.marks[skb]! & RETRANSMITTED) !== 0) c.retransOut[s]! -= sends.segments[skb]!
      sends.marks[skb]! &= ~RETRANSMITTED
    } else markLost(t, s, skb, undefined)
  }
  c.cwnd[s] = inFlight(t, s) + 1
  c.cwndCount[s] = 0
  // CUBIC begins anew after a timeout (cubictcp_state).
  if (c.algorithm[s] === congestion.CUBIC) cubic.reset(t, s)
  c.caState[s] = CA_LOSS
  c.highSeq[s] = c.sndNxt[s]!
  c.tlpHighSeq[s] = 0
}

/** Sends lost segments again while the window has room (tcp_xmit_retransmit_queue). */
export function retransmitLost(t: Stack, s: number): void {
  const { blocks: c, sends } = t
  if (c.packetsOut[s] === 0 || c.lostOut[s] === 0) return
  let rearm = false
  for (let skb = c.queueHead[s]!; skb >= 0 && skb !== c.queueNext[s]; skb = sends.next[skb]!) {
    const marks = sends.marks[skb]!
    const room = c.cwnd[s]! - inFlight(t, s)
    if (room <= 0) break
    if ((marks & LOST) === 0 || (marks & (SACKED | RETRANSMITTED)) !== 0) continue
    if (!retransmit(t, s, skb, room)) break
    if (c.caState[s] === CA_CWR || c.caState[s] === CA_RECOVERY) {
      c.prrOut[s]! += sends.segments[skb]!
    }
    if (skb === c.queueHead[s] && c.timerKind[s] !== TIMER_REORDER) rearm = true
  }
  if (rearm) setTimer(t, s, TIMER_RTO, c.rtoNs[s]!)
}

/** Nothing is outstanding any more: forgets all marks of trouble. */
export function settled(t: Stack, s: number): void {
  const c = t.blocks
  c.sackedOut[s] = 0
  c.lostOut[s] = 0
  c.retransOut[s] = 0
  clearTimer(t, s)
}

/** The path takes less than was sent: what is too large counts as lost (tcp_simple_retransmit). */
export function sendAgainSmaller(t: Stack, s: number): void {
  const { blocks: c, sends } = t
  const mss = currentMss(t, s)
  let lost = false
  for (let skb = c.queueHead[s]!; skb >= 0 && skb !== c.queueNext[s]; skb = sends.next[skb]!) {
    if ((sends.marks[skb]! & SACKED) !== 0 || payloadOf(t, skb) <= mss) continue
    markLost(t, s, skb, undefined)
    lost = true
  }
  if (!lost) return
  if (c.caState[s] !== CA_LOSS) {
    c.highSeq[s] = c.sndNxt[s]!
    c.ssthresh[s] = Math.max(c.ssthresh[s]!, (c.cwnd[s]! >> 1) + (c.cwnd[s]! >> 2))
    c.caState[s] = CA_LOSS
  }
  retransmitLost(t, s)
}
