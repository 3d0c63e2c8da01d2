import * as tcp from '../../wire/tcp.ts'
import * as ackPolicy from './ack-policy.ts'
import { restart } from './congestion.ts'
import { readRing, writeRing } from './octet-ring.ts'
import { append, payloadOf } from './queue.ts'
import * as receiveWindow from './receive-window.ts'
import { after, plus } from './sequence.ts'
import type { Stack } from './stack.ts'
import { CLOSE_WAIT, ESTABLISHED, NO_SPACE, SEND_SHUT } from './states.ts'
import { AT_ONCE, currentMss, gatherLimit, NAGLE, push, transmitQueue } from './transmit.ts'

/** A program's reading and writing (Linux tcp.c: tcp_sendmsg, tcp_recvmsg). */

/** Octets that the program may read now. */
export function readable(t: Stack, s: number): number {
  const c = t.blocks
  return (c.rcvNxt[s]! - c.copiedSeq[s]! - c.finReceived[s]!) | 0
}

/** Octets that the send buffer has room for now; 0 when the sending half is closed. */
export function writable(t: Stack, s: number): number {
  const c = t.blocks
  const state = c.state[s]!
  if ((state !== ESTABLISHED && state !== CLOSE_WAIT) || (c.shut[s]! & SEND_SHUT) !== 0) return 0
  return Math.max(0, c.sndBuf[s]! - c.sndMemory[s]!)
}

/** Reads at most `max` octets into `into` (from its start), or forgets them without `into`. */
export function read(t: Stack, s: number, into: Uint8Array | undefined, max: number): number {
  const { blocks: c } = t
  const count = Math.min(max, readable(t, s))
  if (count <= 0) return 0
  const ring = t.receiveRings.get(s)
  if (into !== undefined && ring !== undefined) readRing(ring, c.copiedSeq[s]!, count, into, 0)
  advance(t, s, count)
  const waiting = t.outOfOrder[s]
  if (readable(t, s) === 0 && (waiting === undefined || waiting.count === 0)) {
    t.receiveRings.release(s)
  }
  if (c.state[s]! < ESTABLISHED) return count
  ackPolicy.afterRead(t, s, count)
  return count
}

/** Moves the reader on segment by segment: after each the kernel asks if the buffer should grow. */
function advance(t: Stack, s: number, count: number): void {
  const { blocks: c, received } = t
  const upTo = plus(c.copiedSeq[s]!, count)
  let part = c.receivedHead[s]!
  while (part >= 0 && !after(received.end[part]!, upTo)) {
    c.copiedSeq[s] = received.end[part]!
    receiveWindow.adjustSpace(t, s)
    c.rcvMemory[s]! -= received.memory[part]!
    const next = received.next[part]!
    received.release(part)
    part = next
  }
  c.receivedHead[s] = part
  if (part < 0) c.receivedTail[s] = -1
  if (c.copiedSeq[s] === upTo) return
  c.copiedSeq[s] = upTo
  receiveWindow.adjustSpace(t, s)
}

/** Writes octets `from .. to` of `bytes`; returns how many found room. */
export function write(
  t: Stack,
  s: number,
  bytes: Uint8Array,
  from: number,
  to: number,
  more: boolean,
): number {
  const { blocks: c } = t
  const state = c.state[s]!
  if ((state !== ESTABLISHED && state !== CLOSE_WAIT) || (c.shut[s]! & SEND_SHUT) !== 0) return 0
  const mss = currentMss(t, s)
  const goal = gatherLimit(t, s, mss)
  let at = from
  while (at < to) {
    const skb = openRow(t, s, goal)
    if (skb < 0) {
      c.settings[s]! |= NO_SPACE
      break
    }
    const count = Math.min(goal - payloadOf(t, skb), to - at)
    extend(t, s, skb, bytes, at, count, at === from)
    at += count
    if (at === to || payloadOf(t, skb) < goal) continue
    if (mustPush(t, s)) {
      markPush(t, s)
      push(t, s, AT_ONCE)
    } else if (skb === c.queueNext[s]) transmitQueue(t, s, AT_ONCE, 1, false)
  }
  const full = at < to
  if (c.queueNext[s]! >= 0 && (full || !more)) {
    markPush(t, s)
    push(t, s, full ? AT_ONCE : NAGLE)
  }
  return at - from
}

/** The unsent row at the end if it has room, else a new one; -1 when memory is used up. */
function openRow(t: Stack, s: number, goal: number): number {
  const { blocks: c } = t
  const tail = c.queueTail[s]!
  if (c.queueNext[s]! >= 0 && payloadOf(t, tail) < goal) return tail
  if (c.sndMemory[s]! >= c.sndBuf[s]!) return -1
  const idle = t.now - c.sentNs[s]!
  if (t.settings.idleRestart && c.packetsOut[s] === 0 && idle > c.rtoNs[s]!) restart(t, s, idle)
  return append(t, s, c.writeSeq[s]!, c.writeSeq[s]!, tcp.ACK)
}

function extend(
  t: Stack,
  s: number,
  skb: number,
  bytes: Uint8Array,
  at: number,
  count: number,
  first: boolean,
): void {
  const { blocks: c, sends } = t
  const sequence = c.writeSeq[s]!
  const end = plus(sequence, count)
  const ring = t.sendRings.reserve(s, c.sndUna[s]!, sequence, end)
  writeRing(ring, sequence, bytes, at, at + count)
  if (first) sends.bits[skb]! &= ~tcp.PSH
  sends.end[skb] = end
  c.writeSeq[s] = end
  c.sndMemory[s]! += count
}

/** Half of the largest window was written since the last push (forced_push). */
function mustPush(t: Stack, s: number): boolean {
  const c = t.blocks
  return after(c.writeSeq[s]!, plus(c.pushedSeq[s]!, c.maxWindow[s]! >>> 1))
}

function markPush(t: Stack, s: number): void {
  const { blocks: c, sends } = t
  sends.bits[c.queueTail[s]!]! |= tcp.PSH
  c.pushedSeq[s] = c.writeSeq[s]!
}
