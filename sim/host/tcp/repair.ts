import { currentSsthresh } from './congestion.ts'
import { clearTimer, setTimer } from './deadlines.ts'
import { inFlight, payloadOf } from './queue.ts'
import { markLost } from './rack.ts'
import { LOST, RETRANSMITTED, SACKED } from './send-queue.ts'
import type { Stack } from './stack.ts'
import { CA_CWR, CA_LOSS, CA_RECOVERY, TIMER_REORDER, TIMER_RTO } from './states.ts'
import { currentMss, retransmit } from './transmit.ts'

/** Sending lost segments again. */

/** Sends lost segments while the window has room (tcp_xmit_retransmit_queue). */
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
    c.ssthresh[s] = currentSsthresh(t, s)
    c.priorSsthresh[s] = 0
    c.undoable[s] = 0
    c.caState[s] = CA_LOSS
  }
  retransmitLost(t, s)
}
