import type { AckNews } from './ack-news.ts'
import { payloadOf, split } from './queue.ts'
import { EVER_RETRANSMITTED, LOST, RETRANSMITTED, SACKED } from './send-queue.ts'
import { after, before, distance } from './sequence.ts'
import type { Stack } from './stack.ts'
import { NS_PER_US, OPT_SACK } from './states.ts'
import { currentMss } from './transmit.ts'

/** Enters the SACK blocks of the segment being read into the send queue (RFC 2018, RFC 2883). */
export function mark(t: Stack, s: number, ack: number, priorUna: number, news: AckNews): void {
  const { blocks: c, options } = t
  if ((c.options[s]! & OPT_SACK) === 0 || options.sackCount === 0) return
  let first = 0
  if (isDuplicateReport(t, ack)) {
    news.dsack = true
    first = 1
  }
  for (let b = first; b < options.sackCount; b++) {
    const start = options.sackStart[b]!
    const end = options.sackEnd[b]!
    if (!before(start, end) || after(end, c.sndNxt[s]!) || before(start, priorUna)) continue
    if (after(end, c.sndUna[s]!)) markRange(t, s, start, end, news)
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
  if ((marks & LOST) !== 0) c.lostOut[s]! -= segments
  if ((marks & RETRANSMITTED) !== 0) c.retransOut[s]! -= segments
  sends.marks[row] = (marks & EVER_RETRANSMITTED) | SACKED
  c.sackedOut[s]! += segments
  news.delivered += segments
  news.dataSacked = true
  if ((marks & EVER_RETRANSMITTED) === 0) {
    noteReordering(t, s, row)
    news.sackRttUs = Math.floor((t.now - sends.sentNs[row]!) / NS_PER_US)
  }
}

/** Something never sent again arrived after what was sent later: the path reorders. */
function noteReordering(t: Stack, s: number, row: number): void {
  const { blocks: c, sends } = t
  // Seen from the newest segment known to have arrived (RFC 8985 §6.2 step 3).
  if (c.rackEnd[s] !== 0 && before(sends.end[row]!, c.rackEnd[s]!)) {
    if (c.lostOut[s] === 0) c.reorderSeen[s] = 1
  }
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
