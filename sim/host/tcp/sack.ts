import type { AckNews } from './ack-news.ts'
import { payloadOf, split } from './queue.ts'
import { EVER_RETRANSMITTED, LOST, RETRANSMITTED, SACKED } from './send-queue.ts'
import { after, before, distance } from './sequence.ts'
import type { Stack } from './stack.ts'
import { CA_LOSS, NS_PER_US, OPT_SACK } from './states.ts'
import * as reordering from './reordering.ts'
import { currentMss } from './transmit.ts'

/** Enters the SACK blocks of the segment being read into the send queue (RFC 2018, RFC 2883). */
export function mark(t: Stack, s: number, ack: number, priorUna: number, news: AckNews): void {
  const { blocks: c, options } = t
  if ((c.options[s]! & OPT_SACK) === 0 || options.sackCount === 0) return
  let first = 0
  if (isDuplicateReport(t, ack)) {
    noteDuplicate(t, s, priorUna, news)
    first = 1
  }
  for (let b = first; b < options.sackCount; b++) {
    const start = options.sackStart[b]!
    const end = options.sackEnd[b]!
    if (!before(start, end) || after(end, c.sndNxt[s]!) || before(start, priorUna)) continue
    if (after(end, c.sndUna[s]!)) markRange(t, s, start, end, news)
  }
  if (news.filledGap && (c.caState[s] !== CA_LOSS || c.undoable[s] === 1)) {
    reordering.saw(t, s, news.gapSeq, reordering.highestSacked(t, s))
  }
}

/** RFC 3708: what was sent again has arrived twice, so the first copy was not lost. */
function noteDuplicate(t: Stack, s: number, priorUna: number, news: AckNews): void {
  const { blocks: c, options } = t
  const start = options.sackStart[0]!
  const end = options.sackEnd[0]!
  const segments = reordering.countDuplicate(t, s, start, end)
  if (segments === 0) return
  news.dsack = true
  news.dsackOfProbe = c.tlpHighSeq[s] !== 0 && c.tlpHighSeq[s] === end
  if (c.reorderSeen[s] === 1 && !news.dsackOfProbe) c.rackDsack[s] = 1
  const counts = c.undoable[s] === 1 && c.undoRetrans[s]! > 0
  if (counts && !after(end, priorUna) && after(end, c.undoMarker[s]!)) {
    c.undoRetrans[s] = Math.max(0, c.undoRetrans[s]! - segments)
  }
}

/** RFC 2883 §4: a first block below the ACK, or inside the second, reports a duplicate. */
function isDuplicateReport(t: Stack, ack: number): boolean {
  const { options } = t
  const start = options.sackStart[0]!
  const end = options.sackEnd[0]!
  if (before(start, ack)) return true
  if (options.sackCount < 2) return false
  return !after(end, options.sackEnd[1]!) && !before(start, options.sackStart[1]!)
}

function markRange(t: Stack, s: number, start: number, end: number, news: AckNews): void {
  const { blocks: c, sends } = t
  for (let skb = c.queueHead[s]!; skb >= 0 && skb !== c.queueNext[s]; skb = sends.next[skb]!) {
    if (!before(sends.sequence[skb]!, end)) return
    if (!after(sends.end[skb]!, start) || (sends.marks[skb]! & SACKED) !== 0) continue
    const row = inside(t, s, skb, start, end)
    if (row >= 0) markRow(t, s, row, news)
  }
}

/** The part of a row that lies whole in `start .. end`; cuts it at segment bounds where needed. */
function inside(t: Stack, s: number, skb: number, start: number, end: number): number {
  const { sends } = t
  const mss = currentMss(t, s)
  let row = skb
  const lead = distance(start, sends.sequence[row]!)
  if (lead > 0) {
    const whole = Math.ceil(lead / mss) * mss
    if (whole >= payloadOf(t, row)) return -1
    row = split(t, s, row, whole, mss)
  }
  const covered = distance(end, sends.sequence[row]!)
  if (covered < sends.length(row)) {
    const whole = Math.floor(covered / mss) * mss
    if (whole <= 0) return -1
    split(t, s, row, whole, mss)
  }
  return row
}

function markRow(t: Stack, s: number, row: number, news: AckNews): void {
  const { blocks: c, sends } = t
  const marks = sends.marks[row]!
  const segments = sends.segments[row]!
  advanceRack(t, s, row)
  let kept = marks & (EVER_RETRANSMITTED | RETRANSMITTED)
  if ((marks & LOST) !== 0) {
    c.lostOut[s]! -= segments
    if ((marks & RETRANSMITTED) !== 0) c.retransOut[s]! -= segments
    kept &= EVER_RETRANSMITTED
  }
  if ((marks & EVER_RETRANSMITTED) === 0) noteOriginal(t, s, row, news)
  sends.marks[row] = kept | SACKED
  if (c.sackedOut[s] === 0 || after(sends.end[row]!, c.fack[s]!)) c.fack[s] = sends.end[row]!
  c.sackedOut[s]! += segments
  news.delivered += segments
  news.dataSacked = true
}

/** A segment that was sent once was SACKed: a round-trip sample, and perhaps reordering. */
function noteOriginal(t: Stack, s: number, row: number, news: AckNews): void {
  const { blocks: c, sends } = t
  const sequence = sends.sequence[row]!
  if (before(sequence, reordering.highestSacked(t, s))) {
    if (!news.filledGap || before(sequence, news.gapSeq)) news.gapSeq = sequence
    news.filledGap = true
  }
  if (!after(sends.end[row]!, c.highSeq[s]!)) news.originalAcked = true
  const rttUs = Math.floor((t.now - sends.sentNs[row]!) / NS_PER_US)
  if (news.sackRttUs < 0) news.sackRttUs = rttUs
  news.lastSackRttUs = rttUs
}

/** RFC 8985 §6.2 step 2: remembers the newest segment, by send time, that was delivered. */
export function advanceRack(t: Stack, s: number, row: number): void {
  const { blocks: c, sends } = t
  const sentNs = sends.sentNs[row]!
  const rttUs = Math.floor((t.now - sentNs) / NS_PER_US)
  const ambiguous = (sends.marks[row]! & EVER_RETRANSMITTED) !== 0
  if (ambiguous && rttUs < c.minRttUs[s]!) return
  c.rackAdvanced[s] = 1
  c.rackRttUs[s] = rttUs
  if (sentAfter(sentNs, sends.end[row]!, c.rackNs[s]!, c.rackEnd[s]!)) {
    c.rackNs[s] = sentNs
    c.rackEnd[s] = sends.end[row]!
  }
}

/** Whether a segment left after another: by time, then by sequence. */
export function sentAfter(aNs: number, aEnd: number, bNs: number, bEnd: number): boolean {
  return aNs > bNs || (aNs === bNs && after(aEnd, bEnd))
}
