import { ALGORITHMS } from './congestion.ts'
import type { DontFragment } from '../dont-fragment.ts'
import { clearKeepalive, setKeepalive } from './deadlines.ts'
import type { Stack } from './stack.ts'
import {
  CORK,
  DISCARD,
  ESTABLISHED,
  KEEPALIVE,
  NODELAY,
  QUICKACK,
  RECEIVE_BUFFER_LOCKED,
  RECEIVE_MEMORY,
  SEND_BUFFER_LOCKED,
} from './states.ts'
import { AT_ONCE, NAGLE, push } from './transmit.ts'

/** What a program may ask of its connection when it makes or accepts it. */
export interface SocketOptions {
  /**
   * Octets as given to SO_RCVBUF (the kernel takes twice that as memory); the size is fixed then.
   */
  readonly receiveBuffer?: number | undefined
  readonly sendBuffer?: number | undefined
  /** `cubic` (the default) or `reno`. */
  readonly congestion?: string | undefined
  readonly nodelay?: boolean | undefined
  readonly cork?: boolean | undefined
  readonly ttl?: number | undefined
  readonly dontFragment?: DontFragment | undefined
  /** Counts received octets instead of keeping them: for sinks under load. */
  readonly discard?: boolean | undefined
}

/** Options that may change while a connection is open; times in nanoseconds. */
export type SocketOption =
  | 'nodelay'
  | 'cork'
  | 'quickack'
  | 'discard'
  | 'keepalive'
  | 'keepalive-idle'
  | 'keepalive-interval'
  | 'keepalive-probes'
  | 'user-timeout'
  | 'ttl'
  | 'receive-buffer'
  | 'send-buffer'
  | 'congestion'

export const receiveMemory = (options: SocketOptions): number =>
  options.receiveBuffer === undefined ? RECEIVE_MEMORY : Math.max(2304, options.receiveBuffer * 2)

export const DEFAULT_SEND_MEMORY = 16384
export const sendMemory = (options: SocketOptions): number =>
  options.sendBuffer === undefined ? DEFAULT_SEND_MEMORY : Math.max(4608, options.sendBuffer * 2)

/** Bits of `settings` that the options ask for. */
export function settingsOf(options: SocketOptions): number {
  let bits = 0
  if (options.nodelay === true) bits |= NODELAY
  if (options.cork === true) bits |= CORK
  if (options.discard === true) bits |= DISCARD
  if (options.receiveBuffer !== undefined) bits |= RECEIVE_BUFFER_LOCKED
  if (options.sendBuffer !== undefined) bits |= SEND_BUFFER_LOCKED
  return bits
}

/** Number of a congestion control by name; cubic for one that is not known. */
export function algorithmOf(name: string | undefined): number {
  return Math.max(0, ALGORITHMS.indexOf(name ?? 'cubic'))
}

/** Changes an option of an open connection. */
export function set(t: Stack, s: number, name: SocketOption, value: number | string): void {
  const c = t.blocks
  const number = Number(value)
  if (name === 'nodelay') {
    flag(t, s, NODELAY, number)
    if (number !== 0) push(t, s, AT_ONCE)
  } else if (name === 'cork') {
    flag(t, s, CORK, number)
    if (number === 0) push(t, s, (c.settings[s]! & NODELAY) !== 0 ? AT_ONCE : NAGLE)
  } else if (name === 'quickack') flag(t, s, QUICKACK, number)
  else if (name === 'discard') flag(t, s, DISCARD, number)
  else if (name === 'keepalive') keepalive(t, s, number)
  else if (name === 'keepalive-idle') {
    c.keepaliveIdleNs[s] = number
    if ((c.settings[s]! & KEEPALIVE) !== 0) keepalive(t, s, 1)
  } else if (name === 'keepalive-interval') c.keepaliveGapNs[s] = number
  else if (name === 'keepalive-probes') c.keepaliveTries[s] = number
  else if (name === 'user-timeout') c.userTimeoutNs[s] = number
  else if (name === 'ttl') c.ttl[s] = number
  else if (name === 'congestion') c.algorithm[s] = algorithmOf(String(value))
  else if (name === 'receive-buffer') {
    c.rcvBuf[s] = receiveMemory({ receiveBuffer: number })
    flag(t, s, RECEIVE_BUFFER_LOCKED, 1)
  } else {
    c.sndBuf[s] = sendMemory({ sendBuffer: number })
    flag(t, s, SEND_BUFFER_LOCKED, 1)
  }
}

function flag(t: Stack, s: number, bit: number, on: number): void {
  if (on !== 0) t.blocks.settings[s]! |= bit
  else t.blocks.settings[s]! &= ~bit
}

function keepalive(t: Stack, s: number, on: number): void {
  const c = t.blocks
  flag(t, s, KEEPALIVE, on)
  if (on === 0) clearKeepalive(t, s)
  else if (c.state[s]! >= ESTABLISHED) setKeepalive(t, s, c.keepaliveIdleNs[s]!)
}
