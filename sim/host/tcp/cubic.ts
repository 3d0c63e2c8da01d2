import { cubeRoot } from '../../engine/arithmetic.ts'
import * as hystart from './hystart.ts'
import type { Stack } from './stack.ts'
import { NS_PER_MS, NS_PER_S, TICK_NS } from './states.ts'

/**
 * CUBIC (RFC 9438) with Linux's integers (net/ipv4/tcp_cubic.c): time in units of 2^-10 s, the
 * constants beta = 717/1024 and C = 410/1024.
 */
const BETA = 717
const SCALE = 1024
const CUBE_SCALE = 410
/** 2^40: the shift of C x t^3 when time is in 1/1024 s. */
const SHIFT = 1_099_511_627_776
/** 2^40 / 410, what turns a difference of windows into the cube of a time. */
const CUBE_FACTOR = Math.floor(SHIFT / CUBE_SCALE)
/** 8 x (1 + beta) / 3 / (1 - beta): the growth of a Reno flow with the same loss. */
const RENO_SCALE = Math.floor((8 * (SCALE + BETA)) / 3 / (SCALE - BETA))
const UPDATE_GAP_NS = 31_250_000

/** Forgets the epoch: a loss has ended it, or a timeout. */
export function reset(t: Stack, s: number): void {
  const c = t.blocks
  c.cubicMax[s] = 0
  c.cubicOrigin[s] = 0
  c.cubicK[s] = 0
  c.cubicEpochNs[s] = 0
  c.cubicCount[s] = 0
  c.cubicAcked[s] = 0
  c.cubicReno[s] = 0
  c.cubicLastCwnd[s] = 0
  c.cubicLastNs[s] = 0
  c.cubicDelayMinUs[s] = 0
  c.hystartFound[s] = 0
  hystart.reset(t, s)
}

/** Slow start threshold after a loss; with fast convergence (RFC 9438 §4.7). */
export function ssthreshAfterLoss(t: Stack, s: number): number {
  const c = t.blocks
  const cwnd = c.cwnd[s]!
  c.cubicEpochNs[s] = 0
  c.cubicMax[s] = cwnd < c.cubicMax[s]! ? Math.floor((cwnd * (SCALE + BETA)) / (2 * SCALE)) : cwnd
  return Math.max(2, Math.floor((cwnd * BETA) / SCALE))
}

/** A round-trip sample, for the least delay of the epoch. */
export function sample(t: Stack, s: number, rttUs: number): void {
  const c = t.blocks
  // Samples right after a recovery say little about the path.
  const epoch = c.cubicEpochNs[s]!
  if (epoch !== 0 && t.now - epoch < NS_PER_S) return
  const rtt = Math.max(1, rttUs)
  if (c.cubicDelayMinUs[s] === 0 || rtt < c.cubicDelayMinUs[s]!) c.cubicDelayMinUs[s] = rtt
  if (c.cwnd[s]! < c.ssthresh[s]!) hystart.sample(t, s, rtt, c.cubicDelayMinUs[s]!)
}

/** ACKs that one more segment of window costs now; `acked` segments were just acknowledged. */
export function acksPerSegment(t: Stack, s: number, acked: number): number {
  const c = t.blocks
  const cwnd = c.cwnd[s]!
  const tick = Math.floor(t.now / TICK_NS) + 1
  c.cubicAcked[s]! += acked
  const sinceNs = t.now - c.cubicLastNs[s]!
  if (c.cubicLastCwnd[s] === cwnd && sinceNs <= UPDATE_GAP_NS) return Math.max(2, c.cubicCount[s]!)
  const lastTick = Math.floor(c.cubicLastNs[s]! / TICK_NS) + 1
  if (c.cubicEpochNs[s] === 0 || tick !== lastTick) {
    c.cubicLastCwnd[s] = cwnd
    c.cubicLastNs[s] = t.now
    if (c.cubicEpochNs[s] === 0) beginEpoch(t, s, cwnd, acked)
    followCurve(t, s, cwnd)
  }
  keepUpWithReno(t, s, cwnd)
  c.cubicCount[s] = Math.max(2, c.cubicCount[s]!)
  return c.cubicCount[s]!
}

function beginEpoch(t: Stack, s: number, cwnd: number, acked: number): void {
  const c = t.blocks
  c.cubicEpochNs[s] = t.now
  c.cubicAcked[s] = acked
  c.cubicReno[s] = cwnd
  if (c.cubicMax[s]! <= cwnd) {
    c.cubicK[s] = 0
    c.cubicOrigin[s] = cwnd
  } else {
    c.cubicK[s] = cubeRoot(CUBE_FACTOR * (c.cubicMax[s]! - cwnd))
    c.cubicOrigin[s] = c.cubicMax[s]!
  }
}

function followCurve(t: Stack, s: number, cwnd: number): void {
  const c = t.blocks
  const sinceMs = (t.now - c.cubicEpochNs[s]!) / NS_PER_MS + c.cubicDelayMinUs[s]! / 1000
  const time = Math.floor((sinceMs * SCALE) / 1000)
  const k = c.cubicK[s]!
  const off = time < k ? k - time : time - k
  const delta = Math.floor((CUBE_SCALE * off * off * off) / SHIFT)
  const target = time < k ? c.cubicOrigin[s]! - delta : c.cubicOrigin[s]! + delta
  let count = target > cwnd ? Math.floor(cwnd / (target - cwnd)) : 100 * cwnd
  // While no loss has said how much there is, growth is not left to the flat part of the curve.
  if (c.cubicMax[s] === 0 && count > 20) count = 20
  c.cubicCount[s] = count
}

function keepUpWithReno(t: Stack, s: number, cwnd: number): void {
  const c = t.blocks
  const delta = (cwnd * RENO_SCALE) >> 3
  if (delta <= 0) return
  while (c.cubicAcked[s]! > delta) {
    c.cubicAcked[s]! -= delta
    c.cubicReno[s]!++
  }
  if (c.cubicReno[s]! <= cwnd) return
  const most = Math.floor(cwnd / (c.cubicReno[s]! - cwnd))
  if (c.cubicCount[s]! > most) c.cubicCount[s] = most
}
