import { setCompressed, setDelayedAck } from './deadlines.ts'
import * as receiveWindow from './receive-window.ts'
import { sendAck } from './segment.ts'
import type { Stack } from './stack.ts'
import {
  ACK_NOW,
  ACK_PUSHED,
  ACK_PUSHED2,
  ACK_SCHEDULED,
  ACK_TIMER,
  ATO_MIN_NS,
  DELAYED_ACK_MAX_NS,
  MAX_QUICK_ACKS,
  NS_PER_S,
  NS_PER_US,
  OPT_SACK,
  QUICKACK,
  RECEIVE_SHUT,
  TICK_NS,
} from './states.ts'

/**
 * When to acknowledge (RFC 9293 §3.8.6.3 lets an ACK wait up to 0.5 s; Linux: 40 ms, but not at the
 * start of a connection, where "quick" ACKs speed up the sender's slow start).
 */
const HALF_SECOND_NS = 500_000_000
/** As many SACKs as make a peer repair (TCP_FASTRETRANS_THRESH). */
const SACKS_AT_ONCE = 3
const UNLIMITED = 0x7fff_ffff

const inPingpong = (t: Stack, s: number): boolean => t.blocks.pingpong[s]! > 0

export function schedule(t: Stack, s: number): void {
  t.blocks.ackPending[s]! |= ACK_SCHEDULED
}

/** Grants quick ACKs: half a window of segments, at most `most`. */
export function grantQuick(t: Stack, s: number, most: number): void {
  const c = t.blocks
  const half = Math.floor(c.rcvWnd[s]! / (2 * Math.max(1, c.rcvMss[s]!)))
  const quick = Math.min(half === 0 ? 2 : half, most)
  if (quick > c.quick[s]!) c.quick[s] = quick
}

export function enterQuick(t: Stack, s: number): void {
  const c = t.blocks
  grantQuick(t, s, MAX_QUICK_ACKS)
  c.pingpong[s] = 0
  c.atoNs[s] = ATO_MIN_NS
}

/**
 * Data has come (tcp_event_data_recv): an ACK is owed, and the gaps between segments are learnt.
 */
export function received(t: Stack, s: number, length: number, memory: number, bits: number): void {
  const c = t.blocks
  schedule(t, s)
  receiveWindow.measureMss(t, s, length, memory, bits)
  if (c.atoNs[s] === 0) {
    grantQuick(t, s, MAX_QUICK_ACKS)
    c.atoNs[s] = ATO_MIN_NS
  } else {
    const gap = t.now - c.receivedNs[s]!
    if (gap <= ATO_MIN_NS / 2) c.atoNs[s] = Math.floor(c.atoNs[s]! / 2) + ATO_MIN_NS / 2
    else if (gap < c.atoNs[s]!) {
      c.atoNs[s] = Math.min(Math.floor(c.atoNs[s]! / 2) + gap, c.rtoNs[s]!)
    } else if (gap > c.rtoNs[s]!) {
      // The sender may have shrunk its window in such a pause; quick ACKs let it grow again.
      grantQuick(t, s, MAX_QUICK_ACKS)
    }
  }
  c.receivedNs[s] = t.now
  if (length >= 128) receiveWindow.grow(t, s, length, memory)
}

/** Sends an owed ACK now, or sets its timer (__tcp_ack_snd_check). */
export function check(t: Stack, s: number): void {
  const c = t.blocks
  if ((c.ackPending[s]! & ACK_SCHEDULED) === 0) return
  const unacked = (c.rcvNxt[s]! - c.rcvWup[s]!) | 0
  const fullFrame = unacked > c.rcvMss[s]! && mayTell(t, s)
  const quick = c.quick[s] !== 0 && !inPingpong(t, s)
  const forced = (c.ackPending[s]! & ACK_NOW) !== 0 || (c.settings[s]! & QUICKACK) !== 0
  if (fullFrame || quick || forced) return sendAck(t, s)
  const ranges = t.outOfOrder[s]
  if (ranges === undefined || ranges.count === 0) delay(t, s)
  else compress(t, s)
}

/**
 * Behind a gap three SACKs go out at once, so that the peer sees the loss; the next ones wait for
 * each other up to a twentieth of a round trip (SACK compression, tcp_comp_sack_delay_ns).
 */
