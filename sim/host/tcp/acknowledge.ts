import { type AckNews, clearNews, SEND_NEW, SEND_NOTHING } from './ack-news.ts'
import { clean } from './clean.ts'
import * as congestion from './congestion.ts'
import { clearTimer, rearmRto, setTimer } from './deadlines.ts'
import * as loss from './loss.ts'
import * as reordering from './reordering.ts'
import { retransmitLost } from './repair.ts'
import { mark } from './sack.ts'
import { after, before, distance } from './sequence.ts'
import type { Stack } from './stack.ts'
import {
  CA_CWR,
  CA_OPEN,
  CA_RECOVERY,
  RTO_MAX_NS,
  RTO_MIN_NS,
  TIMER_WINDOW_PROBE,
} from './states.ts'
import {
  AT_ONCE,
  NAGLE,
  push,
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
    // RFC 5961 §5.2: not older than a window, and than the connection.
    const acked = (priorUna - c.iss[s]! - 1) >>> 0
    if (distance(priorUna, ack) > Math.min(c.maxWindow[s]!, acked)) return ACK_TOO_OLD
    oldAck(t, s, ack, priorUna, news)
    return ACK_OK
  }
  if (after(ack, c.sndNxt[s]!)) return ACK_UNSENT
  const advanced = after(ack, priorUna)
  if (advanced) c.retransmits[s] = 0
  news.priorFack = reordering.highestSacked(t, s)
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
  if (c.rackSteps[s] !== 0 || c.rackDsack[s] === 1) reordering.adapt(t, s)
  tlpAnswered(t, s, ack, advanced, carries || windowMoved, news)
  const notDuplicate = carries || windowMoved || progress
  assess(t, s, priorUna, advanced, notDuplicate, news)
  if (progress || news.dataSacked || !notDuplicate) c.confirms[s] = 1
  if (news.setsTimer) setRetransmission(t, s)
  control(t, s, advanced, progress, news)
  if (news.sends !== SEND_NOTHING) sendRepairs(t, s, news.sends)
  return ACK_OK
}

function assess(
  t: Stack,
  s: number,
  priorUna: number,
  advanced: boolean,
  notDuplicate: boolean,
  news: AckNews,
): void {
  const c = t.blocks
  const dubious = !notDuplicate || news.dataSacked || news.dsack || c.caState[s] !== CA_OPEN
  if (!dubious) return
  const duplicate = !advanced && !notDuplicate && !news.dsack
  loss.alert(t, s, priorUna, duplicate ? 1 : 0, advanced, news)
}

/** After a timeout new data may show that it was spurious; else what is lost is sent again. */
function sendRepairs(t: Stack, s: number, what: number): void {
  const c = t.blocks
  if (what === SEND_NEW) {
    push(t, s, AT_ONCE)
    if (after(c.sndNxt[s]!, c.highSeq[s]!)) return
    c.frto[s] = 0
  }
  retransmitLost(t, s)
}

/** After the news: a reduction goes on, or the window grows. */
function control(t: Stack, s: number, advanced: boolean, progress: boolean, news: AckNews): void {
  const c = t.blocks
  const state = c.caState[s]!
  if (state === CA_CWR || state === CA_RECOVERY) {
    congestion.reduce(t, s, news.delivered, news.newlyLost, advanced)
  } else if (mayRaise(t, s, progress, news) && news.delivered > 0) {
    congestion.avoid(t, s, news.delivered)
  }
}

/** On a path that reorders, SACKs let the window grow as well (tcp_may_raise_cwnd). */
function mayRaise(t: Stack, s: number, progress: boolean, news: AckNews): boolean {
  return progress || (news.dataSacked && t.blocks.reordering[s]! > t.settings.reordering)
}

/** An ACK that was overtaken may still tell of SACKed segments. */
function oldAck(t: Stack, s: number, ack: number, priorUna: number, news: AckNews): void {
  if (t.options.sackCount === 0) return
  mark(t, s, ack, priorUna, news)
  if (!news.dataSacked) return
  loss.alert(t, s, priorUna, 0, false, news)
  control(t, s, false, false, news)
  if (news.sends !== SEND_NOTHING) sendRepairs(t, s, news.sends)
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
  if (c.tlpRetrans[s] === 0 || news.dsackOfProbe) c.tlpHighSeq[s] = 0
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
