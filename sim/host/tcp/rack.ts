import type { AckNews } from './ack-news.ts'
import { setTimer } from './deadlines.ts'
import { sentAfter } from './sack.ts'
import { LOST, RETRANSMITTED, SACKED } from './send-queue.ts'
import type { Stack } from './stack.ts'
import { CA_RECOVERY, NS_PER_US, TIMER_REORDER } from './states.ts'

/** Finding losses by time (RACK, RFC 8985 §6). */
/** A window of time shorter than this is not worth a timer. */
const MIN_REORDER_NS = 2_000_000
/** Bit of tcp_recovery: three SACKed segments are no reason to wait no longer. */
const NO_DUPLICATE_THRESHOLD = 4

/** A segment is lost, or its retransmission is. */
export function markLost(t: Stack, s: number, skb: number, news: AckNews | undefined): void {
  const { blocks: c, sends } = t
  const marks = sends.marks[skb]!
  const segments = sends.segments[skb]!
  if ((marks & LOST) !== 0) {
    if ((marks & RETRANSMITTED) === 0) return
    // The retransmission is lost as well.
    sends.marks[skb]! &= ~RETRANSMITTED
    c.retransOut[s]! -= segments
    if (news !== undefined) news.newlyLost += segments
    return
  }
  if ((marks & RETRANSMITTED) !== 0) {
    sends.marks[skb]! &= ~RETRANSMITTED
    c.retransOut[s]! -= segments
  }
  sends.marks[skb]! |= LOST
  c.lostOut[s]! += segments
  if (news !== undefined) news.newlyLost += segments
}

/** Time to wait for reordered segments before they count as lost (tcp_rack_reo_wnd). */
export function reorderWindowNs(t: Stack, s: number): number {
  const c = t.blocks
  if (c.reorderSeen[s] === 0) {
    if (c.caState[s]! >= CA_RECOVERY) return 0
    const counts = (t.settings.recovery & NO_DUPLICATE_THRESHOLD) === 0
    if (counts && c.sackedOut[s]! >= c.reordering[s]!) return 0
  }
  const steps = c.rackSteps[s]! + 1
  return Math.min((c.minRttUs[s]! / 4) * steps, c.srttUs[s]! / 8) * NS_PER_US
}

/**
 * RFC 8985 §6.2 step 5: what was sent long enough before something that arrived is lost. Sets a
 * timer for what may yet come, and returns true then.
 */
export function detect(t: Stack, s: number, news: AckNews): boolean {
  const timeoutNs = findLost(t, s, news)
  if (timeoutNs === 0) return false
  setTimer(t, s, TIMER_REORDER, timeoutNs + MIN_REORDER_NS)
  return true
}

/** Marks what is lost; returns for how long the youngest of the rest may still come, or 0. */
export function findLost(t: Stack, s: number, news: AckNews | undefined): number {
  const { blocks: c, sends } = t
  if (c.rackAdvanced[s] === 0) return 0
  c.rackAdvanced[s] = 0
  const waitNs = c.rackRttUs[s]! * NS_PER_US + reorderWindowNs(t, s)
  let timeoutNs = 0
  for (let skb = c.queueHead[s]!; skb >= 0 && skb !== c.queueNext[s]; skb = sends.next[skb]!) {
    const marks = sends.marks[skb]!
    if ((marks & SACKED) !== 0) continue
    if ((marks & LOST) !== 0 && (marks & RETRANSMITTED) === 0) continue
    if (!sentAfter(c.rackNs[s]!, c.rackEnd[s]!, sends.sentNs[skb]!, sends.end[skb]!)) continue
    const leftNs = waitNs - (t.now - sends.sentNs[skb]!)
    if (leftNs < NS_PER_US) markLost(t, s, skb, news)
    else timeoutNs = Math.max(timeoutNs, leftNs)
  }
  return timeoutNs
}
