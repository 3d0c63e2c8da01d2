import * as congestion from './congestion.ts'
import * as cubic from './cubic.ts'
import { clearTimer, rearmRto, setTimer } from './deadlines.ts'
import * as loss from './loss.ts'
import { expandSendBuffer, payloadOf, removeHead, segmentsOf } from './queue.ts'
import * as rtt from './rtt.ts'
import { type AckNews, clearNews } from './ack-news.ts'
import { advanceRack, mark } from './sack.ts'
import { EVER_RETRANSMITTED, LOST, RETRANSMITTED, SACKED } from './send-queue.ts'
import { after, before, distance } from './sequence.ts'
import type { Stack } from './stack.ts'
import {
  CA_CWR,
  CA_OPEN,
  CA_RECOVERY,
  NO_SPACE,
  NS_PER_MS,
  NS_PER_US,
  OPT_TIMESTAMPS,
  RTO_MAX_NS,
  RTO_MIN_NS,
  TIMER_WINDOW_PROBE,
} from './states.ts'
import {
  currentMss,
  NAGLE,
  scheduleLossProbe,
  transmitQueue,
  watchWindow,
  windowEnd,
} from './transmit.ts'

/** Processing the acknowledgment of a segment (RFC 9293 §3.10.7.4, fifth; Linux tcp_ack). */
export const ACK_OK = 0
/** The ACK is older than anything the peer could have meant. */
export const ACK_TOO_OLD = 1
/** The ACK is for something that was never sent. */
export const ACK_UNSENT = 2

/** `carries`: the segment has data, SYN or FIN, so it is no duplicate ACK. */
export function acknowledge(
  t: Stack,
  s: number,
  sequence: number,
  ack: number,
  windowField: number,
  carries: boolean,
  news: AckNews,
): number {
  const { blocks: c } = t
  const priorUna = c.sndUna[s]!
  clearNews(news)
  if (before(ack, priorUna)) {
    if (distance(priorUna, ack) > c.maxWindow[s]!) return ACK_TOO_OLD
    oldAck(t, s, ack, priorUna, news)
    return ACK_OK
  }
  if (after(ack, c.sndNxt[s]!)) return ACK_UNSENT
  const advanced = after(ack, priorUna)
  if (advanced) c.retransmits[s] = 0
  const windowMoved = updateWindow(t, s, sequence, ack, windowField)
  c.sndUna[s] = ack
  c.probes[s] = 0
  c.ackedNs[s] = t.now
  const hadOutstanding = c.packetsOut[s]! > 0
  if (!hadOutstanding) {
    probeAnswered(t, s)
    return ACK_OK
  }
  mark(t, s, ack, priorUna, news)
  const progress = clean(t, s, news)
  tlpAnswered(t, s, ack, advanced, carries || windowMoved, news)
  const notDuplicate = carries || windowMoved || progress
  const timed = assess(t, s, advanced, notDuplicate, progress, news)
  if (progress || news.dataSacked || !notDuplicate) c.confirms[s] = 1
  if (progress && !timed) setRetransmission(t, s)
  control(t, s, advanced, progress, news)
  if (c.caState[s]! >= CA_RECOVERY) loss.retransmitLost(t, s)
  return ACK_OK
}

function assess(
  t: Stack,
  s: number,
  advanced: boolean,
  notDuplicate: boolean,
  progress: boolean,
  news: AckNews,
): boolean {
  const c = t.blocks
  const dubious = !notDuplicate || news.dataSacked || news.dsack || c.caState[s] !== CA_OPEN
  if (!dubious) return false
  const duplicate = !advanced && !notDuplicate && !news.dsack
  const timed = loss.alert(t, s, duplicate ? 1 : 0, advanced, news)
  return timed && progress
}

/** After the news: a reduction goes on, or the window grows. */
function control(t: Stack, s: number, advanced: boolean, progress: boolean, news: AckNews): void {
  const c = t.blocks
  const state = c.caState[s]!
  if (state === CA_CWR || state === CA_RECOVERY) {
    congestion.reduce(t, s, news.delivered, news.newlyLost, advanced)
  } else if (progress && news.delivered > 0) {
    congestion.avoid(t, s, news.delivered)
  }
}

