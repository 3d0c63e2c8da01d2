import type { AckNews } from './ack-news.ts'
import * as congestion from './congestion.ts'
import * as cubic from './cubic.ts'
import { expandSendBuffer, payloadOf, removeHead, segmentsOf } from './queue.ts'
import * as renoSack from './reno-sack.ts'
import * as reordering from './reordering.ts'
import { settled } from './repair.ts'
import * as rtt from './rtt.ts'
import { advanceRack } from './sack.ts'
import { EVER_RETRANSMITTED, LOST, RETRANSMITTED, SACKED } from './send-queue.ts'
import { after, before, distance } from './sequence.ts'
import type { Stack } from './stack.ts'
import { CA_LOSS, NO_SPACE, NS_PER_MS, NS_PER_US, OPT_SACK, OPT_TIMESTAMPS } from './states.ts'
import { currentMss } from './transmit.ts'
import { answersEarlier } from './undo.ts'

/** Taking what is acknowledged out of the send queue, and measuring round trips by it. */

/** Removes what is acknowledged; returns whether anything was (tcp_clean_rtx_queue). */
export function clean(t: Stack, s: number, news: AckNews): boolean {
  const { blocks: c, sends } = t
  const una = c.sndUna[s]!
  let skb = c.queueHead[s]!
  while (skb >= 0 && skb !== c.queueNext[s]) {
    if (before(una, sends.end[skb]!)) {
      if (after(una, sends.sequence[skb]!)) trim(t, s, skb, una, news)
      break
    }
    note(t, s, skb, sends.segments[skb]!, news)
    removeHead(t, s)
    skb = c.queueHead[s]!
  }
  if (news.acked === 0) {
    if (news.sackRttUs >= 0) measureSack(t, s, news)
    return false
  }
  news.setsTimer = true
  if ((c.options[s]! & OPT_SACK) === 0) renoAcked(t, s, news)
  else if (news.firstNs >= 0 && before(news.firstSeq, news.priorFack)) {
    // A hole was filled by what was sent once: that is reordering.
    reordering.saw(t, s, news.firstSeq, reordering.highestSacked(t, s))
  }
  if (c.queueHead[s] === -1) t.sendRings.release(s)
  if (c.packetsOut[s] === 0) settled(t, s)
  measure(t, s, news)
  if ((c.settings[s]! & NO_SPACE) !== 0) wakeWriter(t, s)
  return true
}

/** Without SACK nobody knows whether the first copy or the repair was acknowledged. */
function renoAcked(t: Stack, s: number, news: AckNews): void {
  renoSack.remove(t, s, news.acked, news)
  if (news.retransAcked) news.originalAcked = false
}

/** Only SACKs came: a sample, and the timer runs anew if the head was sent before what arrived. */
function measureSack(t: Stack, s: number, news: AckNews): void {
  const { blocks: c, sends } = t
  const head = c.queueHead[s]!
  if (head >= 0 && news.sackRttUs * NS_PER_US > t.now - sends.sentNs[head]!) news.setsTimer = true
  measure(t, s, news)
}

/** Counts `segments` of a row, its first ones, as acknowledged. */
function note(t: Stack, s: number, skb: number, segments: number, news: AckNews): void {
  const { blocks: c, sends } = t
  const marks = sends.marks[skb]!
  if ((marks & RETRANSMITTED) !== 0) {
    c.retransOut[s]! -= segments
  }
  if ((marks & EVER_RETRANSMITTED) !== 0) news.retransAcked = true
  else if ((marks & SACKED) === 0) {
    news.lastNs = sends.sentNs[skb]!
    if (news.firstNs < 0) {
      news.firstNs = news.lastNs
      news.firstSeq = sends.sequence[skb]!
    }
    if (c.caState[s] === CA_LOSS && !after(sends.end[skb]!, c.highSeq[s]!)) {
      news.originalAcked = true
    }
  }
  if ((marks & SACKED) !== 0) c.sackedOut[s]! -= segments
  else {
    news.delivered += segments
    // A repair that the ACK does not speak of says nothing about when things arrive.
    const repaired = (marks & EVER_RETRANSMITTED) !== 0
    const vain = repaired && answersEarlier(t, s, sends.sentNs[skb]!)
    if (!vain && (c.options[s]! & OPT_SACK) !== 0) advanceRack(t, s, skb)
  }
  if ((marks & LOST) !== 0) c.lostOut[s]! -= segments
  c.packetsOut[s]! -= segments
  news.acked += segments
}

/** The ACK ends inside a row of several segments: the whole ones before it are done. */
function trim(t: Stack, s: number, skb: number, una: number, news: AckNews): void {
  const { blocks: c, sends } = t
  const before = payloadOf(t, skb)
  const gone = distance(una, sends.sequence[skb]!)
  const left = before - gone
  const segments = sends.segments[skb]!
  const stay = Math.max(1, Math.min(segments, segmentsOf(left, currentMss(t, s))))
  if (segments > stay) note(t, s, skb, segments - stay, news)
  sends.segments[skb] = stay
  sends.sequence[skb] = una
  sends.frameId[skb]! += segments - stay
  c.sndMemory[s]! -= gone
}

/** Round-trip samples: from times kept with each row, or else from the echoed timestamp. */
function measure(t: Stack, s: number, news: AckNews): void {
  const { blocks: c, options } = t
  let sampleUs = -1
  let caUs = -1
  if (news.firstNs >= 0 && !news.retransAcked) {
    sampleUs = Math.floor((t.now - news.firstNs) / NS_PER_US)
    caUs = Math.floor((t.now - news.lastNs) / NS_PER_US)
    if (news.lastSackRttUs >= 0) caUs = news.lastSackRttUs
  } else if (news.sackRttUs >= 0) {
    sampleUs = news.sackRttUs
    caUs = news.lastSackRttUs
  } else if (
    options.hasTimestamps &&
    options.tsEcho !== 0 &&
    (c.options[s]! & OPT_TIMESTAMPS) !== 0
  ) {
    const elapsedMs = (t.nowMs + c.tsOffset[s]! - options.tsEcho) | 0
    if (elapsedMs >= 0 && elapsedMs < 1000 * NS_PER_MS) sampleUs = Math.max(1, elapsedMs) * 1000
  }
  if (sampleUs < 0) return
  rtt.update(t, s, sampleUs)
  if (caUs >= 0 && c.algorithm[s] === congestion.CUBIC) cubic.sample(t, s, caUs)
}

/** A third of the send buffer is free again (sk_stream_is_writeable). */
function wakeWriter(t: Stack, s: number): void {
  const c = t.blocks
  if (c.sndBuf[s]! - c.sndMemory[s]! < c.sndMemory[s]! >> 1) return
  c.settings[s]! &= ~NO_SPACE
  expandSendBuffer(t, s)
  t.wake(s)
}
