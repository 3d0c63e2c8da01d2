import { ALL_MARKS, EVER_RETRANSMITTED, LOST } from './send-queue.ts'
import { before } from './sequence.ts'
import type { Stack } from './stack.ts'
import * as reordering from './reordering.ts'
import { CA_OPEN, NS_PER_MS, OPT_SACK, OPT_TIMESTAMPS, SYN_SENT } from './states.ts'

/**
 * Taking back a reduction of the window whose cause was none: nothing was lost, it was only late
 * (Eifel by timestamps, RFC 3522 and 4015; by D-SACKs, RFC 3708; Linux tcp_input.c).
 */

/** Remembers where a reduction begins, and the repairs that a D-SACK may yet prove vain. */
export function begin(t: Stack, s: number): void {
  const c = t.blocks
  const probes = c.tlpHighSeq[s] !== 0 && c.tlpRetrans[s] === 1 ? 1 : 0
  c.undoable[s] = 1
  c.undoMarker[s] = c.sndUna[s]!
  // -1: nothing was sent again yet, so there is nothing to prove vain.
  c.undoRetrans[s] = c.retransOut[s]! + probes || -1
}

const hasSack = (t: Stack, s: number): boolean => (t.blocks.options[s]! & OPT_SACK) !== 0

/** Whether anything outstanding has been sent more than once (tcp_any_retrans_done). */
export function isRepairOut(t: Stack, s: number): boolean {
  const c = t.blocks
  if (c.retransOut[s] !== 0) return true
  const head = c.queueHead[s]!
  if (head < 0 || head === c.queueNext[s]) return false
  return (t.sends.marks[head]! & EVER_RETRANSMITTED) !== 0
}

/** The segment being read echoes a timestamp from before `atNs` (tcp_tsopt_ecr_before). */
export function answersEarlier(t: Stack, s: number, atNs: number): boolean {
  const { blocks: c, options } = t
  if ((c.options[s]! & OPT_TIMESTAMPS) === 0 || !options.hasTimestamps) return false
  if (options.tsEcho === 0) return false
  const clock = Math.floor(atNs / NS_PER_MS) + c.tsOffset[s]!
  return ((options.tsEcho - clock) | 0) < 0
}

/** The ACK answers a segment from before the first repair (tcp_packet_delayed). */
function wasDelayed(t: Stack, s: number): boolean {
  const c = t.blocks
  const started = c.retransStartNs[s]!
  if (started !== 0) {
    return answersEarlier(t, s, started)
  }
  if (!hasSack(t, s) && !before(c.sndUna[s]!, c.highSeq[s]!)) return false
  return c.state[s] !== SYN_SENT
}

const mayUndo = (t: Stack, s: number): boolean =>
  t.blocks.undoable[s] === 1 && (t.blocks.undoRetrans[s] === 0 || wasDelayed(t, s))

/** The window is again what it was (tcp_undo_cwnd_reduction). */
function restore(t: Stack, s: number, unmark: boolean): void {
  const { blocks: c, sends } = t
  t.counters.undone++
  if (unmark) {
    for (let skb = c.queueHead[s]!; skb >= 0 && skb !== c.queueNext[s]; skb = sends.next[skb]!) {
      sends.marks[skb]! &= ALL_MARKS & ~LOST
    }
    c.lostOut[s] = 0
  }
  if (c.priorSsthresh[s] !== 0) {
    c.cwnd[s] = Math.max(c.cwnd[s]!, c.priorCwnd[s]!)
    if (c.priorSsthresh[s]! > c.ssthresh[s]!) c.ssthresh[s] = c.priorSsthresh[s]!
  }
  c.cwndStampNs[s] = t.now
  c.undoable[s] = 0
  c.rackAdvanced[s] = 1
}

/** Without SACK the state is held until something above is acknowledged (RFC 6582 §3.2). */
function mustHold(t: Stack, s: number): boolean {
  const c = t.blocks
  if (c.sndUna[s] !== c.highSeq[s] || hasSack(t, s)) return false
  if (!isRepairOut(t, s)) c.retransStartNs[s] = 0
  return true
}

/** All outstanding when trouble began is acknowledged; true when the state must be held. */
export function afterRecovery(t: Stack, s: number): boolean {
  const c = t.blocks
  if (mayUndo(t, s)) restore(t, s, false)
  else if (c.rackPersist[s]! > 0) c.rackPersist[s]!--
  if (mustHold(t, s)) return true
  c.caState[s] = CA_OPEN
  return false
}

/** Every repair was reported as a duplicate: none was needed. */
export function byDuplicates(t: Stack, s: number): boolean {
  const c = t.blocks
  if (c.undoable[s] === 0 || c.undoRetrans[s] !== 0) return false
  c.rackPersist[s] = Math.min(reordering.PERSIST, c.rackPersist[s]! + 1)
  restore(t, s, false)
  return true
}

/** After a timeout: it was spurious, as F-RTO has seen (`proven`), or timestamps or D-SACKs say. */
export function afterTimeout(t: Stack, s: number, proven: boolean): boolean {
  const c = t.blocks
  if (!proven && !mayUndo(t, s)) return false
  restore(t, s, true)
  if (proven) t.counters.spuriousTimeouts++
  c.retransmits[s] = 0
  if (mustHold(t, s)) return true
  if (proven || hasSack(t, s)) c.caState[s] = CA_OPEN
  return true
}

/** What a partial ACK in recovery has shown. */
export const REAL = 0
/** The hole was filled by what was late; repairs are still out, so nothing more is repaired. */
export const WAIT = 1
export const UNDONE = 2

/** A partial ACK (tcp_try_undo_partial); `priorUna` is where it found the window. */
export function byPartial(t: Stack, s: number, priorUna: number): number {
  const c = t.blocks
  if (c.undoable[s] === 0 || !wasDelayed(t, s)) return REAL
  reordering.saw(t, s, priorUna, reordering.highestSacked(t, s))
  if (c.retransOut[s] !== 0) return WAIT
  if (!isRepairOut(t, s)) c.retransStartNs[s] = 0
  restore(t, s, true)
  return UNDONE
}