function compress(t: Stack, s: number): void {
  const { blocks: c, settings } = t
  const sacks = (c.options[s]! & OPT_SACK) !== 0
  if (!sacks || c.compressed[s]! >= settings.compressedMost) return sendAck(t, s)
  if (c.compressedNext[s] !== c.rcvNxt[s]) {
    c.compressedNext[s] = c.rcvNxt[s]!
    c.duplicateAcks[s] = 0
  }
  if (c.duplicateAcks[s]! < SACKS_AT_ONCE) {
    c.duplicateAcks[s]!++
    return sendAck(t, s)
  }
  c.compressed[s]!++
  if (c.compressedNs[s] !== Infinity) return
  // Both hold eight times the value.
  let rtt = c.rcvRttUs[s]!
  if (c.srttUs[s] !== 0) rtt = Math.min(rtt, c.srttUs[s]!)
  const wait = Math.floor((rtt * (NS_PER_US / 8)) / 20)
  setCompressed(t, s, t.now + Math.min(settings.compressedDelayNs, wait))
}

/** Sends the SACK that was held back (tcp_compressed_ack_kick). */
export function sendCompressed(t: Stack, s: number): void {
  const c = t.blocks
  c.compressedNs[s] = Infinity
  if (c.compressed[s] === 0) return
  t.counters.compressedAcks += c.compressed[s]! - 1
  c.compressed[s] = 0
  sendAck(t, s)
}

/** Whether the window would not shrink: else the program, when it reads, sends the ACK. */
function mayTell(t: Stack, s: number): boolean {
  const c = t.blocks
  const unread = (c.rcvNxt[s]! - c.copiedSeq[s]!) | 0
  return unread < 1 || receiveWindow.wanted(t, s) >= c.rcvWnd[s]!
}

function delay(t: Stack, s: number): void {
  const c = t.blocks
  let ato = c.atoNs[s]!
  if (ato > ATO_MIN_NS) {
    const pushed = (c.ackPending[s]! & ACK_PUSHED) !== 0
    let most = inPingpong(t, s) || pushed ? DELAYED_ACK_MAX_NS : HALF_SECOND_NS
    if (c.srttUs[s] !== 0) {
      most = Math.min(most, Math.max(Math.floor(c.srttUs[s]! / 8) * NS_PER_US, ATO_MIN_NS))
    }
    ato = Math.min(ato, most)
  }
  // Without any data before, it waits for the next tick of the kernel's timers only.
  ato = Math.max(TICK_NS, Math.min(ato, DELAYED_ACK_MAX_NS))
  let at = t.now + ato
  if ((c.ackPending[s]! & ACK_TIMER) !== 0) {
    if (c.delayedAckNs[s]! <= t.now + Math.floor(ato / 4)) return sendAck(t, s)
    at = Math.min(at, c.delayedAckNs[s]!)
  }
  t.counters.delayedAcks++
  setDelayedAck(t, s, at)
}

/** The program has read `copied` octets: an ACK may be due, or a wider window worth telling. */
export function afterRead(t: Stack, s: number, copied: number): void {
  const c = t.blocks
  const pending = c.ackPending[s]!
  let due = false
  if ((pending & ACK_SCHEDULED) !== 0) {
    const unacked = (c.rcvNxt[s]! - c.rcvWup[s]!) | 0
    const pushed =
      (pending & ACK_PUSHED2) !== 0 || ((pending & ACK_PUSHED) !== 0 && !inPingpong(t, s))
    due = unacked > c.rcvMss[s]! || (copied > 0 && pushed && c.rcvMemory[s] === 0)
  }
  if (copied > 0 && !due && (c.shut[s]! & RECEIVE_SHUT) === 0) {
    const now = receiveWindow.windowLeft(t, s)
    if (2 * now <= c.windowClamp[s]!) {
      const wider = receiveWindow.wanted(t, s)
      due = wider > 0 && wider >= 2 * now
    }
  }
  if (due) sendAck(t, s)
}

/** Answers a segment that cannot be accepted, seldom (tcp_invalid_ratelimit: twice a second). */
export function answerUnwanted(t: Stack, s: number): void {
  const c = t.blocks
  const last = c.outOfWindowNs[s]!
  if (last !== 0 && t.now - last < t.settings.unwantedGapNs) return
  c.outOfWindowNs[s] = Math.max(1, t.now)
  t.counters.challengeAcks++
  sendAck(t, s)
}

/**
 * Answers what may be an attack from afar (RFC 5961 §7): as `answerUnwanted`, and all connections
 * of the machine together not more often than `tcp_challenge_ack_limit` in a second.
 */
export function challenge(t: Stack, s: number): void {
  const limit = t.settings.challengeLimit
  if (limit !== UNLIMITED) {
    const second = Math.floor(t.now / NS_PER_S)
    if (second !== t.challengeSecond) {
      t.challengeSecond = second
      t.challengesLeft = limit
    }
    if (t.challengesLeft <= 0) return
    t.challengesLeft--
  }
  answerUnwanted(t, s)
}
