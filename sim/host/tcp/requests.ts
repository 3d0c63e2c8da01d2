import { NONE } from '../../engine/agenda.ts'
import { dropCode } from '../../trace/index.ts'
import { ANSWERS, type Frame } from '../../wire/frame.ts'
import * as ipv4 from '../../wire/ipv4.ts'
import * as tcp from '../../wire/tcp.ts'
import { makeChild, type Request } from './child.ts'
import { hashOf, KIND_REQUEST, KIND_SOCKET, rowOf, valueOf } from './demux.ts'
import { advertised, initialSequence } from './identity.ts'
import { portsOf } from './life.ts'
import { isFull, type Listener } from './listener.ts'
import * as options from './options.ts'
import * as receiveWindow from './receive-window.ts'
import { replyReset } from './refuse.ts'
import { sendBare } from './segment.ts'
import { after, before, plus } from './sequence.ts'
import type { Stack } from './stack.ts'
import {
  DEFAULT_MSS,
  MIN_MSS,
  OPT_SACK,
  OPT_SCALE,
  OPT_TIMESTAMPS,
  OUT_OF_WINDOW_GAP_NS,
  RTO_INITIAL_NS,
  RTO_MAX_NS,
} from './states.ts'

const OVERFLOW = dropCode('tcp-listen-overflow')
const SYN_QUEUE_FULL = dropCode('tcp-syn-queue-full')
const BAD_ACK = dropCode('tcp-bad-ack')
const UNEXPECTED = dropCode('tcp-unexpected')
const OUT_OF_WINDOW = dropCode('tcp-out-of-window')
const TAKEN = -1
/** The request has become a socket: its row is `made`, and takes the same segment now. */
export const BECAME_SOCKET = -5

/** Handshakes of listeners in SYN-RECEIVED (the kernel's request sockets). */
export class Requests {
  private readonly t: Stack
  private readonly rows: (Request | undefined)[] = []
  private readonly free: number[] = []
  private readonly handler: number
  /** Row of the socket that `BECAME_SOCKET` speaks of. */
  made = -1

  constructor(t: Stack) {
    this.t = t
    this.handler = t.agenda.register((row) => this.timeout(row))
  }

  /** A SYN for a listener. */
  syn(listener: Listener, frame: Frame, at: number, src: number, dst: number): number {
    const { t } = this
    if (isFull(listener)) {
      t.counters.listenOverflows++
      t.counters.listenDrops++
      return OVERFLOW
    }
    const full = listener.requests >= listener.backlog
    if (full || this.isReserved(listener)) {
      t.counters.listenDrops++
      return SYN_QUEUE_FULL
    }
    const request = this.make(listener, frame, at, src, dst)
    const row = this.free.pop() ?? this.rows.length
    this.rows[row] = request
    listener.requests++
    t.demux.set(dst, src, request.ports, valueOf(KIND_REQUEST, row))
    request.token = t.agenda.schedule(t.now + RTO_INITIAL_NS, this.handler, row, 0)
    this.sendSynAck(request, frame.id)
    return TAKEN
  }

  /** Without cookies the last quarter of the queue is kept for peers known to be alive. */
  private isReserved(listener: Listener): boolean {
    const { settings } = this.t
    if (settings.synCookies) return false
    return settings.maxSynBacklog - listener.requests < settings.maxSynBacklog >> 2
  }

