import { dropCode } from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import * as tcp from '../../wire/tcp.ts'
import { doubled } from './control-block.ts'
import { KIND_TIME_WAIT, rowOf, valueOf } from './demux.ts'
import { controls, portsOf } from './life.ts'
import * as receiveWindow from './receive-window.ts'
import { replyReset } from './refuse.ts'
import { sendBare } from './segment.ts'
import { after, before, plus } from './sequence.ts'
import type { Stack } from './stack.ts'
import { FIN_WAIT_2, OPT_TIMESTAMPS, OUT_OF_WINDOW_GAP_NS, TIME_WAIT } from './states.ts'

const START = 64
const TAKEN = -1
/** A SYN may begin a new connection: the row is gone, the caller asks the listeners. */
export const NEW_SYN = -4

const OLD = dropCode('tcp-time-wait')

/**
 * Connections whose program and control block are gone: FIN-WAIT-2 without a program, and TIME-WAIT
 * (RFC 9293 §3.6.1, RFC 7323 §5.5; Linux tcp_minisocks.c). There may be very many, so a row is
 * small; each has one event on the agenda, its end.
 */
export class TimeWaits {
  private readonly t: Stack
  private local: Uint32Array = new Uint32Array(START)
  private remote: Uint32Array = new Uint32Array(START)
  private ports: Uint32Array = new Uint32Array(START)
  private sndNxt: Uint32Array = new Uint32Array(START)
  private rcvNxt: Uint32Array = new Uint32Array(START)
  private window: Uint32Array = new Uint32Array(START)
  private tsRecent: Uint32Array = new Uint32Array(START)
  private tsOffset: Uint32Array = new Uint32Array(START)
  private flowLabel: Uint32Array = new Uint32Array(START)
  private scale: Uint8Array = new Uint8Array(START)
  private substate: Uint8Array = new Uint8Array(START)
  private stamps: Uint8Array = new Uint8Array(START)
  private lastAnswerNs: Float64Array = new Float64Array(START)
  private token: Float64Array = new Float64Array(START)
  private free: Int32Array = new Int32Array(START)
  private freeCount = 0
  private readonly handler: number
  count = 0

  constructor(t: Stack) {
    this.t = t
    this.offer(0, START)
    this.handler = t.agenda.register((row) => this.remove(row))
  }

  /** Makes a small row of a control block; the demultiplexer leads to it from now on. */
  add(s: number, substate: number, delayNs: number): void {
    const { t } = this
    const c = t.blocks
    if (this.freeCount === 0) this.grow()
    const row = this.free[--this.freeCount]!
    this.local[row] = c.localAddress[s]!
    this.remote[row] = c.remoteAddress[s]!
    this.ports[row] = portsOf(c.localPort[s]!, c.remotePort[s]!)
    this.sndNxt[row] = c.sndNxt[s]!
    this.rcvNxt[row] = c.rcvNxt[s]!
    // More than the field can tell would wrap around in it.
    const most = receiveWindow.largestWindow(c.rcvScale[s]!)
    this.window[row] = Math.min(receiveWindow.windowLeft(t, s), most)
    this.scale[row] = c.rcvScale[s]!
    this.tsRecent[row] = c.tsRecent[s]!
    this.tsOffset[row] = c.tsOffset[s]!
    this.flowLabel[row] = c.flowLabel[s]!
    this.stamps[row] = (c.options[s]! & OPT_TIMESTAMPS) !== 0 ? 1 : 0
    this.substate[row] = substate
    this.lastAnswerNs[row] = 0
    this.token[row] = t.agenda.schedule(t.now + Math.round(delayNs), this.handler, row, 0)
    const value = valueOf(KIND_TIME_WAIT, row)
    t.demux.set(this.local[row]!, this.remote[row]!, this.ports[row]!, value)
    this.count++
  }

  /** Ends a row at once. */
  remove(row: number): void {
    const { t } = this
    t.agenda.cancel(this.token[row]!)
    t.demux.delete(this.local[row]!, this.remote[row]!, this.ports[row]!)
    this.free[this.freeCount++] = row
    this.count--
  }

  /** Where a new connection of the same four numbers must begin (RFC 6191). */
  nextSequence(row: number): number {
    return plus(this.sndNxt[row]!, 65535 + 2)
  }

  state(row: number): number {
    return this.substate[row]!
  }

  /** Calls `row` for each entry, for a table of sockets. */
  each(visit: (local: number, remote: number, ports: number, state: number) => void): void {
    const free = new Set(this.free.subarray(0, this.freeCount))
    for (let row = 0; row < this.local.length; row++) {
      if (free.has(row)) continue
      visit(this.local[row]!, this.remote[row]!, this.ports[row]!, this.substate[row]!)
    }
  }

  /** A segment for such a connection; the options of it have been read. */
  input(value: number, frame: Frame, at: number, end: number): number {
    const { t } = this
    const row = rowOf(value)
    const { view } = frame
    const bits = tcp.flags(view, at)
    const sequence = tcp.sequence(view, at)
    const segmentEnd = plus(sequence, end - at - tcp.headerLen(view, at) + controls(bits))
    const old =
      this.stamps[row] === 1 &&
      t.options.hasTimestamps &&
      ((t.options.tsValue - this.tsRecent[row]!) | 0) < 0 &&
      (bits & tcp.RST) === 0
    if (this.substate[row] === FIN_WAIT_2) {
      return this.inFinWait2(row, frame, at, end, sequence, segmentEnd, bits, old)
    }
    return this.inTimeWait(row, frame, sequence, segmentEnd, bits, old)
  }

