import { dropCode } from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import * as tcp from '../../wire/tcp.ts'
import { makeChild } from './child.ts'
import { KIND_REQUEST, KIND_SOCKET, rowOf, valueOf } from './demux.ts'
import { drawFlowLabel } from './identity.ts'
import { isFull, type Listener } from './listener.ts'
import { replyReset } from './refuse.ts'
import { sendBare } from './segment.ts'
import { chooseWindow, makeRequest, type Request, sendSynAck } from './request.ts'
import { after, before, plus } from './sequence.ts'
import type { Stack } from './stack.ts'
import { bake, COOKIE_LIFE_NS, eat } from './syn-cookie.ts'
import { OPT_TIMESTAMPS, OUT_OF_WINDOW_GAP_NS, RTO_INITIAL_NS, RTO_MAX_NS } from './states.ts'

const OVERFLOW = dropCode('tcp-listen-overflow')
const SYN_QUEUE_FULL = dropCode('tcp-syn-queue-full')
const BAD_ACK = dropCode('tcp-bad-ack')
const UNEXPECTED = dropCode('tcp-unexpected')
const OUT_OF_WINDOW = dropCode('tcp-out-of-window')
const TAKEN = -1
/** tcp_syncookies: nothing is ever remembered, full or not. */
const ALWAYS = 2
/** The request has become a socket: its row is `made`, and takes the same segment now. */
export const BECAME_SOCKET = -5
/** The ACK answers no cookie. */
export const NO_COOKIE = -6

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
    const full = listener.requests > listener.backlog || t.settings.synCookies === ALWAYS
    if (full ? t.settings.synCookies === 0 : this.isReserved(listener)) {
      t.counters.listenDrops++
      return SYN_QUEUE_FULL
    }
    const request = makeRequest(t, listener, frame, at, src, dst)
    if (full) {
      listener.overflowNs = t.now
      bake(t, request)
      sendSynAck(t, request, frame.id)
      return TAKEN
    }
    listener.young++
    const row = this.free.pop() ?? this.rows.length
    this.rows[row] = request
    listener.requests++
    t.demux.set(dst, src, request.ports, valueOf(KIND_REQUEST, row))
    request.token = t.agenda.schedule(t.now + RTO_INITIAL_NS, this.handler, row, 0)
    sendSynAck(t, request, frame.id)
    return TAKEN
  }

  /** Without cookies the last quarter of the queue is kept for peers known to be alive. */
  private isReserved(listener: Listener): boolean {
    const { settings } = this.t
    if (settings.synCookies !== 0) return false
    return settings.maxSynBacklog - listener.requests < settings.maxSynBacklog >> 2
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
      if ((bits & tcp.RST) === 0) this.answerOutside(request, frame)
      return OUT_OF_WINDOW
    }
    if ((bits & tcp.RST) !== 0 || syn) {
      // RFC 5961 §3.2: only the exact next number resets; else the peer is asked.
      if (!syn && sequence !== first) {
        this.answerOutside(request, frame)
        return OUT_OF_WINDOW
      }
      t.counters.attemptFails++
      if (syn) replyReset(t, frame, at, end)
      this.drop(row)
      return syn ? UNEXPECTED : TAKEN
    }
    if ((bits & tcp.ACK) === 0) return UNEXPECTED
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
    request.flowLabel = drawFlowLabel(t, request.remote)
    sendSynAck(t, request, frame.id)
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
    const { local, remote, ports, iss, irs, rcvWnd, rcvScale, tsRecent, flowLabel } = request
    const stamped = (request.options & OPT_TIMESTAMPS) !== 0
    const value = stamped ? (t.nowMs + request.tsOffset) >>> 0 : -1
    const window = rcvWnd >>> rcvScale
    const from = ports >>> 16
    const to = ports & 0xffff
    const sequence = plus(iss, 1)
    const ack = plus(irs, 1)
    sendBare(
      t,
      frame.id,
      local,
      remote,
      from,
      to,
      sequence,
      ack,
      tcp.ACK,
      window,
      value,
      tsRecent,
      flowLabel,
    )
  }

  /** The handshake is complete: a control block takes over. */
  private becomeSocket(row: number, request: Request): number {
    this.forget(row, request)
    return this.adopt(request)
  }

  private adopt(request: Request): number {
    const { t } = this
    const { listener } = request
    const s = makeChild(t, request)
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
    if (request.timeouts >= this.patience(request.listener)) {
      t.counters.attemptFails++
      return this.drop(row)
    }
    if (request.timeouts++ === 0) request.listener.young--
    request.flowLabel = drawFlowLabel(t, request.remote)
    if (!t.host.down) sendSynAck(t, request, 0)
    const delay = Math.min(RTO_INITIAL_NS * (1 << request.timeouts), RTO_MAX_NS)
    request.token = t.agenda.schedule(t.now + delay, this.handler, row, 0)
  }

  /** Repeats of a SYN+ACK: fewer when more than half of the queue is taken, mostly by old ones. */
  private patience(listener: Listener): number {
    let retries = this.t.settings.synAckRetries
    if (listener.requests * 2 <= Math.max(8, listener.backlog)) return retries
    let young = listener.young * 2
    for (; retries > 2 && listener.requests >= young; young *= 2) retries--
    return retries
  }

  /** An ACK of no handshake: it may answer a cookie (tcp cookie_v4_check). */
  cookie(listener: Listener, frame: Frame, at: number, src: number, dst: number): number {
    const { t } = this
    if (listener.overflowNs < 0 || t.now - listener.overflowNs > COOKIE_LIFE_NS) return NO_COOKIE
    const request = eat(t, listener, frame.view, at, src, dst)
    if (request === undefined) return NO_COOKIE
    if (isFull(listener)) {
      t.counters.listenOverflows++
      return OVERFLOW
    }
    chooseWindow(request, request.mss)
    this.made = this.adopt(request)
    return BECAME_SOCKET
  }

  /** ICMP says that our SYN+ACK leads nowhere: ends the handshake, if it quotes that very one. */
  refused(row: number, sequence: number): void {
    if (this.rows[row]!.iss === sequence) this.drop(row)
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
    if (request.timeouts === 0) request.listener.young--
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
