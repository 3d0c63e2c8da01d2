import { BY_TCP, dropCode } from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import * as tcp from '../../wire/tcp.ts'
import { KIND_REQUEST, KIND_SOCKET, kindOf, NOTHING, rowOf } from './demux.ts'
import { segment } from './input.ts'
import { portsOf } from './life.ts'
import { findListener } from './listener.ts'
import { BECAME_SOCKET, NO_COOKIE } from './requests.ts'
import { replyReset } from './refuse.ts'
import type { Stack } from './stack.ts'
import { NEW_SYN } from './time-wait.ts'

/** Finding whom a segment is for: a connection, a handshake, TIME-WAIT, a listener, or nobody. */
const NO_SOCKET = dropCode('tcp-no-socket')
const UNEXPECTED = dropCode('tcp-unexpected')

/** Handles a segment at `at .. end` of a frame, and ends the frame. */
export function arrive(
  t: Stack,
  frame: Frame,
  at: number,
  end: number,
  src: number,
  dst: number,
): void {
  const { host } = t
  const { bytes, view, words } = frame
  t.counters.inSegments++
  const { addresses } = host
  const theirs = addresses.sum(src)
  const ours = addresses.sum(dst)
  const problem = tcp.check(bytes, view, words, at, end, theirs, ours)
  if (problem !== undefined) return host.drop(frame, host.place, dropCode(problem))
  const ports = portsOf(tcp.dstPort(view, at), tcp.srcPort(view, at))
  const value = t.demux.find(dst, src, ports)
  let outcome: number
  if (value >= 0 && kindOf(value) === KIND_SOCKET) {
    outcome = segment(t, rowOf(value), frame, at, end, t.news)
  } else outcome = withoutSocket(t, value, frame, at, end, src, dst)
  if (outcome >= 0) host.drop(frame, host.place, outcome)
  else host.consume(frame, BY_TCP)
}

function withoutSocket(
  t: Stack,
  value: number,
  frame: Frame,
  at: number,
  end: number,
  src: number,
  dst: number,
): number {
  const { view } = frame
  t.options.read(view, at + tcp.MIN_LEN, at + tcp.headerLen(view, at))
  if (value !== NOTHING) {
    if (kindOf(value) === KIND_REQUEST) {
      const outcome = t.requests!.input(value, frame, at, end)
      if (outcome !== BECAME_SOCKET) return outcome
      return segment(t, t.requests!.made, frame, at, end, t.news)
    }
    const outcome = t.timeWaits!.input(value, frame, at, end)
    if (outcome !== NEW_SYN) return outcome
    if (findListener(t, dst, tcp.dstPort(view, at)) === undefined) return UNEXPECTED
    t.timeWaits!.remove(rowOf(value))
  }
  return forListener(t, frame, at, end, src, dst)
}

function forListener(
  t: Stack,
  frame: Frame,
  at: number,
  end: number,
  src: number,
  dst: number,
): number {
  const { view } = frame
  const listener = findListener(t, dst, tcp.dstPort(view, at))
  const bits = tcp.flags(view, at)
  if (listener === undefined) {
    replyReset(t, frame, at, end)
    return NO_SOCKET
  }
  if ((bits & tcp.RST) !== 0) return UNEXPECTED
  if ((bits & tcp.ACK) !== 0) {
    const outcome = t.requests!.cookie(listener, frame, at, src, dst)
    if (outcome === BECAME_SOCKET) return segment(t, t.requests!.made, frame, at, end, t.news)
    if (outcome !== NO_COOKIE) return outcome
    replyReset(t, frame, at, end)
    return NO_SOCKET
  }
  if ((bits & (tcp.SYN | tcp.FIN)) !== tcp.SYN) return UNEXPECTED
  return t.requests!.syn(listener, frame, at, src, dst)
}
