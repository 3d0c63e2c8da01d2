import type { Stack } from './stack.ts'
import {
  ACK_SCHEDULED,
  ACK_TIMER,
  TIMER_LOSS_PROBE,
  TIMER_NONE,
  TIMER_REORDER,
  TIMER_RTO,
} from './states.ts'

/**
 * The timers of a connection are deadlines in its row; one event on the agenda stands for the
 * earliest. Moving a deadline later costs nothing: the event comes, finds nothing due, and is set
 * again. `timers.ts` says what happens when a deadline is reached.
 */
function ensure(t: Stack, s: number, at: number): void {
  const c = t.blocks
  if (at >= c.eventNs[s]!) return
  t.agenda.cancel(c.eventToken[s]!)
  c.eventNs[s] = at
  c.eventToken[s] = t.agenda.schedule(at, t.timerHandler, s, 0)
}

/** Sets the event for the earliest deadline again, after it has come. */
export function rearm(t: Stack, s: number): void {
  const c = t.blocks
  const at = Math.min(c.timerNs[s]!, c.delayedAckNs[s]!, c.keepaliveNs[s]!, c.compressedNs[s]!)
  if (at !== Infinity) ensure(t, s, at < t.now ? t.now : at)
}

/** Sets the retransmission timer, for `kind`, `delayNs` from now. */
export function setTimer(t: Stack, s: number, kind: number, delayNs: number): void {
  const c = t.blocks
  c.timerKind[s] = kind
  c.timerNs[s] = t.now + Math.max(1, Math.round(delayNs))
  ensure(t, s, c.timerNs[s]!)
}

export function clearTimer(t: Stack, s: number): void {
  t.blocks.timerKind[s] = TIMER_NONE
  t.blocks.timerNs[s] = Infinity
}

export function setDelayedAck(t: Stack, s: number, at: number): void {
  const c = t.blocks
  c.ackPending[s]! |= ACK_SCHEDULED | ACK_TIMER
  c.delayedAckNs[s] = at
  ensure(t, s, at)
}

/** A SACK is held back until `at` at most. */
export function setCompressed(t: Stack, s: number, at: number): void {
  t.blocks.compressedNs[s] = at
  ensure(t, s, at)
}

export function clearDelayedAck(t: Stack, s: number): void {
  t.blocks.ackPending[s] = 0
  t.blocks.delayedAckNs[s] = Infinity
}

export function setKeepalive(t: Stack, s: number, delayNs: number): void {
  const c = t.blocks
  c.keepaliveNs[s] = t.now + Math.round(delayNs)
  ensure(t, s, c.keepaliveNs[s]!)
}

export function clearKeepalive(t: Stack, s: number): void {
  t.blocks.keepaliveNs[s] = Infinity
}

/** Restarts the retransmission timer, or stops it when nothing is outstanding (tcp_rearm_rto). */
export function rearmRto(t: Stack, s: number): void {
  const c = t.blocks
  if (c.packetsOut[s] === 0) return clearTimer(t, s)
  const kind = c.timerKind[s]
  const offset = kind === TIMER_REORDER || kind === TIMER_LOSS_PROBE
  setTimer(t, s, TIMER_RTO, offset ? Math.max(1000, untilRto(t, s)) : c.rtoNs[s]!)
}

/** From now until the first outstanding segment has been out for a whole RTO; may be negative. */
export function untilRto(t: Stack, s: number): number {
  const c = t.blocks
  const head = c.queueHead[s]!
  const sentNs = head >= 0 ? t.sends.sentNs[head]! : t.now
  return sentNs + c.rtoNs[s]! - t.now
}
