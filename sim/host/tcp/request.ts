import { NONE } from '../../engine/agenda.ts'
import { isIpv6 } from '../../wire/address-book.ts'
import { ANSWERS, type Frame } from '../../wire/frame.ts'
import * as ipv4 from '../../wire/ipv4.ts'
import * as tcp from '../../wire/tcp.ts'
import { flagsFor } from '../dont-fragment.ts'
import { advertised, drawFlowLabel, initialSequence, timestampOffset } from './identity.ts'
import { portsOf } from './life.ts'
import type { Listener } from './listener.ts'
import * as options from './options.ts'
import * as receiveWindow from './receive-window.ts'
import { plus } from './sequence.ts'
import type { Stack } from './stack.ts'
import { DEFAULT_MSS, MIN_MSS, OPT_SACK, OPT_SCALE, OPT_TIMESTAMPS } from './states.ts'
import { cookieClock } from './syn-cookie.ts'

/** A handshake under way: what a listener remembers between SYN and the third segment. */
export interface Request {
  listener: Listener
  local: number
  remote: number
  ports: number
  irs: number
  iss: number
  mss: number
  options: number
  sndScale: number
  rcvScale: number
  rcvWnd: number
  windowClamp: number
  rcvSsthresh: number
  tsRecent: number
  tsOffset: number
  flowLabel: number
  timeouts: number
  repeats: number
  sentNs: number
  answeredNs: number
  token: number
  /** The third segment came while the queue of accepted connections was full. */
  acked: boolean
  /** Nothing is remembered: all of it is in the SYN+ACK itself. */
  cookie: boolean
}

/** What a SYN asks for and what this machine grants. */
export function makeRequest(
  t: Stack,
  listener: Listener,
  frame: Frame,
  at: number,
  src: number,
  dst: number,
): Request {
  const { settings, options: seen } = t
  const { view } = frame
  const ports = portsOf(tcp.dstPort(view, at), tcp.srcPort(view, at))
  let agreed = 0
  if (seen.hasTimestamps && settings.timestamps) agreed |= OPT_TIMESTAMPS
  if (seen.sackPermitted && settings.sack) agreed |= OPT_SACK
  if (seen.scale >= 0 && settings.scaling) agreed |= OPT_SCALE
  const offered = seen.mss === 0 ? DEFAULT_MSS : seen.mss
  const request: Request = {
    listener,
    local: dst,
    remote: src,
    ports,
    irs: tcp.sequence(view, at),
    iss: initialSequence(t, dst, src, ports),
    mss: Math.max(MIN_MSS, offered),
    options: agreed,
    sndScale: (agreed & OPT_SCALE) !== 0 ? seen.scale : 0,
    rcvScale: 0,
    rcvWnd: 0,
    windowClamp: 0,
    rcvSsthresh: 0,
    tsRecent: (agreed & OPT_TIMESTAMPS) !== 0 ? seen.tsValue : 0,
    tsOffset: timestampOffset(t, dst, src),
    flowLabel: drawFlowLabel(t, src),
    timeouts: 0,
    repeats: 0,
    sentNs: t.now,
    answeredNs: 0,
    token: NONE,
    acked: false,
    cookie: false,
  }
  const stamps = (agreed & OPT_TIMESTAMPS) !== 0 ? options.TIMESTAMPS_LEN : 0
  chooseWindow(request, advertised(t, src) - stamps)
  return request
}

/**
 * First window of the connection, and how it is scaled (tcp_openreq_init_rwin): whole segments of
 * `mss`. A cookie that comes back tells only the peer's size, and the window is chosen by that.
 */
export function chooseWindow(request: Request, mss: number): void {
  const { receiveMemory: memory, receiveLocked } = request.listener
  const clamp = receiveWindow.initialClamp(memory, receiveLocked)
  const scales = (request.options & OPT_SCALE) !== 0
  const scale = scales ? receiveWindow.initialScale(clamp) : 0
  request.rcvScale = scale
  request.rcvWnd = receiveWindow.initialWindow(receiveWindow.fullWindow(memory), mss, clamp)
  request.windowClamp = Math.min(clamp, receiveWindow.largestWindow(scale))
  request.rcvSsthresh = request.rcvWnd
}

/** Sends SYN+ACK: id 0 and DF, as long as there is no socket (`cause`: id of the SYN, or 0). */
export function sendSynAck(t: Stack, request: Request, cause: number): void {
  const { ip, addresses } = t.host
  const { local, remote, ports } = request
  const family = isIpv6(remote) ? 6 : 4
  const frame = ip.allocate(family)
  frame.cause = cause
  if (cause !== 0) frame.relation = ANSWERS
  const { view, bytes, words } = frame
  const at = frame.network + ip.headerLen(family)
  const tsValue = (cookieClock(t, request) + request.tsOffset) >>> 0
  frame.end = options.writeSyn(
    view,
    at + tcp.MIN_LEN,
    request.options,
    advertised(t, remote),
    request.rcvScale,
    tsValue,
    request.tsRecent,
  )
  const window = Math.min(65535, request.rcvWnd)
  const header = frame.end - at
  const ack = plus(request.irs, 1)
  const bits = tcp.SYN | tcp.ACK
  tcp.write(view, at, ports >>> 16, ports & 0xffff, request.iss, ack, header, bits, window)
  const own = addresses.sum(local)
  const other = addresses.sum(remote)
  tcp.writeChecksum(bytes, view, words, at, header, own, other)
  t.counters.outSegments++
  const flags = flagsFor(request.listener.dontFragment, true)
  // Without DF the packet needs an id: a random one, for there is no socket to count.
  const ident = flags !== 0 || family === 6 ? 0 : t.idents.uint32() & 0xffff
  const label = family === 6 ? request.flowLabel : ident
  ip.send(frame, local, remote, ipv4.TCP, 0, request.listener.ttl, label, flags)
}
