import { type AckNews, SEND_LOST, SEND_NEW } from './ack-news.ts'
import * as congestion from './congestion.ts'
import * as cubic from './cubic.ts'
import { inFlight } from './queue.ts'
import { markLost } from './rack.ts'
import * as renoSack from './reno-sack.ts'
import { RETRANSMITTED, SACKED } from './send-queue.ts'
import { after, before } from './sequence.ts'
import type { Stack } from './stack.ts'
import { CA_DISORDER, CA_LOSS, CA_RECOVERY, NS_PER_US, OPT_SACK } from './states.ts'
import * as undo from './undo.ts'
import { windowEnd } from './transmit.ts'

/** After a retransmission timeout: the state "loss", and F-RTO (RFC 5682). */
const hasSack = (t: Stack, s: number): boolean => (t.blocks.options[s]! & OPT_SACK) !== 0

/** The timer expired: everything old enough is lost, the window is one segment (tcp_enter_loss). */
export function enterLoss(t: Stack, s: number): void {
  const c = t.blocks
  const state = c.caState[s]!
  markAllLost(t, s)
  const fresh = state <= CA_DISORDER || !after(c.highSeq[s]!, c.sndUna[s]!)
  if (fresh || (state === CA_LOSS && c.retransmits[s] === 0)) {
    c.priorSsthresh[s] = congestion.currentSsthresh(t, s)
    c.priorCwnd[s] = c.cwnd[s]!
    c.ssthresh[s] = congestion.ssthreshAfterLoss(t, s)
    undo.begin(t, s)
  }
  c.cwnd[s] = inFlight(t, s) + 1
  c.cwndCount[s] = 0
  c.cwndStampNs[s] = t.now
  // So many duplicates and still a timeout: the path reorders less than was thought.
  const usual = t.settings.reordering
  if (state <= CA_DISORDER && c.sackedOut[s]! >= usual) {
    c.reordering[s] = Math.min(c.reordering[s]!, usual)
  }
  // CUBIC begins anew after a timeout (cubictcp_state).
  if (c.algorithm[s] === congestion.CUBIC) cubic.reset(t, s)
  c.caState[s] = CA_LOSS
  c.highSeq[s] = c.sndNxt[s]!
  c.tlpHighSeq[s] = 0
  c.frto[s] = t.settings.frto && (state < CA_RECOVERY || c.retransmits[s] !== 0) ? 1 : 0
}

/** What was sent a round trip ago is lost; what a peer has SACKed and forgot again as well. */
function markAllLost(t: Stack, s: number): void {
  const { blocks: c, sends } = t
  const head = c.queueHead[s]!
  const reneged = (sends.marks[head]! & SACKED) !== 0
  if (reneged || !hasSack(t, s)) c.sackedOut[s] = 0
  const oldNs = c.rackRttUs[s]! * NS_PER_US
  for (let skb = head; skb >= 0 && skb !== c.queueNext[s]; skb = sends.next[skb]!) {
    if (reneged) sends.marks[skb]! &= ~SACKED
    else if ((sends.marks[skb]! & SACKED) !== 0) continue
    else if (skb !== head && t.now - sends.sentNs[skb]! < oldNs) continue
    if ((sends.marks[skb]! & RETRANSMITTED) !== 0) {
      c.retransOut[s]! -= sends.segments[skb]!
      sends.marks[skb]! &= ~RETRANSMITTED
    }
    markLost(t, s, skb, undefined)
  }
}

/** An ACK in the state "loss" (tcp_process_loss). */
export function inLoss(
  t: Stack,
  s: number,
  duplicates: number,
  advanced: boolean,
  news: AckNews,
): void {
  const c = t.blocks
  const recovered = !before(c.sndUna[s]!, c.highSeq[s]!)
  if (advanced && undo.afterTimeout(t, s, false)) return
  if (c.frto[s] === 1) {
    // RFC 5682 §3.1 step 3.b: something that was sent once has arrived.
    if (news.originalAcked && undo.afterTimeout(t, s, true)) return
    if (after(c.sndNxt[s]!, c.highSeq[s]!)) {
      // Step 3.a: the new data met a gap, the loss was real.
      if (news.dataSacked || duplicates > 0) c.frto[s] = 0
    } else if (advanced && !recovered) {
      c.highSeq[s] = c.sndNxt[s]!
      // Step 2.b: new data goes out to see what it meets.
      if (c.queueNext[s]! >= 0 && after(windowEnd(t, s), c.sndNxt[s]!)) {
        news.sends = SEND_NEW
        return
      }
      c.frto[s] = 0
    }
  }
  if (recovered) {
    undo.afterRecovery(t, s)
    return
  }
  if (!hasSack(t, s)) {
    if (after(c.sndNxt[s]!, c.highSeq[s]!) && duplicates > 0) renoSack.add(t, s, duplicates, news)
    else if (advanced) c.sackedOut[s] = 0
  }
  news.sends = SEND_LOST
}
