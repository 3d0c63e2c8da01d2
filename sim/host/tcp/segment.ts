import { isIpv6 } from '../../wire/address-book.ts'
import { ANSWERS, RETRANSMIT } from '../../wire/frame.ts'
import * as ipv4 from '../../wire/ipv4.ts'
import * as tcp from '../../wire/tcp.ts'
import { flagsFor } from '../dont-fragment.ts'
import { clearDelayedAck } from './deadlines.ts'
import { readRing } from './octet-ring.ts'
import * as options from './options.ts'
import * as receiveWindow from './receive-window.ts'
import { distance } from './sequence.ts'
import type { Stack } from './stack.ts'
import { ACK_SCHEDULED, ATO_MIN_NS, OPT_SACK, OPT_TIMESTAMPS } from './states.ts'

/** Segments of a connection as frames (net/ipv4/tcp_output.c: __tcp_transmit_skb). */

/** Value of the timestamp clock that a connection shows its peer. */
export const timestamp = (t: Stack, s: number): number => (t.nowMs + t.blocks.tsOffset[s]!) >>> 0

/** Octets of header that a segment sent now would have, SACK blocks included. */
export function headerLen(t: Stack, s: number): number {
  const c = t.blocks
  const blocks = sackBlocks(t, s)
  return c.headerLen[s]! + (blocks > 0 ? 4 + blocks * 8 : 0)
}

function sackBlocks(t: Stack, s: number): number {
  const c = t.blocks
  const ranges = t.outOfOrder[s]
  if ((c.options[s]! & OPT_SACK) === 0) return 0
  const count = (ranges?.sackCount ?? 0) + (c.dsackStart[s] === c.dsackEnd[s] ? 0 : 1)
  if (count === 0) return 0
  const room = options.MAX_OPTIONS_LEN - (c.headerLen[s]! - tcp.MIN_LEN)
  return Math.min(count, (room - 4) >> 3)
}

function writeSack(t: Stack, s: number, v: DataView, at: number): number {
  const c = t.blocks
  const count = sackBlocks(t, s)
  if (count === 0) return at
  let i = options.writeSackHead(v, at, count)
  let left = count
  if (c.dsackStart[s] !== c.dsackEnd[s]) {
    v.setUint32(i, c.dsackStart[s]!)
    v.setUint32(i + 4, c.dsackEnd[s]!)
    c.dsackStart[s] = 0
    c.dsackEnd[s] = 0
    i += 8
    left--
  }
  const ranges = t.outOfOrder[s]
  for (let b = 0; b < left; b++, i += 8) {
    v.setUint32(i, ranges!.sackStart[b]!)
    v.setUint32(i + 4, ranges!.sackEnd[b]!)
  }
  return i
}

/** Writes the options of a segment; returns where they end. */
function writeOptions(t: Stack, s: number, view: DataView, at: number, syn: boolean): number {
  const c = t.blocks
  const echo = c.tsRecent[s]!
  if (syn) {
    const ts = timestamp(t, s)
    const offered = options.offered(t.settings)
    return options.writeSyn(view, at, offered, c.advMss[s]!, c.rcvScale[s]!, ts, echo)
  }
  const stamped = (c.options[s]! & OPT_TIMESTAMPS) !== 0
  const end = stamped ? options.writeTimestamps(view, at, timestamp(t, s), echo) : at
  return writeSack(t, s, view, end)
}

/**
 * Sends one segment with `length` octets of the send buffer from `sequence` on. `cause` is the id
 * of the frame that carried the same octets before, or -1 - id of the frame it answers, or 0.
 * Returns the id of the new frame.
 */
