import {
  EXPIRED,
  meaningOf,
  PASSING,
  REFUSED as NOBODY,
  TOO_BIG,
  UNREACHABLE as NO_WAY,
} from '../icmp-meaning.ts'
import { familyOf } from '../ip.ts'
import { KIND_REQUEST, KIND_SOCKET, kindOf, NOTHING, rowOf } from './demux.ts'
import { done, portsOf } from './life.ts'
import { sendAgainSmaller } from './repair.ts'
import { after, before } from './sequence.ts'
import { syncMss } from './path-mtu.ts'
import type { Stack } from './stack.ts'
import { ESTABLISHED, REFUSED, SYN_RECEIVED, SYN_SENT, UNREACHABLE } from './states.ts'

/**
 * An ICMP or ICMPv6 error about a segment that `local:from` sent to `remote:to` (RFC 9293 §3.9.2.2,
 * RFC 1191, RFC 8201; Linux tcp_v4_err, tcp_v6_err). False when no connection sent it.
 */
export function icmpError(
  t: Stack,
  type: number,
  code: number,
  mtu: number,
  local: number,
  remote: number,
  from: number,
  to: number,
  sequence: number,
): boolean {
  const value = t.demux.find(local, remote, portsOf(from, to))
  if (value === NOTHING) return false
  const meaning = meaningOf(familyOf(remote), type, code)
  if (kindOf(value) === KIND_REQUEST) {
    const isFatal = meaning === NO_WAY || meaning === EXPIRED
    if (isFatal) t.requests!.refused(rowOf(value), sequence)
    return true
  }
  if (kindOf(value) !== KIND_SOCKET) return true
  const s = rowOf(value)
  const c = t.blocks
  const state = c.state[s]!
  if (before(sequence, c.sndUna[s]!) || after(sequence, c.sndNxt[s]!)) return true
  if (meaning === TOO_BIG) {
    if (state >= ESTABLISHED) lowerMtu(t, s, mtu)
    return true
  }
  if (meaning === PASSING) return true
  // Once connected, such an error may pass: only a port or protocol that is missing ends it.
  if (state !== SYN_SENT && state !== SYN_RECEIVED) return true
  t.counters.attemptFails++
  done(t, s, meaning === NOBODY ? REFUSED : UNREACHABLE)
  return true
}

function lowerMtu(t: Stack, s: number, mtu: number): void {
  const c = t.blocks
  const before = c.mss[s]!
  syncMss(t, s, t.host.ip.mtuTowards(c.remoteAddress[s]!) || mtu)
  if (c.mss[s]! < before) sendAgainSmaller(t, s)
}
