import type { AckNews } from './ack-news.ts'
import { payloadOf, split } from './queue.ts'
import { markLost } from './rack.ts'
import { limitDuplicates } from './reordering.ts'
import { LOST } from './send-queue.ts'
import type { Stack } from './stack.ts'
import { CA_RECOVERY } from './states.ts'
import { currentMss } from './transmit.ts'

/** A peer without SACK: duplicate ACKs are counted as if they SACKed unknown segments. */

/** Counts duplicate ACKs (tcp_add_reno_sack). */
export function add(t: Stack, s: number, duplicates: number, news: AckNews): void {
  const c = t.blocks
  if (duplicates === 0) return
  const before = c.sackedOut[s]!
  c.sackedOut[s]! += duplicates
  limitDuplicates(t, s, 0)
  if (c.sackedOut[s]! > before) news.delivered += c.sackedOut[s]! - before
}

/**
 * `acked` segments were acknowledged: all but one of them had been counted as duplicates
 * (tcp_remove_reno_sacks). Corrects how many were delivered just now.
 */
export function remove(t: Stack, s: number, acked: number, news: AckNews): void {
  const c = t.blocks
  const known = c.sackedOut[s]!
  if (known === 0) return
  news.delivered += Math.max(acked - known, 1) - acked
  c.sackedOut[s] = Math.max(0, known - (acked - 1))
  limitDuplicates(t, s, acked)
}

/** The first outstanding segment is lost after three duplicates, or a partial ACK (RFC 6582). */
export function markFirst(t: Stack, s: number, advanced: boolean, news: AckNews): void {
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