  private inFinWait2(
    row: number,
    frame: Frame,
    at: number,
    end: number,
    sequence: number,
    segmentEnd: number,
    bits: number,
    old: boolean,
  ): number {
    const next = this.rcvNxt[row]!
    const edge = plus(next, this.window[row]!)
    const outside = before(segmentEnd, next) || after(sequence, edge)
    const empty = segmentEnd === sequence || (bits & tcp.SYN) !== 0
    if (old || (outside && segmentEnd !== next)) return this.answerOld(row, frame, empty)
    if ((bits & tcp.RST) !== 0) {
      this.remove(row)
      return TAKEN
    }
    if ((bits & tcp.SYN) !== 0 && !before(sequence, next)) return this.reset(row, frame, at, end)
    if ((bits & tcp.ACK) === 0 || !after(segmentEnd, next) || segmentEnd === sequence) return TAKEN
    // Data that comes now has no reader (RFC 1122 §4.2.2.13).
    if ((bits & tcp.FIN) === 0 || segmentEnd !== plus(next, 1)) {
      return this.reset(row, frame, at, end)
    }
    this.substate[row] = TIME_WAIT
    this.rcvNxt[row] = segmentEnd
    this.noteTimestamp(row)
    this.restart(row)
    this.answer(row, frame)
    return TAKEN
  }

  private inTimeWait(
    row: number,
    frame: Frame,
    sequence: number,
    segmentEnd: number,
    bits: number,
    old: boolean,
  ): number {
    const { t } = this
    const next = this.rcvNxt[row]!
    const rst = (bits & tcp.RST) !== 0
    if (!old && sequence === next && (sequence === segmentEnd || rst)) {
      if (rst) this.remove(row)
      else this.restart(row)
      return TAKEN
    }
    const ack = (bits & tcp.ACK) !== 0
    if ((bits & tcp.SYN) !== 0 && !rst && !ack && !old) {
      const newer =
        t.options.hasTimestamps &&
        this.stamps[row] === 1 &&
        ((this.tsRecent[row]! - t.options.tsValue) | 0) < 0
      if (after(sequence, next) || newer) return NEW_SYN
    }
    if (rst) return OLD
    if (old || ack) this.restart(row)
    return this.answerOld(row, frame, sequence === segmentEnd || (bits & tcp.SYN) !== 0)
  }

  private reset(row: number, frame: Frame, at: number, end: number): number {
    replyReset(this.t, frame, at, end)
    this.remove(row)
    return OLD
  }

  /** Only what might be the answer to an answer is answered seldom: data and FIN never are. */
  private answerOld(row: number, frame: Frame, seldom: boolean): number {
    const last = this.lastAnswerNs[row]!
    if (seldom) {
      if (last !== 0 && this.t.now - last < OUT_OF_WINDOW_GAP_NS) return OLD
      this.lastAnswerNs[row] = Math.max(1, this.t.now)
    }
    this.answer(row, frame)
    return OLD
  }

  /** ACK in the name of the connection that is gone: id 0, as the kernel's control socket sends. */
  private answer(row: number, frame: Frame): void {
    const { t } = this
    const ports = this.ports[row]!
    const stamped = this.stamps[row] === 1
    const value = stamped ? (t.nowMs + this.tsOffset[row]!) >>> 0 : -1
    sendBare(
      t,
      frame.id,
      this.local[row]!,
      this.remote[row]!,
      ports >>> 16,
      ports & 0xffff,
      this.sndNxt[row]!,
      this.rcvNxt[row]!,
      tcp.ACK,
      this.window[row]! >>> this.scale[row]!,
      value,
      this.tsRecent[row]!,
      this.flowLabel[row]!,
    )
  }

  private noteTimestamp(row: number): void {
    const { options } = this.t
    if (this.stamps[row] === 1 && options.hasTimestamps) this.tsRecent[row] = options.tsValue
  }

  private restart(row: number): void {
    const { t } = this
    t.agenda.cancel(this.token[row]!)
    this.token[row] = t.agenda.schedule(t.now + t.timeWaitNs, this.handler, row, 0)
  }

  private offer(from: number, to: number): void {
    for (let row = to - 1; row >= from; row--) this.free[this.freeCount++] = row
  }

  private grow(): void {
    const old = this.local.length
    this.local = doubled(this.local) as Uint32Array
    this.remote = doubled(this.remote) as Uint32Array
    this.ports = doubled(this.ports) as Uint32Array
    this.sndNxt = doubled(this.sndNxt) as Uint32Array
    this.rcvNxt = doubled(this.rcvNxt) as Uint32Array
    this.window = doubled(this.window) as Uint32Array
    this.tsRecent = doubled(this.tsRecent) as Uint32Array
    this.tsOffset = doubled(this.tsOffset) as Uint32Array
    this.flowLabel = doubled(this.flowLabel) as Uint32Array
    this.scale = doubled(this.scale) as Uint8Array
    this.substate = doubled(this.substate) as Uint8Array
    this.stamps = doubled(this.stamps) as Uint8Array
    this.lastAnswerNs = doubled(this.lastAnswerNs) as Float64Array
    this.token = doubled(this.token) as Float64Array
    this.free = doubled(this.free) as Int32Array
    this.offer(old, old * 2)
  }
}
