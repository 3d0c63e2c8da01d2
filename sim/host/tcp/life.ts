import * as tcp from '../../wire/tcp.ts'
import { clearDelayedAck, clearKeepalive, clearTimer, setKeepalive } from './deadlines.ts'
import { sendReset } from './segment.ts'
import type { Stack } from './stack.ts'
import {
  CLOSED,
  CLOSE_WAIT,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  ORPHAN,
  RECEIVE_SHUT,
  SEND_SHUT,
  SYN_RECEIVED,
  SYN_SENT,
  TIME_WAIT,
} from './states.ts'
import { sendFin } from './transmit.ts'

/** How connections end (RFC 9293 §3.6; Linux tcp_close, tcp_done, tcp_time_wait). */

export const portsOf = (localPort: number, remotePort: number): number =>
  ((localPort << 16) | remotePort) >>> 0

function unhash(t: Stack, s: number): void {
  const c = t.blocks
  const ports = portsOf(c.localPort[s]!, c.remotePort[s]!)
  t.demux.delete(c.localAddress[s]!, c.remoteAddress[s]!, ports)
}

/** The connection is over, with an error or without; an abandoned row is taken back. */
export function done(t: Stack, s: number, error: number): void {
  const c = t.blocks
  if (c.state[s] !== CLOSED) unhash(t, s)
  buryOrTell(t, s, error)
}

function buryOrTell(t: Stack, s: number, error: number): void {
  const c = t.blocks
  c.state[s] = CLOSED
  c.error[s] = error
  c.shut[s]! |= RECEIVE_SHUT | SEND_SHUT
  clearTimer(t, s)
  clearDelayedAck(t, s)
  clearKeepalive(t, s)
  c.compressedNs[s] = Infinity
  if ((c.shut[s]! & ORPHAN) !== 0) t.release(s)
  else t.wake(s)
}

/** The connection goes on as a small row that only answers (states FIN-WAIT-2 and TIME-WAIT). */
export function enterTimeWait(t: Stack, s: number, substate: number, timeoutNs: number): void {
  const c = t.blocks
  const grace = c.rtoNs[s]! * 3.5
  const delay = substate === TIME_WAIT ? t.timeWaitNs : Math.max(timeoutNs, grace)
  t.timeWaits!.add(s, substate, delay)
  buryOrTell(t, s, 0)
}

/** How long a closed socket waits for the peer's FIN (tcp_fin_time). */
export function finTimeout(t: Stack, s: number): number {
  return Math.max(t.settings.finTimeoutNs, t.blocks.rtoNs[s]! * 3.5)
}

/** In FIN-WAIT-2 without a program: waits as a small row, or with a timer when that is longer. */
export function waitForFin(t: Stack, s: number, hasFin: boolean): boolean {
  const timeout = finTimeout(t, s)
  if (timeout > t.timeWaitNs) setKeepalive(t, s, timeout - t.timeWaitNs)
  else if (hasFin) setKeepalive(t, s, timeout)
  else {
    enterTimeWait(t, s, FIN_WAIT_2, timeout)
    return true
  }
  return false
}

/** Sends FIN if the state has one to send (tcp_close_state). */
export function closeSending(t: Stack, s: number): void {
  const c = t.blocks
  const state = c.state[s]!
  if (state === ESTABLISHED || state === SYN_RECEIVED) c.state[s] = FIN_WAIT_1
  else if (state === CLOSE_WAIT) c.state[s] = LAST_ACK
  else return
  c.shut[s]! |= SEND_SHUT
  sendFin(t, s)
}

/** The program lets go of a socket (close(2)). */
export function close(t: Stack, s: number): void {
  const c = t.blocks
  const unread = hasUnread(t, s)
  abandon(t, s)
  const state = c.state[s]!
  if (state === CLOSED) return t.release(s)
  if (state === SYN_SENT) return done(t, s, 0)
  if (unread && state !== SYN_RECEIVED) {
    sendReset(t, s)
    return done(t, s, 0)
  }
  c.shut[s]! |= RECEIVE_SHUT
  closeSending(t, s)
  if (c.state[s] === FIN_WAIT_2) waitForFin(t, s, false)
}

function hasUnread(t: Stack, s: number): boolean {
  const c = t.blocks
  const fin = c.finReceived[s]!
  return ((c.rcvNxt[s]! - c.copiedSeq[s]! - fin) | 0) > 0
}

/** No program any more: nobody is woken from here on. */
function abandon(t: Stack, s: number): void {
  const c = t.blocks
  t.agenda.cancel(c.wakeToken[s]!)
  c.wakeToken[s] = -1
  t.owners[s] = undefined
  c.shut[s]! |= ORPHAN
}

/** Ends a connection with RST (SO_LINGER of 0, or a process that is killed with data unread). */
export function abort(t: Stack, s: number): void {
  const c = t.blocks
  abandon(t, s)
  const state = c.state[s]!
  if (state === CLOSED) return t.release(s)
  const tells = state === SYN_RECEIVED || (state >= ESTABLISHED && state <= CLOSE_WAIT)
  if (tells) sendReset(t, s)
  done(t, s, 0)
}

/** Bits that count in sequence space. */
export const controls = (bits: number): number =>
  ((bits & tcp.SYN) !== 0 ? 1 : 0) + ((bits & tcp.FIN) !== 0 ? 1 : 0)
