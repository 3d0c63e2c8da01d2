import * as tcp from '../../wire/tcp.ts'
import type { Stack } from './stack.ts'
import {
  ACK_PUSHED,
  ACK_PUSHED2,
  DEFAULT_MSS,
  MIN_MSS,
  RECEIVE_BUFFER_LOCKED,
  RECEIVE_MEMORY_MAX,
} from './states.ts'

/**
 * The receive window as Linux advertises it (net/ipv4/tcp_output.c: tcp_select_window; tcp_input.c:
 * tcp_grow_window, tcp_measure_rcv_mss, tcp_rcv_space_adjust). RFC 9293 §3.8.6 leaves the amount
 * free; Linux derives it from memory: a buffer of `rcvBuf` octets, the charge of each segment, and
 * `scalingRatio` (of 256), the share of memory that was payload in the segments seen so far.
 */
const RATIO_BITS = 8
const DEFAULT_RATIO = 128
/** The window may be scaled for buffers that grow up to this. */
const WINDOW_MAX = RECEIVE_MEMORY_MAX
/** Octets that rounding to whole segments of the first window may reach. */
const UNSCALED_MAX = 65535

/** Payload that `space` octets of memory can hold, at the share seen so far. */
export function windowOf(t: Stack, s: number, space: number): number {
  return Math.floor((space * t.blocks.scalingRatio[s]!) / 256)
}

/** Octets that may still come before the window is used up. */
export function windowLeft(t: Stack, s: number): number {
  const c = t.blocks
  const left = (c.rcvWup[s]! + c.rcvWnd[s]! - c.rcvNxt[s]!) | 0
  return left < 0 ? 0 : left
}

const freeSpace = (t: Stack, s: number): number =>
  windowOf(t, s, t.blocks.rcvBuf[s]! - t.blocks.rcvMemory[s]!)

/** First window and scale, from a buffer whose half may be filled (tcp_select_initial_window). */
export function initialWindow(space: number, mss: number, clamp: number): number {
  const usable = Math.min(space, clamp)
  return usable > mss ? usable - (usable % mss) : usable
}

/** Shift count that lets a buffer of the largest size be told. */
export function initialScale(clamp: number): number {
  const space = Math.min(WINDOW_MAX, clamp)
  const bits = 31 - Math.clz32(space)
  return Math.max(0, Math.min(14, bits - 15))
}

/** The largest window that `scale` can tell. */
export const largestWindow = (scale: number): number => UNSCALED_MAX * (1 << scale)

/** Half of a fresh buffer's memory is reckoned as window. */
export const fullWindow = (memory: number): number => (memory * DEFAULT_RATIO) >>> RATIO_BITS

/** Largest window that may ever be told: that of a buffer whose size the program has fixed. */
export const initialClamp = (memory: number, locked: boolean): number =>
  locked ? fullWindow(memory) : largestWindow(14)

/** Prepares a row's receive side for a SYN: buffer, share, window and scale. */
export function prepare(t: Stack, s: number, memory: number, locked: boolean, mss: number): void {
  const c = t.blocks
  const clamp = initialClamp(memory, locked)
  c.rcvBuf[s] = memory
  c.scalingRatio[s] = DEFAULT_RATIO
  if (locked) c.settings[s]! |= RECEIVE_BUFFER_LOCKED
  c.rcvWnd[s] = initialWindow(fullWindow(memory), mss, clamp)
  c.rcvScale[s] = t.settings.scaling ? initialScale(clamp) : 0
  c.windowClamp[s] = Math.min(clamp, largestWindow(c.rcvScale[s]!))
  c.rcvSsthresh[s] = c.rcvWnd[s]!
}

/** The connection is made: one segment of the buffer is kept back (tcp_init_buffer_space). */
export function established(t: Stack, s: number): void {
  const c = t.blocks
  const most = windowOf(t, s, c.rcvBuf[s]!)
  const mss = c.advMss[s]!
  if (c.windowClamp[s]! >= most) c.windowClamp[s] = most
  if (c.windowClamp[s]! > 2 * mss && c.windowClamp[s]! + mss > most) {
    c.windowClamp[s] = Math.max(2 * mss, most - mss)
  }
  c.rcvSsthresh[s] = Math.min(c.rcvSsthresh[s]!, c.windowClamp[s]!)
  c.rcvSpace[s] = Math.min(c.rcvSsthresh[s]!, c.rcvWnd[s]!, 10 * mss)
  c.rcvSpaceSeq[s] = c.copiedSeq[s]!
  c.rcvSpaceNs[s] = t.now
}

