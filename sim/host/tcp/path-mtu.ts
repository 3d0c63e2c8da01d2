import * as tcp from '../../wire/tcp.ts'
import { familyOf } from '../ip.ts'
import type { Stack } from './stack.ts'
import { DEFAULT_MSS } from './states.ts'

/** How large the segments of a connection are (Linux tcp_output.c and tcp_timer.c). */

/**
 * Payload of a full segment on a path of `mtu`, within what the peer offers, and after a black hole
 * was found no more than what passes nearly everywhere (tcp_sync_mss).
 */
export function syncMss(t: Stack, s: number, mtu: number): void {
  const c = t.blocks
  c.pathMtu[s] = mtu
  const headers = t.host.ip.headerLen(familyOf(c.remoteAddress[s]!)) + tcp.MIN_LEN
  const cautious = c.cautiousMtu[s]!
  const carried = cautious === 0 ? mtu : Math.min(mtu, cautious)
  const most = Math.min(carried - headers, c.mssClamp[s]!)
  let mss = Math.max(most, 48) - (c.headerLen[s]! - tcp.MIN_LEN)
  const window = c.maxWindow[s]!
  const half = window > DEFAULT_MSS ? window >>> 1 : window
  if (half > 0 && mss > half) mss = Math.max(half, 68 - tcp.MIN_LEN)
  c.mss[s] = mss
}

/** What was learned of a path may have ended, or another connection has learned it. */
export function followPath(t: Stack, s: number): void {
  const mtu = t.host.ip.mtuTowards(t.blocks.remoteAddress[s]!)
  if (mtu !== 0 && mtu !== t.blocks.pathMtu[s]) syncMss(t, s, mtu)
}

/**
 * Segments that are never acknowledged may be too large for a link whose ICMP does not come back:
 * after so much patience smaller ones are sent, each time half as large (RFC 4821
 * §7.7; tcp_mtu_probing). Linux then looks for the largest that passes, which is not done here.
 */
export function suspectBlackHole(t: Stack, s: number, patienceNs: number): void {
  const { blocks: c, settings } = t
  if (!settings.mtuProbing || c.retransmits[s] === 0) return
  if (t.now - c.retransStartNs[s]! < patienceNs) return
  const headers = t.host.ip.headerLen(familyOf(c.remoteAddress[s]!)) + c.headerLen[s]!
  const before = c.cautiousMtu[s]!
  const half = Math.max(48, Math.min(settings.baseMss, (before - headers) >> 1))
  c.cautiousMtu[s] = headers + (before === 0 ? settings.baseMss : half)
  syncMss(t, s, c.pathMtu[s]!)
}
