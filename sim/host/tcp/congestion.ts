import * as cubic from './cubic.ts'
import { inFlight } from './queue.ts'
import { before } from './sequence.ts'
import type { Stack } from './stack.ts'
import {
  CA_CWR,
  CA_OPEN,
  CA_RECOVERY,
  INFINITE_SSTHRESH,
  INITIAL_WINDOW,
  NO_SPACE,
  NS_PER_US,
} from './states.ts'

/** The congestion window (RFC 5681; Linux tcp_cong.c, tcp_input.c); CUBIC's part is in cubic.ts. */
export const CUBIC = 0
export const RENO = 1
/** Algorithms by the name a program sets; the number is `algorithm` of a control block. */
export const ALGORITHMS: readonly string[] = ['cubic', 'reno']

export const inSlowStart = (t: Stack, s: number): boolean =>
  t.blocks.cwnd[s]! < t.blocks.ssthresh[s]!

/** Remembers whether the window was what held sending back: an unused one must not grow. */
export function cwndValidate(t: Stack, s: number, limited: boolean): void {
  const c = t.blocks
  const roundOver = !before(c.sndUna[s]!, c.cwndUsageSeq[s]!)
  const fuller = c.cwndLimited[s] === 0 && c.packetsOut[s]! > c.maxPacketsOut[s]!
  if (roundOver || limited || fuller) {
    c.cwndLimited[s] = limited ? 1 : 0
    c.maxPacketsOut[s] = c.packetsOut[s]!
    c.cwndUsageSeq[s] = c.sndNxt[s]!
  }
  if (isLimited(t, s)) {
    c.cwndUsed[s] = 0
    c.cwndStampNs[s] = t.now
    return
  }
  if (c.packetsOut[s]! > c.cwndUsed[s]!) c.cwndUsed[s] = c.packetsOut[s]!
  if (t.settings.idleRestart && t.now - c.cwndStampNs[s]! >= c.rtoNs[s]!) forgetUnused(t, s)
}

/**
 * For a whole RTO the program or the peer kept the window from being filled: half of what was not
 * used is forgotten (RFC 2861, tcp_cwnd_application_limited).
 */
function forgetUnused(t: Stack, s: number): void {
  const c = t.blocks
  if (c.caState[s] === CA_OPEN && (c.settings[s]! & NO_SPACE) === 0) {
    const used = Math.max(c.cwndUsed[s]!, INITIAL_WINDOW)
    if (used < c.cwnd[s]!) {
      c.ssthresh[s] = currentSsthresh(t, s)
      c.cwnd[s] = (c.cwnd[s]! + used) >> 1
    }
    c.cwndUsed[s] = 0
  }
  c.cwndStampNs[s] = t.now
}

function isLimited(t: Stack, s: number): boolean {
  const c = t.blocks
  if (c.cwndLimited[s] !== 0) return true
  return inSlowStart(t, s) && c.cwnd[s]! < 2 * c.maxPacketsOut[s]!
}

/** `acked` segments were acknowledged without trouble: the window grows. */
export function avoid(t: Stack, s: number, acked: number): void {
  const c = t.blocks
  if (!isLimited(t, s)) return
  c.cwndStampNs[s] = t.now
  let left = acked
  if (inSlowStart(t, s)) {
    const grown = Math.min(c.cwnd[s]! + acked, c.ssthresh[s]!)
    left -= grown - c.cwnd[s]!
    c.cwnd[s] = grown
    if (left <= 0) return
  }
  const perSegment = c.algorithm[s] === CUBIC ? cubic.acksPerSegment(t, s, left) : c.cwnd[s]!
  addSlowly(t, s, perSegment, left)
}

