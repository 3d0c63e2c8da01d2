import { after } from './sequence.ts'
import type { Stack } from './stack.ts'
import { NS_PER_US } from './states.ts'

/**
 * HyStart (Ha and Rhee 2011; net/ipv4/tcp_cubic.c): ends slow start before it overshoots, when the
 * ACKs of a round are spread over half a round trip, or when the round trip has grown.
 */
const LOW_WINDOW = 16
const MIN_SAMPLES = 8
const ACK_GAP_US = 2000
const MIN_RISE_US = 4000
const MAX_RISE_US = 16_000
const UNIT_MAX = 65_536

export function reset(t: Stack, s: number): void {
  const c = t.blocks
  c.hystartRoundNs[s] = t.now
  c.hystartAckNs[s] = t.now
  c.hystartEnd[s] = c.sndNxt[s]!
  c.hystartRttUs[s] = 0
  c.hystartSamples[s] = 0
}

/** A round-trip sample in slow start; `delayMinUs` is the least seen so far. */
export function sample(t: Stack, s: number, rttUs: number, delayMinUs: number): void {
  const c = t.blocks
  if (c.hystartFound[s] === 1) return
  if (after(c.sndUna[s]!, c.hystartEnd[s]!)) reset(t, s)
  if (c.cwnd[s]! < LOW_WINDOW) return
  if (isSpread(t, s, delayMinUs) || hasRisen(t, s, rttUs, delayMinUs)) {
    c.hystartFound[s] = 1
    c.ssthresh[s] = c.cwnd[s]!
  }
}

/** ACKs that follow each other closely have lasted for more than half of the least delay. */
function isSpread(t: Stack, s: number, delayMinUs: number): boolean {
  const c = t.blocks
  if (t.now - c.hystartAckNs[s]! > ACK_GAP_US * NS_PER_US) return false
  c.hystartAckNs[s] = t.now
  const rate = (c.mss[s]! * c.cwnd[s]! * 2 * 1_000_000 * 8) / Math.max(1, c.srttUs[s]!)
  const slack = Math.min(1000, Math.floor((UNIT_MAX * 4 * 1_000_000) / rate))
  const threshold = Math.floor((delayMinUs + slack) / 2)
  return t.now - c.hystartRoundNs[s]! > threshold * NS_PER_US
}

/** The least of eight samples of this round lies clearly above the least ever. */
function hasRisen(t: Stack, s: number, rttUs: number, delayMinUs: number): boolean {
  const c = t.blocks
  if (c.hystartRttUs[s] === 0 || rttUs < c.hystartRttUs[s]!) c.hystartRttUs[s] = rttUs
  if (c.hystartSamples[s]! < MIN_SAMPLES) {
    c.hystartSamples[s]!++
    return false
  }
  const rise = Math.min(MAX_RISE_US, Math.max(MIN_RISE_US, Math.floor(delayMinUs / 8)))
  return c.hystartRttUs[s]! > delayMinUs + rise
}
