import { before, distance } from './sequence.ts'
import type { Stack } from './stack.ts'

/** What is known of how far a path reorders, from SACKs and D-SACKs (RFC 8985 §6.2, RFC 3708). */
const STATIC_WINDOW = 2
const MAX_STEPS = 254
/** Recoveries for which a widened window is kept (TCP_RACK_RECOVERY_THRESH). */
export const PERSIST = 16

/** End of the highest segment that the peer has, as far as it told (tcp_highest_sack_seq). */
export function highestSacked(t: Stack, s: number): number {
  const c = t.blocks
  return c.sackedOut[s] === 0 ? c.sndUna[s]! : c.fack[s]!
}

/**
 * A segment that was sent once, at `low`, has arrived though what was sent behind it, up to `fack`,
 * arrived before (tcp_check_sack_reordering).
 */
export function saw(t: Stack, s: number, low: number, fack: number): void {
  const c = t.blocks
  if (!before(low, fack)) return
  const mss = c.mss[s]!
  const span = distance(fack, low)
  if (span > c.reordering[s]! * mss) {
    c.reordering[s] = Math.min(Math.ceil(span / mss), t.settings.maxReordering)
  }
  c.reorderSeen[s] = 1
}

/** Without SACK: more duplicates than segments can be missing (tcp_check_reno_reordering). */
export function limitDuplicates(t: Stack, s: number, acked: number): void {
  const c = t.blocks
  const holes = Math.min(Math.max(1, c.lostOut[s]!), c.packetsOut[s]!)
  if (c.sackedOut[s]! + holes <= c.packetsOut[s]!) return
  c.sackedOut[s] = c.packetsOut[s]! - holes
  c.reordering[s] = Math.min(c.packetsOut[s]! + acked, t.settings.maxReordering)
  c.reorderSeen[s] = 1
}

/** Widens the wait for reordered segments once a round in which repairs were vain. */
export function adapt(t: Stack, s: number): void {
  const c = t.blocks
  if ((t.settings.recovery & STATIC_WINDOW) !== 0) return
  if (c.rackSteps[s] !== 0 && before(c.sndUna[s]!, c.rackRoundSeq[s]!)) c.rackDsack[s] = 0
  if (c.rackDsack[s] === 1) {
    c.rackSteps[s] = Math.min(MAX_STEPS, c.rackSteps[s]! + 1)
    c.rackDsack[s] = 0
    c.rackRoundSeq[s] = c.sndNxt[s]!
    c.rackPersist[s] = PERSIST
  } else if (c.rackPersist[s] === 0) c.rackSteps[s] = 0
}

/**
 * Counts a D-SACK for `start .. end` (tcp_dsack_seen); returns the segments it speaks of, 0 when
 * nothing sent again explains it.
 */
export function countDuplicate(t: Stack, s: number, start: number, end: number): number {
  const c = t.blocks
  const octets = distance(end, start)
  if (octets > c.maxWindow[s]!) return 0
  const segments = octets > c.mss[s]! ? Math.ceil(octets / c.mss[s]!) : 1
  c.dsackDups[s]! += segments
  return c.dsackDups[s]! > c.totalRetrans[s]! ? 0 : segments
}