/** A first guess of the peer's segment size (tcp_initialize_rcv_mss). */
export function guessMss(t: Stack, s: number): void {
  const c = t.blocks
  const half = Math.floor(c.rcvWnd[s]! / 2)
  const hint = Math.min(c.advMss[s]!, c.mss[s]!, half, DEFAULT_MSS)
  c.rcvMss[s] = Math.max(hint, MIN_MSS)
}

/** Window to tell in a segment that leaves now, already scaled down; remembers what was told. */
export function select(t: Stack, s: number): number {
  const c = t.blocks
  const unit = 1 << c.rcvScale[s]!
  const current = windowLeft(t, s)
  let window = wanted(t, s)
  // What was offered is never taken back (RFC 9293 §3.8.6.2.1).
  if (window < current) window = aligned(current, unit)
  c.rcvWnd[s] = window
  c.rcvWup[s] = c.rcvNxt[s]!
  return Math.min(window, UNSCALED_MAX * unit) >>> c.rcvScale[s]!
}

const aligned = (value: number, unit: number): number => (value + unit - 1) & -unit

/** The window that the buffer allows now (__tcp_select_window). */
export function wanted(t: Stack, s: number): number {
  const c = t.blocks
  const allowed = windowOf(t, s, c.rcvBuf[s]!)
  const full = Math.min(c.windowClamp[s]!, allowed)
  const unit = 1 << c.rcvScale[s]!
  let mss = c.rcvMss[s]!
  let free = freeSpace(t, s)
  if (mss > full) mss = full
  if (mss <= 0) return 0
  if (free < full >> 1) {
    c.quick[s] = 0
    free -= free % unit
    if (free < allowed >> 4 || free < mss) return 0
  }
  free = Math.min(free, c.rcvSsthresh[s]!)
  if (c.rcvScale[s] !== 0) return aligned(free, unit)
  const window = c.rcvWnd[s]!
  if (window <= free - mss || window > free) return free - (free % mss)
  if (mss === full && free > window + (full >> 1)) return free
  return window
}

/** Learns from a segment of `length` octets how large the peer's segments are. */
export function measureMss(
  t: Stack,
  s: number,
  length: number,
  memory: number,
  bits: number,
): void {
  const c = t.blocks
  const last = c.lastSegmentLen[s]!
  c.lastSegmentLen[s] = 0
  if (length >= c.rcvMss[s]!) {
    if (length !== c.rcvMss[s]!) learnRatio(t, s, length, memory)
    c.rcvMss[s] = Math.min(length, c.advMss[s]!)
    if ((bits & tcp.PSH) !== 0) c.ackPending[s]! |= ACK_PUSHED
    return
  }
  const whole = length + c.headerLen[s]!
  const plain = (bits & (tcp.FIN | tcp.URG | tcp.SYN | tcp.PSH)) === 0
  if (whole >= DEFAULT_MSS + tcp.MIN_LEN || (whole >= MIN_MSS + tcp.MIN_LEN && plain)) {
    c.lastSegmentLen[s] = length
    if (length === last) {
      c.rcvMss[s] = length
      return
    }
  }
  if ((c.ackPending[s]! & ACK_PUSHED) !== 0) c.ackPending[s]! |= ACK_PUSHED2
  c.ackPending[s]! |= ACK_PUSHED
}

function learnRatio(t: Stack, s: number, length: number, memory: number): void {
  const c = t.blocks
  const ratio = Math.max(1, Math.floor((length << RATIO_BITS) / memory))
  if (ratio === c.scalingRatio[s]!) return
  c.scalingRatio[s] = ratio
  const clamp = windowOf(t, s, c.rcvBuf[s]!)
  if (clamp < c.windowClamp[s]!) {
    c.rcvSsthresh[s] = Math.min(c.rcvSsthresh[s]!, clamp)
  } else if (clamp > c.windowClamp[s]!) {
    c.rcvSsthresh[s] = Math.max(Math.min(c.rcvWnd[s]!, clamp), c.rcvSsthresh[s]!)
  }
  c.windowClamp[s] = clamp
  if (clamp < c.rcvSpace[s]!) c.rcvSpace[s] = clamp
}

