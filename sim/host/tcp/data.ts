import { dropCode } from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import * as tcp from '../../wire/tcp.ts'
import * as ackPolicy from './ack-policy.ts'
import { enterTimeWait } from './life.ts'
import { writeRing } from './octet-ring.ts'
import { memoryOf } from './receive-queue.ts'
import * as receiveWindow from './receive-window.ts'
import { sendAck } from './segment.ts'
import { after, before, distance, plus } from './sequence.ts'
import type { Stack } from './stack.ts'
import {
  ACK_NOW,
  CLOSE_WAIT,
  CLOSING,
  DISCARD,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  OPT_SACK,
  RECEIVE_SHUT,
  SYN_RECEIVED,
  TIME_WAIT,
} from './states.ts'

/** Taking in what segments carry (RFC 9293 §3.10.7.4, seventh and eighth; Linux tcp_data_queue). */
const BUFFER_FULL = dropCode('tcp-buffer-full')
const OUT_OF_WINDOW = dropCode('tcp-out-of-window')
const DUPLICATE = dropCode('tcp-duplicate')
export const TAKEN = -1
const BLOCKS_EXPECTED = 2

/**
 * Takes the payload `at .. end` and FIN of a segment that begins at `sequence`. Returns `TAKEN`, or
 * the reason why the segment was of no use. The row may have left its connection afterwards.
 */
export function take(
  t: Stack,
  s: number,
  frame: Frame,
  at: number,
  end: number,
  sequence: number,
  bits: number,
): number {
  const c = t.blocks
  const length = end - at
  const fin = (bits & tcp.FIN) !== 0
  if ((bits & tcp.SYN) !== 0) {
    // Known since the SYNs crossed: the number of the peer's SYN has come twice.
    reportDuplicate(t, s, sequence, plus(sequence, 1))
    refuse(t, s, DUPLICATE)
    return TAKEN
  }
  const segmentEnd = plus(sequence, length + (fin ? 1 : 0))
  if (segmentEnd === sequence) return TAKEN
  const next = c.rcvNxt[s]!
  const window = receiveWindow.windowLeft(t, s)
  if (sequence === next) {
    if (window === 0 && (length > 0 || !fin)) return refuse(t, s, OUT_OF_WINDOW)
    return inOrder(t, s, frame, at, end, sequence, bits)
  }
  if (!after(segmentEnd, next)) {
    reportDuplicate(t, s, sequence, segmentEnd)
    return refuse(t, s, DUPLICATE)
  }
  if (!before(sequence, plus(next, window))) return refuse(t, s, OUT_OF_WINDOW)
  if (before(sequence, next)) {
    reportDuplicate(t, s, sequence, next)
    if (window === 0) return refuse(t, s, OUT_OF_WINDOW)
    return inOrder(t, s, frame, at + distance(next, sequence), end, next, bits)
  }
  return outOfOrder(t, s, frame, at, end, sequence, bits)
}

function refuse(t: Stack, s: number, reason: number): number {
  ackPolicy.enterQuick(t, s)
  ackPolicy.schedule(t, s)
  return reason
}

export function reportDuplicate(t: Stack, s: number, start: number, end: number): void {
  const c = t.blocks
  if ((c.options[s]! & OPT_SACK) === 0 || !t.settings.dsack) return
  c.dsackStart[s] = start
  c.dsackEnd[s] = end
}

function inOrder(
  t: Stack,
  s: number,
  frame: Frame,
  at: number,
  end: number,
  sequence: number,
  bits: number,
): number {
  const c = t.blocks
  const length = end - at
  if (length > 0 && !makeRoom(t, s, sequence, length)) {
    c.ackPending[s]! |= ACK_NOW
    ackPolicy.schedule(t, s)
    t.wake(s)
    return BUFFER_FULL
  }
  if (length > 0) {
    const memory = memoryOf(length)
    store(t, s, frame, at, end, sequence)
    c.rcvNxt[s] = plus(sequence, length)
    queue(t, s, c.rcvNxt[s]!, memory)
    ackPolicy.received(t, s, length, memory, bits)
  }
  if ((bits & tcp.FIN) !== 0 && !takeFin(t, s)) return TAKEN
  const ranges = t.outOfOrder[s]
  if (ranges !== undefined && ranges.count > 0) {
    if (!joinRanges(t, s)) return TAKEN
    // RFC 5681 §4.2: a filled gap is acknowledged at once.
    if (ranges.count === 0) c.ackPending[s]! |= ACK_NOW
  }
  if (c.state[s] !== 0) t.wake(s)
  return TAKEN
}

/**
 * Whether the buffer has room for a segment, if need be in place of what came out of order and lies
 * behind it: the peer will send that again (tcp_prune_ofo_queue).
 */
function makeRoom(t: Stack, s: number, sequence: number, length: number): boolean {
  const c = t.blocks
  const ranges = t.outOfOrder[s]
  while (c.rcvMemory[s]! + length > c.rcvBuf[s]!) {
    if (ranges === undefined || !ranges.endsAfter(sequence)) return false
    c.rcvMemory[s]! -= ranges.dropLast()
  }
  return true
}

