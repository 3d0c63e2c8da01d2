import { after } from './sequence.ts'
import type { Stack } from './stack.ts'
import { NS_PER_US, RTO_MAX_NS, RTO_MIN_NS } from './states.ts'

/**
 * Round-trip time and retransmission timeout (RFC 6298) as Linux estimates them
 * (tcp_rtt_estimator): the deviation never counts less than 200 ms, so RTO = SRTT + 200 ms on most
 * paths.
 */
const RTO_MIN_US = RTO_MIN_NS / NS_PER_US

export function update(t: Stack, s: number, sampleUs: number): void {
  const c = t.blocks
  const rtt = Math.max(1, sampleUs)
  if (c.minRttUs[s] === 0 || rtt < c.minRttUs[s]!) c.minRttUs[s] = rtt
  if (c.srttUs[s] === 0) {
    c.srttUs[s] = rtt * 8
    c.mdevUs[s] = rtt * 2
    c.rttvarUs[s] = Math.max(c.mdevUs[s]!, RTO_MIN_US)
    c.mdevMaxUs[s] = c.rttvarUs[s]!
    c.rttSeq[s] = c.sndNxt[s]!
  } else {
    smooth(t, s, rtt)
  }
  c.backoff[s] = 0
  c.rtoNs[s] = baseRto(t, s)
}

function smooth(t: Stack, s: number, rtt: number): void {
  const c = t.blocks
  let error = rtt - Math.floor(c.srttUs[s]! / 8)
  c.srttUs[s] = Math.max(1, c.srttUs[s]! + error)
  const deviation = Math.floor(c.mdevUs[s]! / 4)
  if (error < 0) {
    // A sudden drop of the RTT must not look like variance.
    error = -error - deviation
    if (error > 0) error = Math.floor(error / 8)
  } else error -= deviation
  c.mdevUs[s]! += error
  if (c.mdevUs[s]! > c.mdevMaxUs[s]!) {
    c.mdevMaxUs[s] = c.mdevUs[s]!
    if (c.mdevMaxUs[s]! > c.rttvarUs[s]!) c.rttvarUs[s] = c.mdevMaxUs[s]!
  }
  if (after(c.sndUna[s]!, c.rttSeq[s]!)) {
    if (c.mdevMaxUs[s]! < c.rttvarUs[s]!) {
      c.rttvarUs[s]! -= Math.floor((c.rttvarUs[s]! - c.mdevMaxUs[s]!) / 4)
    }
    c.rttSeq[s] = c.sndNxt[s]!
    c.mdevMaxUs[s] = RTO_MIN_US
  }
}

/** RTO without backoff. */
export function baseRto(t: Stack, s: number): number {
  const c = t.blocks
  const us = Math.floor(c.srttUs[s]! / 8) + c.rttvarUs[s]!
  return Math.min(us * NS_PER_US, RTO_MAX_NS)
}
