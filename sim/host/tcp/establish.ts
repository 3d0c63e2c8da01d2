import { dropCode } from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import * as tcp from '../../wire/tcp.ts'
import { acknowledge } from './acknowledge.ts'
import * as cubic from './cubic.ts'
import { setKeepalive, setTimer } from './deadlines.ts'
import { done } from './life.ts'
import { expandSendBuffer } from './queue.ts'
import * as loss from './loss.ts'
import { TIMESTAMPS_LEN } from './options.ts'
import * as receiveWindow from './receive-window.ts'
import { replyReset } from './refuse.ts'
import type { AckNews } from './ack-news.ts'
import { syncMss } from './path-mtu.ts'
import { sendAck } from './segment.ts'
import { after, before, plus } from './sequence.ts'
import type { Stack } from './stack.ts'
import {
  DEFAULT_MSS,
  ESTABLISHED,
  INFINITE_SSTHRESH,
  INITIAL_WINDOW,
  KEEPALIVE,
  MIN_MSS,
  OPT_SACK,
  OPT_SCALE,
  OPT_TIMESTAMPS,
  REFUSED,
  SYN_RECEIVED,
  TICK_NS,
  TIMER_RTO,
} from './states.ts'
import { retransmit } from './transmit.ts'

/** From SYN-SENT and SYN-RECEIVED to ESTABLISHED (RFC 9293 §3.10.7.3 and .4). */
const BAD_ACK = dropCode('tcp-bad-ack')
const UNEXPECTED = dropCode('tcp-unexpected')
const TAKEN = -1

/** Takes from the options of the peer's SYN what both sides want. */
export function agree(t: Stack, s: number): void {
  const { blocks: c, options } = t
  let agreed = c.options[s]!
  if (options.hasTimestamps && (agreed & OPT_TIMESTAMPS) !== 0) {
    c.headerLen[s] = tcp.MIN_LEN + TIMESTAMPS_LEN
    c.tsRecent[s] = options.tsValue
    c.tsRecentNs[s] = t.now
  } else {
    agreed &= ~OPT_TIMESTAMPS
    c.headerLen[s] = tcp.MIN_LEN
  }
  if (!options.sackPermitted) agreed &= ~OPT_SACK
  if (options.scale >= 0 && (agreed & OPT_SCALE) !== 0) c.sndScale[s] = options.scale
  else {
    agreed &= ~OPT_SCALE
    c.rcvScale[s] = 0
    c.windowClamp[s] = Math.min(c.windowClamp[s]!, 65535)
  }
  c.options[s] = agreed
  c.mssClamp[s] = Math.max(MIN_MSS, options.mss === 0 ? DEFAULT_MSS : options.mss)
}

/** What every connection needs once it is made (tcp_init_transfer and around it). */
export function begin(t: Stack, s: number): void {
  const c = t.blocks
  c.copiedSeq[s] = c.rcvNxt[s]!
  c.rcvWup[s] = c.rcvNxt[s]!
  if ((c.options[s]! & OPT_TIMESTAMPS) !== 0) c.advMss[s]! -= TIMESTAMPS_LEN
  syncMss(t, s, t.host.ip.mtuTowards(c.remoteAddress[s]!) || 1500)
  receiveWindow.established(t, s)
  receiveWindow.guessMss(t, s)
  expandSendBuffer(t, s)
  c.cwnd[s] = c.totalRto[s]! > 1 ? 1 : INITIAL_WINDOW
  c.ssthresh[s] = INFINITE_SSTHRESH
  c.totalRto[s] = 0
  c.retransStartNs[s] = 0
  cubic.reset(t, s)
  loss.reset(t, s)
  c.pushedSeq[s] = c.writeSeq[s]!
  c.sentNs[s] = t.now
  // The handshake has shown that the next hop passes packets on (tcp_init_metrics).
  c.confirms[s] = 1
  c.state[s] = ESTABLISHED
  if ((c.settings[s]! & KEEPALIVE) !== 0) setKeepalive(t, s, c.keepaliveIdleNs[s]!)
}

/** A segment in SYN-SENT. */
export function finishConnect(
  t: Stack,
  s: number,
  frame: Frame,
  at: number,
  end: number,
  news: AckNews,
): number {
  const { blocks: c } = t
  const { view } = frame
  const bits = tcp.flags(view, at)
  const sequence = tcp.sequence(view, at)
  const ack = tcp.acknowledgment(view, at)
  if ((bits & tcp.ACK) !== 0) {
    if (!after(ack, c.sndUna[s]!) || after(ack, c.sndNxt[s]!)) {
      // The answer to an earlier life of the peer: once that is reset, the SYN may be answered.
      if (c.retransmits[s] === 0) setTimer(t, s, TIMER_RTO, 2 * TICK_NS)
      replyReset(t, frame, at, end)
      return BAD_ACK
    }
    if ((bits & tcp.RST) !== 0) {
      t.counters.attemptFails++
      done(t, s, REFUSED)
      return TAKEN
    }
    if ((bits & tcp.SYN) === 0) return UNEXPECTED
  } else if ((bits & tcp.RST) !== 0 || (bits & tcp.SYN) === 0) return UNEXPECTED
  c.irs[s] = sequence
  c.sndWl1[s] = sequence
  c.rcvNxt[s] = plus(sequence, 1)
  c.rcvWup[s] = c.rcvNxt[s]!
  c.copiedSeq[s] = c.rcvNxt[s]!
  if ((bits & tcp.ACK) === 0) return crossed(t, s, tcp.window(view, at))
  const scale = c.sndScale[s]!
  const window = tcp.window(view, at)
  c.sndScale[s] = 0
  acknowledge(t, s, sequence, ack, window, true, news)
  c.sndScale[s] = scale
  agree(t, s)
  c.maxWindow[s] = window
  c.sndWnd[s] = window
  c.receivedNs[s] = t.now
  begin(t, s)
  t.wake(s)
  sendAck(t, s)
  return TAKEN
}

/** Two SYNs have crossed (RFC 9293 figure 7): the SYN is sent again, with the ACK of the other. */
function crossed(t: Stack, s: number, window: number): number {
  const c = t.blocks
  agree(t, s)
  c.sndWnd[s] = window
  c.maxWindow[s] = window
  c.state[s] = SYN_RECEIVED
  const syn = c.queueHead[s]!
  t.sends.bits[syn]! |= tcp.ACK
  retransmit(t, s, syn, 1)
  return TAKEN
}

/** An ACK in SYN-RECEIVED; false when it is for something else and must be answered with RST. */
export function finishAccept(
  t: Stack,
  s: number,
  sequence: number,
  ack: number,
  windowField: number,
): boolean {
  const c = t.blocks
  if (before(ack, plus(c.iss[s]!, 1)) || after(ack, c.sndNxt[s]!)) return false
  c.sndWl1[s] = sequence
  c.sndWnd[s] = windowField * (1 << c.sndScale[s]!)
  if (c.sndWnd[s]! > c.maxWindow[s]!) c.maxWindow[s] = c.sndWnd[s]!
  begin(t, s)
  t.wake(s)
  return true
}
