import type { Frame } from '../../wire/frame.ts'
import * as ip from '../../wire/ip.ts'
import * as tcp from '../../wire/tcp.ts'
import { controls } from './life.ts'
import { sendBare } from './segment.ts'
import { plus } from './sequence.ts'
import type { Stack } from './stack.ts'

/**
 * RST of somebody in between, who ends a connection of others: from `local`, whoever that is, with
 * an ACK of `ack` unless that is negative.
 */
export function sendReset(
  t: Stack,
  local: number,
  localPort: number,
  remote: number,
  remotePort: number,
  sequence: number,
  ack: number,
): void {
  const bits = ack < 0 ? tcp.RST : tcp.RST | tcp.ACK
  const own = ack < 0 ? 0 : ack
  t.counters.outResets++
  sendBare(t, 0, local, remote, localPort, remotePort, sequence, own, bits, 0, -1, 0, -1)
}

/**
 * RST for a segment of no connection (RFC 9293 §3.10.7.1): with the sequence number that the
 * segment acknowledges, or else with 0 and an ACK of all it carried. A RST is never answered.
 */
export function replyReset(t: Stack, frame: Frame, at: number, end: number): void {
  const { view, network } = frame
  const bits = tcp.flags(view, at)
  if ((bits & tcp.RST) !== 0) return
  const acks = (bits & tcp.ACK) !== 0
  const length = end - at - tcp.headerLen(view, at) + controls(bits)
  const sequence = acks ? tcp.acknowledgment(view, at) : 0
  const ack = acks ? 0 : plus(tcp.sequence(view, at), length)
  const own = acks ? tcp.RST : tcp.RST | tcp.ACK
  const local = ip.dst(t.host.addresses, view, network)
  const remote = ip.src(t.host.addresses, view, network)
  const from = tcp.dstPort(view, at)
  const to = tcp.srcPort(view, at)
  t.counters.outResets++
  sendBare(t, frame.id, local, remote, from, to, sequence, ack, own, 0, -1, 0, -1)
}
