import * as tcp from '../../wire/tcp.ts'
import { LOST, OVERHEAD, RETRANSMITTED, SACKED } from './send-queue.ts'
import type { Stack } from './stack.ts'
import { INITIAL_WINDOW, SEND_BUFFER_LOCKED, SEND_MEMORY_MAX } from './states.ts'

/** Keeping the list of a socket's unacknowledged and unsent octets. */

/** Octets of payload of a row: its sequence space without SYN and FIN. */
export function payloadOf(t: Stack, skb: number): number {
  const bits = t.sends.bits[skb]!
  const controls = ((bits & tcp.SYN) !== 0 ? 1 : 0) + ((bits & tcp.FIN) !== 0 ? 1 : 0)
  return t.sends.length(skb) - controls
}

/** Puts new sequence space at the end of the list. */
export function append(t: Stack, s: number, sequence: number, end: number, bits: number): number {
  const { blocks: c, sends } = t
  const skb = sends.allocate(sequence, end, bits)
  const tail = c.queueTail[s]!
  sends.previous[skb] = tail
  if (tail >= 0) sends.next[tail] = skb
  else c.queueHead[s] = skb
  c.queueTail[s] = skb
  if (c.queueNext[s]! < 0) c.queueNext[s] = skb
  c.sndMemory[s]! += OVERHEAD
  return skb
}

/** Cuts a row behind `length` octets; FIN and PSH go with the rest. Returns the new row. */
export function split(t: Stack, s: number, skb: number, length: number, mss: number): number {
  const { blocks: c, sends } = t
  const cut = (sends.sequence[skb]! + length) >>> 0
  const rest = sends.allocate(cut, sends.end[skb]!, sends.bits[skb]!)
  sends.end[skb] = cut
  sends.bits[skb]! &= ~(tcp.FIN | tcp.PSH)
  sends.marks[rest] = sends.marks[skb]!
  sends.sentNs[rest] = sends.sentNs[skb]!
  const next = sends.next[skb]!
  sends.next[rest] = next
  sends.previous[rest] = skb
  sends.next[skb] = rest
  if (next >= 0) sends.previous[next] = rest
  else c.queueTail[s] = rest
  c.sndMemory[s]! += OVERHEAD
  const before = sends.segments[skb]!
  if (before > 0) {
    const first = segmentsOf(length, mss)
    sends.frameId[rest] = sends.frameId[skb]! + first
    sends.segments[skb] = first
    sends.segments[rest] = segmentsOf(sends.length(rest), mss)
    count(t, s, skb, first + sends.segments[rest]! - before)
  }
  return rest
}

/**
 * Corrects the counts of a connection when a row makes `more` segments than it was counted with.
 */
function count(t: Stack, s: number, skb: number, more: number): void {
  if (more === 0) return
  const { blocks: c, sends } = t
  const marks = sends.marks[skb]!
  c.packetsOut[s]! += more
  if ((marks & SACKED) !== 0) c.sackedOut[s]! += more
  if ((marks & LOST) !== 0) c.lostOut[s]! += more
  if ((marks & RETRANSMITTED) !== 0) c.retransOut[s]! += more
}

export const segmentsOf = (length: number, mss: number): number =>
  length <= mss ? 1 : Math.ceil(length / mss)

/** Takes the first row off the list; the caller has counted its segments out. */
export function removeHead(t: Stack, s: number): void {
  const { blocks: c, sends } = t
  const head = c.queueHead[s]!
  const next = sends.next[head]!
  c.sndMemory[s]! -= OVERHEAD + payloadOf(t, head)
  c.queueHead[s] = next
  if (next >= 0) sends.previous[next] = -1
  else c.queueTail[s] = -1
  sends.release(head)
}

/** Segments that are believed to be in the network (tcp_packets_in_flight). */
export function inFlight(t: Stack, s: number): number {
  const c = t.blocks
  return c.packetsOut[s]! - c.sackedOut[s]! - c.lostOut[s]! + c.retransOut[s]!
}

/** The last row that has been sent, -1 when nothing is outstanding. */
export function lastSent(t: Stack, s: number): number {
  const c = t.blocks
  const next = c.queueNext[s]!
  return next >= 0 ? t.sends.previous[next]! : c.queueTail[s]!
}

/** Memory that one segment in the send buffer is reckoned with (tcp_sndbuf_expand). */
const SEND_MEMORY_PER_SEGMENT = 2304

/** Room for twice the segments of a window (tcp_sndbuf_expand). */
export function expandSendBuffer(t: Stack, s: number): void {
  const c = t.blocks
  if ((c.settings[s]! & SEND_BUFFER_LOCKED) !== 0) return
  const segments = Math.max(INITIAL_WINDOW, c.cwnd[s]!, 4)
  const wanted = 2 * segments * SEND_MEMORY_PER_SEGMENT
  if (wanted > c.sndBuf[s]!) c.sndBuf[s] = Math.min(wanted, SEND_MEMORY_MAX)
}