/** An ACK that was overtaken may still tell of SACKed segments. */
function oldAck(t: Stack, s: number, ack: number, priorUna: number, news: AckNews): void {
  if (t.options.sackCount === 0) return
  mark(t, s, ack, priorUna, news)
  if (!news.dataSacked) return
  loss.alert(t, s, 0, false, news)
  control(t, s, false, false, news)
  loss.retransmitLost(t, s)
}

/** RFC 9293: SND.WND is taken from segments not older than the last one that set it. */
function updateWindow(
  t: Stack,
  s: number,
  sequence: number,
  ack: number,
  windowField: number,
): boolean {
  const c = t.blocks
  const window = windowField * (1 << c.sndScale[s]!)
  const newer =
    after(ack, c.sndUna[s]!) ||
    after(sequence, c.sndWl1[s]!) ||
    (sequence === c.sndWl1[s] && (window > c.sndWnd[s]! || window === 0))
  if (!newer) return false
  c.sndWl1[s] = sequence
  c.sndWnd[s] = window
  if (window > c.maxWindow[s]!) c.maxWindow[s] = window
  return true
}

/** Removes what is acknowledged; returns whether anything was (tcp_clean_rtx_queue). */
function clean(t: Stack, s: number, news: AckNews): boolean {
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
  if (news.acked === 0) return false
  if (c.sackedOut[s] !== 0) loss.forgetDuplicates(t, s, news)
  if (c.queueHead[s] === -1) t.sendRings.release(s)
  if (c.packetsOut[s] === 0) loss.settled(t, s)
  measure(t, s, news)
  if ((c.settings[s]! & NO_SPACE) !== 0) wakeWriter(t, s)
  return true
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
    if (news.firstNs < 0) news.firstNs = news.lastNs
  }
  if ((marks & SACKED) !== 0) c.sackedOut[s]! -= segments
  else {
    news.delivered += segments
    advanceRack(t, s, skb)
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
  } else if (news.sackRttUs >= 0) {
    sampleUs = news.sackRttUs
    caUs = sampleUs
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

/** RFC 8985 §7.4: what the ACK says about a tail loss probe. */
function tlpAnswered(
  t: Stack,
  s: number,
  ack: number,
  advanced: boolean,
  notDuplicate: boolean,
  news: AckNews,
): void {
  const c = t.blocks
  const high = c.tlpHighSeq[s]!
  if (high === 0 || before(ack, high)) return
  if (c.tlpRetrans[s] === 0 || news.dsack) c.tlpHighSeq[s] = 0
  else if (after(ack, high)) {
    c.tlpHighSeq[s] = 0
    loss.probeTold(t, s)
  } else if (!advanced && !notDuplicate && !news.dataSacked) c.tlpHighSeq[s] = 0
}

function setRetransmission(t: Stack, s: number): void {
  if (!scheduleLossProbe(t, s, true)) rearmRto(t, s)
}

/** Nothing was outstanding: the ACK may open a closed window (tcp_ack_probe). */
function probeAnswered(t: Stack, s: number): void {
  const { blocks: c, sends } = t
  const next = c.queueNext[s]!
  if (next < 0) return
  if (!after(sends.end[next]!, windowEnd(t, s))) {
    c.backoff[s] = 0
    if (c.timerKind[s] === TIMER_WINDOW_PROBE) clearTimer(t, s)
    return
  }
  const base = Math.max(c.rtoNs[s]!, RTO_MIN_NS)
  setTimer(t, s, TIMER_WINDOW_PROBE, Math.min(base * pow2(c.backoff[s]!), RTO_MAX_NS))
}

const pow2 = (bits: number): number => 1 << Math.min(bits, 20)

/** After an ACK was processed: sends what it allows (tcp_data_snd_check). */
export function sendMore(t: Stack, s: number): void {
  const c = t.blocks
  if (c.queueNext[s]! >= 0 && !transmitQueue(t, s, NAGLE, 0, false)) watchWindow(t, s)
}