  private make(listener: Listener, frame: Frame, at: number, src: number, dst: number): Request {
    const { t } = this
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
      tsOffset: hashOf(dst, src, 0, t.tsSecret),
      timeouts: 0,
      repeats: 0,
      sentNs: t.now,
      answeredNs: 0,
      token: NONE,
      acked: false,
    }
    this.chooseWindow(request)
    return request
  }

  /** First window of the connection, and how it is scaled (tcp_openreq_init_rwin). */
  private chooseWindow(request: Request): void {
    const { receiveMemory: memory, receiveLocked } = request.listener
    const stamps = (request.options & OPT_TIMESTAMPS) !== 0 ? options.TIMESTAMPS_LEN : 0
    const mss = advertised(this.t, request.remote) - stamps
    const clamp = receiveWindow.initialClamp(memory, receiveLocked)
    const scales = (request.options & OPT_SCALE) !== 0
    const scale = scales ? receiveWindow.initialScale(clamp) : 0
    request.rcvScale = scale
    request.rcvWnd = receiveWindow.initialWindow(receiveWindow.fullWindow(memory), mss, clamp)
    request.windowClamp = Math.min(clamp, receiveWindow.largestWindow(scale))
    request.rcvSsthresh = request.rcvWnd
  }

  private sendSynAck(request: Request, cause: number): void {
    const { t } = this
    const ip = t.host.ipv4
    const frame = ip.allocate()
    frame.cause = cause
    if (cause !== 0) frame.relation = ANSWERS
    const { view, bytes, words } = frame
    const at = frame.network + ipv4.MIN_LEN
    const { local, remote, ports } = request
    const tsValue = (t.nowMs + request.tsOffset) >>> 0
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
    tcp.writeChecksum(bytes, view, words, at, header, local, remote)
    t.counters.outSegments++
    const ttl = request.listener.ttl || ip.defaultTtl
    ip.send(frame, local, remote, ipv4.TCP, 0, ttl, 0, ipv4.DF)
  }

  /** A segment for a handshake under way (tcp_check_req); its options have been read. */
  input(value: number, frame: Frame, at: number, end: number): number {
    const { t } = this
    const row = rowOf(value)
    const request = this.rows[row]!
    const { view } = frame
    const bits = tcp.flags(view, at)
    const sequence = tcp.sequence(view, at)
    const syn = (bits & tcp.SYN) !== 0
    if (syn && (bits & (tcp.RST | tcp.ACK)) === 0 && sequence === request.irs) {
      return this.repeat(request, frame)
    }
    const first = plus(request.irs, 1)
    const length = end - at - tcp.headerLen(view, at)
    const edge = plus(first, request.rcvWnd)
    if (before(plus(sequence, length), first) || after(sequence, edge)) {
      this.answerOutside(request, frame)
      return OUT_OF_WINDOW
    }
    if ((bits & tcp.RST) !== 0) {
      this.drop(row)
      return TAKEN
    }
    if (syn || (bits & tcp.ACK) === 0) return UNEXPECTED
    if (tcp.acknowledgment(view, at) !== plus(request.iss, 1)) {
      replyReset(t, frame, at, end)
      return BAD_ACK
    }
    const { listener } = request
    if (isFull(listener)) {
      t.counters.listenOverflows++
      if (t.settings.abortOnOverflow) {
        replyReset(t, frame, at, end)
        this.drop(row)
      } else request.acked = true
      return OVERFLOW
    }
    this.made = this.becomeSocket(row, request)
    return BECAME_SOCKET
  }

  private repeat(request: Request, frame: Frame): number {
    const { t } = this
    if (request.answeredNs !== 0 && t.now - request.answeredNs < OUT_OF_WINDOW_GAP_NS) return TAKEN
    request.answeredNs = Math.max(1, t.now)
    request.repeats++
    this.sendSynAck(request, frame.id)
    t.agenda.cancel(request.token)
    const row = rowOf(t.demux.find(request.local, request.remote, request.ports))
    const delay = Math.min(RTO_INITIAL_NS * (1 << request.timeouts), RTO_MAX_NS)
    request.token = t.agenda.schedule(t.now + delay, this.handler, row, 0)
    return TAKEN
  }

  private answerOutside(request: Request, frame: Frame): void {
    const { t } = this
    if (request.answeredNs !== 0 && t.now - request.answeredNs < OUT_OF_WINDOW_GAP_NS) return
    request.answeredNs = Math.max(1, t.now)
    const { local, remote, ports, iss, irs, rcvWnd, rcvScale, tsRecent } = request
    const stamped = (request.options & OPT_TIMESTAMPS) !== 0
    const value = stamped ? (t.nowMs + request.tsOffset) >>> 0 : -1
    const window = rcvWnd >>> rcvScale
    const [from, to] = [ports >>> 16, ports & 0xffff]
    const [sequence, ack] = [plus(iss, 1), plus(irs, 1)]
    sendBare(t, frame.id, local, remote, from, to, sequence, ack, tcp.ACK, window, value, tsRecent)
  }

  /** The handshake is complete: a control block takes over. */
  private becomeSocket(row: number, request: Request): number {
    const { t } = this
    const { listener } = request
    const s = makeChild(t, request)
    this.forget(row, request)
    t.demux.set(request.local, request.remote, request.ports, valueOf(KIND_SOCKET, s))
    listener.queue.push(s)
    t.counters.passiveOpens++
    t.wake(listener.row)
    return s
  }

  private timeout(row: number): void {
    const { t } = this
    const request = this.rows[row]
    if (request === undefined) return
    const { settings } = t
    request.timeouts++
    if (request.timeouts > settings.synAckRetries) {
      t.counters.attemptFails++
      return this.drop(row)
    }
    if (!t.host.down) this.sendSynAck(request, 0)
    const delay = Math.min(RTO_INITIAL_NS * (1 << request.timeouts), RTO_MAX_NS)
    request.token = t.agenda.schedule(t.now + delay, this.handler, row, 0)
  }

  /** Ends a handshake. */
  drop(row: number): void {
    const request = this.rows[row]!
    this.t.demux.delete(request.local, request.remote, request.ports)
    this.forget(row, request)
  }

  private forget(row: number, request: Request): void {
    this.t.agenda.cancel(request.token)
    request.listener.requests--
    this.rows[row] = undefined
    this.free.push(row)
  }

  /** Ends all handshakes of a listener that closes. */
  dropAllOf(listener: Listener): void {
    for (let row = 0; row < this.rows.length; row++) {
      if (this.rows[row]?.listener === listener) this.drop(row)
    }
  }

  /** Calls `visit` for each handshake, for a table of sockets. */
  each(visit: (local: number, remote: number, ports: number) => void): void {
    for (const request of this.rows) {
      if (request !== undefined) visit(request.local, request.remote, request.ports)
    }
  }
}