/** Copies a payload to its place in the receive buffer, or only counts it when nobody will read. */
function store(t: Stack, s: number, frame: Frame, at: number, end: number, sequence: number): void {
  const c = t.blocks
  if ((c.settings[s]! & DISCARD) !== 0) return
  const from = c.copiedSeq[s]!
  const kept = highest(t, s)
  const to = plus(sequence, end - at)
  const ring = t.receiveRings.reserve(s, from, kept, after(to, kept) ? to : kept)
  writeRing(ring, sequence, frame.bytes, at, end)
}

/** End of the highest octet that is held. */
function highest(t: Stack, s: number): number {
  const ranges = t.outOfOrder[s]
  if (ranges === undefined || ranges.count === 0) return t.blocks.rcvNxt[s]!
  return ranges.end[ranges.count - 1]!
}

/** Puts a charge of memory behind what the program has not read. */
function queue(t: Stack, s: number, end: number, memory: number): void {
  const { blocks: c, received } = t
  const part = received.allocate(end, memory)
  const tail = c.receivedTail[s]!
  if (tail >= 0) received.next[tail] = part
  else c.receivedHead[s] = part
  c.receivedTail[s] = part
  c.rcvMemory[s]! += memory
}

function outOfOrder(
  t: Stack,
  s: number,
  frame: Frame,
  at: number,
  end: number,
  sequence: number,
  bits: number,
): number {
  const c = t.blocks
  const length = end - at
  if (!makeRoom(t, s, sequence, length)) return BUFFER_FULL
  ackPolicy.schedule(t, s)
  const ranges = t.needOutOfOrder(s)
  let segmentEnd = plus(sequence, length)
  if ((bits & tcp.FIN) !== 0) {
    ranges.finSeen = true
    ranges.fin = segmentEnd
    segmentEnd = plus(segmentEnd, 1)
  }
  if (ranges.holds(sequence, segmentEnd)) {
    reportDuplicate(t, s, sequence, segmentEnd)
    return DUPLICATE
  }
  const memory = memoryOf(length)
  if (length > 0) store(t, s, frame, at, end, sequence)
  // More gaps than one: a SACK that waits is told before its blocks are displaced.
  if (c.compressed[s] !== 0 && ranges.placeOf(sequence, segmentEnd) >= BLOCKS_EXPECTED) {
    ackPolicy.sendCompressed(t, s)
  }
  if (!ranges.add(sequence, segmentEnd, memory)) return BUFFER_FULL
  c.rcvMemory[s]! += memory
  if ((c.options[s]! & OPT_SACK) !== 0) receiveWindow.grow(t, s, length, memory)
  return TAKEN
}

/**
 * The gap before the first range is filled: what touches moves to the program's side. False when a
 * FIN among it has ended the connection.
 */
function joinRanges(t: Stack, s: number): boolean {
  const c = t.blocks
  const ranges = t.outOfOrder[s]!
  while (ranges.count > 0 && !after(ranges.start[0]!, c.rcvNxt[s]!)) {
    const end = ranges.end[0]!
    const memory = ranges.takeFirst()
    c.rcvMemory[s]! -= memory
    if (!after(end, c.rcvNxt[s]!)) continue
    const withFin = ranges.finSeen && end === plus(ranges.fin, 1)
    c.rcvNxt[s] = withFin ? ranges.fin : end
    if (c.rcvNxt[s] !== c.copiedSeq[s]) queue(t, s, c.rcvNxt[s]!, memory)
    if (withFin) return takeFin(t, s)
  }
  ranges.forgetBefore(c.rcvNxt[s]!)
  return true
}

/** The peer sends no more (tcp_fin); false when the connection has left its row. */
function takeFin(t: Stack, s: number): boolean {
  const c = t.blocks
  c.rcvNxt[s] = plus(c.rcvNxt[s]!, 1)
  c.finReceived[s] = 1
  c.shut[s]! |= RECEIVE_SHUT
  ackPolicy.schedule(t, s)
  const state = c.state[s]!
  const ranges = t.outOfOrder[s]
  // What lies behind the FIN is nothing.
  while (ranges !== undefined && ranges.count > 0) c.rcvMemory[s]! -= ranges.dropLast()
  ranges?.clear()
  if (state === ESTABLISHED || state === SYN_RECEIVED) {
    c.state[s] = CLOSE_WAIT
    c.pingpong[s] = Math.max(1, c.pingpong[s]!)
  } else if (state === FIN_WAIT_1) {
    // Both closed at once: each waits for the ACK of its FIN.
    sendAck(t, s)
    c.state[s] = CLOSING
  } else if (state === FIN_WAIT_2) {
    sendAck(t, s)
    enterTimeWait(t, s, TIME_WAIT, 0)
    return false
  }
  t.wake(s)
  return true
}