/** tcp_cong_avoid_ai: one segment more for each `perSegment` acknowledged ones. */
function addSlowly(t: Stack, s: number, perSegment: number, acked: number): void {
  const c = t.blocks
  if (c.cwndCount[s]! >= perSegment) {
    c.cwndCount[s] = 0
    c.cwnd[s]!++
  }
  c.cwndCount[s]! += acked
  if (c.cwndCount[s]! >= perSegment) {
    const more = Math.floor(c.cwndCount[s]! / perSegment)
    c.cwndCount[s]! -= more * perSegment
    c.cwnd[s]! += more
  }
}

export function ssthreshAfterLoss(t: Stack, s: number): number {
  const c = t.blocks
  if (c.algorithm[s] === CUBIC) return cubic.ssthreshAfterLoss(t, s)
  return Math.max(2, c.cwnd[s]! >> 1)
}

/** Threshold that a pause or an end of trouble leaves: three quarters of the window at least. */
export function currentSsthresh(t: Stack, s: number): number {
  const c = t.blocks
  const cwnd = c.cwnd[s]!
  if (c.caState[s] === CA_CWR || c.caState[s] === CA_RECOVERY) return c.ssthresh[s]!
  return Math.max(c.ssthresh[s]!, (cwnd >> 1) + (cwnd >> 2))
}

/** Begins a reduction to the new threshold, spread over a round trip (RFC 6937). */
export function beginReduction(t: Stack, s: number): void {
  const c = t.blocks
  c.highSeq[s] = c.sndNxt[s]!
  c.tlpHighSeq[s] = 0
  c.cwndCount[s] = 0
  c.priorCwnd[s] = c.cwnd[s]!
  c.prrDelivered[s] = 0
  c.prrOut[s] = 0
  c.ssthresh[s] = ssthreshAfterLoss(t, s)
}

/**
 * Proportional rate reduction, after `delivered` segments reached the peer (tcp_cwnd_reduction).
 */
export function reduce(
  t: Stack,
  s: number,
  delivered: number,
  newlyLost: number,
  advanced: boolean,
): void {
  const c = t.blocks
  if (delivered <= 0 || c.priorCwnd[s] === 0) return
  const flying = inFlight(t, s)
  const excess = c.ssthresh[s]! - flying
  c.prrDelivered[s]! += delivered
  let count: number
  if (excess < 0) {
    const due = c.ssthresh[s]! * c.prrDelivered[s]! + c.priorCwnd[s]! - 1
    count = Math.floor(due / c.priorCwnd[s]!) - c.prrOut[s]!
  } else {
    count = Math.max(c.prrDelivered[s]! - c.prrOut[s]!, delivered)
    if (advanced && newlyLost === 0) count++
    count = Math.min(excess, count)
  }
  // The first retransmission goes out even when the pipe seems full.
  count = Math.max(count, c.prrOut[s]! !== 0 ? 0 : 1)
  c.cwnd[s] = flying + count
}

export function endReduction(t: Stack, s: number): void {
  const c = t.blocks
  // A reduction that was taken back has no end.
  if (c.caState[s] !== CA_CWR && c.undoable[s] === 0) return
  if (c.ssthresh[s]! >= INFINITE_SSTHRESH) return
  c.cwnd[s] = c.ssthresh[s]!
  c.cwndStampNs[s] = t.now
}

/**
 * After a pause of `idleNs` without sending the window shrinks back (RFC 2861, tcp_cwnd_restart).
 */
export function restart(t: Stack, s: number, idleNs: number): void {
  const c = t.blocks
  let cwnd = c.cwnd[s]!
  const floor = Math.min(INITIAL_WINDOW, cwnd)
  let left = idleNs - c.rtoNs[s]!
  c.ssthresh[s] = currentSsthresh(t, s)
  for (; left > 0 && cwnd > floor; left -= c.rtoNs[s]!) cwnd >>= 1
  c.cwnd[s] = Math.max(cwnd, floor)
  c.cwndUsageSeq[s] = c.sndNxt[s]!
  c.cwndStampNs[s] = t.now
  c.cwndUsed[s] = 0
  if (c.cubicEpochNs[s] !== 0) c.cubicEpochNs[s]! += idleNs - (idleNs % NS_PER_US)
}