/** Lets the window grow after a segment of at least 128 octets (tcp_grow_window). */
export function grow(t: Stack, s: number, length: number, memory: number): void {
  const c = t.blocks
  const room = Math.min(c.windowClamp[s]!, freeSpace(t, s)) - c.rcvSsthresh[s]!
  if (room <= 0) return
  const more = windowOf(t, s, memory) <= length ? 2 * c.advMss[s]! : slowly(t, s, length, memory)
  if (more === 0) return
  c.rcvSsthresh[s]! += Math.min(room, Math.max(more, 2 * length))
  c.quick[s]! |= 1
}

function slowly(t: Stack, s: number, length: number, memory: number): number {
  const c = t.blocks
  let size = windowOf(t, s, memory) >> 1
  let window = windowOf(t, s, RECEIVE_MEMORY_MAX) >> 1
  while (c.rcvSsthresh[s]! <= window) {
    if (size <= length) return 2 * c.rcvMss[s]!
    size >>= 1
    window >>= 1
  }
  return 0
}

/** The program has read: the buffer grows when it read more in a round trip than ever before. */
export function adjustSpace(t: Stack, s: number): void {
  const c = t.blocks
  const elapsedUs = Math.floor((t.now - c.rcvSpaceNs[s]!) / 1000)
  const rtt = c.rcvRttUs[s]!
  if (rtt === 0 || elapsedUs < rtt / 8) return
  const waiting = (c.rcvNxt[s]! - c.copiedSeq[s]!) | 0
  const copied = ((c.copiedSeq[s]! - c.rcvSpaceSeq[s]!) | 0) - waiting
  if (copied > c.rcvSpace[s]!) growBuffer(t, s, copied)
  c.rcvSpaceSeq[s] = c.copiedSeq[s]!
  c.rcvSpaceNs[s] = t.now
}

function growBuffer(t: Stack, s: number, copied: number): void {
  const c = t.blocks
  const before = c.rcvSpace[s]!
  c.rcvSpace[s] = copied
  if (!t.settings.moderate || (c.settings[s]! & RECEIVE_BUFFER_LOCKED) !== 0) return
  let window = copied * 2
  window += 2 * Math.floor((window * (copied - before)) / before)
  const ranges = t.outOfOrder[s]
  if (ranges !== undefined && ranges.count > 0) {
    window += (ranges.end[ranges.count - 1]! - c.rcvNxt[s]!) | 0
  }
  const memory = Math.floor((window * 256) / c.scalingRatio[s]!)
  const buffer = Math.min(memory, RECEIVE_MEMORY_MAX)
  if (buffer <= c.rcvBuf[s]!) return
  c.rcvBuf[s] = buffer
  c.windowClamp[s] = windowOf(t, s, buffer)
}

/** Round-trip time as a receiver sees it, from timestamps (tcp_rcv_rtt_measure_ts). */
export function measureRtt(
  t: Stack,
  s: number,
  length: number,
  hasTs: boolean,
  echo: number,
): void {
  const c = t.blocks
  if (!hasTs) {
    measureRttByWindow(t, s)
    return
  }
  if (echo === c.rcvRttEcho[s]! || echo === 0) return
  c.rcvRttEcho[s] = echo
  if (length < c.rcvMss[s]!) return
  const deltaMs = (t.nowMs + c.tsOffset[s]! - echo) | 0
  if (deltaMs < 0 || deltaMs > 24 * 3600 * 1000) return
  updateRtt(t, s, Math.max(1, deltaMs) * 1000, false)
}

function measureRttByWindow(t: Stack, s: number): void {
  const c = t.blocks
  if (c.rcvRttNs[s] !== 0) {
    if (((c.rcvNxt[s]! - c.rcvRttSeq[s]!) | 0) < 0) return
    updateRtt(t, s, Math.max(1, Math.floor((t.now - c.rcvRttNs[s]!) / 1000)), true)
  }
  c.rcvRttSeq[s] = (c.rcvNxt[s]! + c.rcvWnd[s]!) >>> 0
  c.rcvRttNs[s] = t.now
}

/** Keeps eight times the value: a running mean, or the least when samples only bound it. */
function updateRtt(t: Stack, s: number, sampleUs: number, bound: boolean): void {
  const c = t.blocks
  const old = c.rcvRttUs[s]!
  const sample = sampleUs * 8
  if (old === 0) c.rcvRttUs[s] = sample
  else if (bound) c.rcvRttUs[s] = Math.min(old, sample)
  else c.rcvRttUs[s] = old - Math.floor(old / 8) + sampleUs
}