export function sendSegment(
  t: Stack,
  s: number,
  sequence: number,
  length: number,
  bits: number,
  cause: number,
): number {
  const c = t.blocks
  const { ip, addresses } = t.host
  const remote = c.remoteAddress[s]!
  const family = isIpv6(remote) ? 6 : 4
  const frame = ip.allocate(family, tcp.MIN_LEN + options.MAX_OPTIONS_LEN + length)
  if (cause > 0) {
    frame.cause = cause
    frame.relation = RETRANSMIT
  } else if (cause < 0) {
    frame.cause = -1 - cause
    frame.relation = ANSWERS
  }
  const { view, bytes, words } = frame
  const at = frame.network + ip.headerLen(family)
  const syn = (bits & tcp.SYN) !== 0
  const window = syn ? Math.min(65535, c.rcvWnd[s]!) : receiveWindow.select(t, s)
  const payload = writeOptions(t, s, view, at + tcp.MIN_LEN, syn)
  if (length > 0) readRing(t.sendRings.get(s)!, sequence, length, bytes, payload)
  frame.end = payload + length
  const ack = (bits & tcp.ACK) !== 0 ? c.rcvNxt[s]! : 0
  const local = c.localAddress[s]!
  const from = c.localPort[s]!
  const to = c.remotePort[s]!
  tcp.write(view, at, from, to, sequence, ack, payload - at, bits, window)
  const own = addresses.sum(local)
  const other = addresses.sum(remote)
  tcp.writeChecksum(bytes, view, words, at, frame.end - at, own, other)
  if ((bits & tcp.ACK) !== 0) ackSent(t, s)
  if (length > 0 || (bits & (tcp.SYN | tcp.FIN)) !== 0) dataSent(t, s, length)
  t.counters.outSegments++
  const ident = family === 6 ? c.flowLabel[s]! : c.ipIdent[s]!
  if (family === 4) c.ipIdent[s] = (ident + 1) & 0xffff
  const { id } = frame
  if (c.confirms[s] === 1) {
    c.confirms[s] = 0
    ip.confirm(remote)
  }
  ip.send(frame, local, remote, ipv4.TCP, 0, c.ttl[s]!, ident, flagsFor(c.dontFragment[s]!, true))
  return id
}

/** tcp_event_ack_sent: one of the quick ACKs is used up; nothing is owed any more. */
function ackSent(t: Stack, s: number): void {
  const c = t.blocks
  if (c.quick[s] !== 0) {
    const owed = (c.ackPending[s]! & ACK_SCHEDULED) !== 0 ? 1 : 0
    if (owed >= c.quick[s]!) {
      c.quick[s] = 0
      c.atoNs[s] = ATO_MIN_NS
    } else c.quick[s]! -= owed
  }
  if (c.compressed[s] !== 0) {
    t.counters.compressedAcks += c.compressed[s]!
    c.compressed[s] = 0
    c.compressedNs[s] = Infinity
  }
  clearDelayedAck(t, s)
}

/** tcp_event_data_sent: an answer soon after a question means that the talk goes to and fro. */
function dataSent(t: Stack, s: number, length: number): void {
  const c = t.blocks
  if (length === 0) return
  c.sentNs[s] = t.now
  if (t.now - c.receivedNs[s]! < c.atoNs[s]! && c.pingpong[s]! < 255) c.pingpong[s]!++
}

/** Sends an ACK without data, at once. */
export function sendAck(t: Stack, s: number): void {
  sendSegment(t, s, t.blocks.sndNxt[s]!, 0, tcp.ACK, 0)
}

/** Sends a RST of a connection that the program aborts (tcp_send_active_reset). */
export function sendReset(t: Stack, s: number): void {
  t.counters.outResets++
  const c = t.blocks
  const end = (c.sndUna[s]! + c.sndWnd[s]!) >>> 0
  // tcp_acceptable_seq: what the peer will take, should its window have closed meanwhile.
  const sequence = distance(end, c.sndNxt[s]!) < 0 ? end : c.sndNxt[s]!
  sendSegment(t, s, sequence, 0, tcp.RST | tcp.ACK, 0)
}

/**
 * Sends a segment of no connection: a RST, or an ACK in TIME-WAIT. No options but timestamps when
 * `tsValue` is not negative; id 0 and DF, as the kernel's own control socket sends. `flowLabel` is
 * for IPv6; -1 takes that of packets without a socket.
 */
export function sendBare(
  t: Stack,
  cause: number,
  local: number,
  remote: number,
  from: number,
  to: number,
  sequence: number,
  ack: number,
  bits: number,
  window: number,
  tsValue: number,
  tsEcho: number,
  flowLabel: number,
): void {
  const { ip, addresses } = t.host
  const family = isIpv6(remote) ? 6 : 4
  const frame = ip.allocate(family)
  frame.cause = cause
  if (cause !== 0) frame.relation = ANSWERS
  const { view, bytes, words } = frame
  const at = frame.network + ip.headerLen(family)
  let end = at + tcp.MIN_LEN
  if (tsValue >= 0) end = options.writeTimestamps(view, end, tsValue, tsEcho)
  frame.end = end
  tcp.write(view, at, from, to, sequence, ack, end - at, bits, window)
  const own = addresses.sum(local)
  const other = addresses.sum(remote)
  tcp.writeChecksum(bytes, view, words, at, end - at, own, other)
  t.counters.outSegments++
  const label = flowLabel < 0 ? t.host.flowLabels.of(ipv4.TCP, local, remote, from, to) : flowLabel
  ip.send(frame, local, remote, ipv4.TCP, 0, 0, family === 6 ? label : 0, ipv4.DF)
}
