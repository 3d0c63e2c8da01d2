import { Describer } from '../show/describe.ts'
import type { Frame } from '../wire/frame.ts'
import * as tcp from '../wire/tcp.ts'
import { showFlags } from './expect/condition.ts'
import type { Reading } from './expect/reading.ts'
import type { StreamStarts } from './expect/streams.ts'
import { readOptions, showOptions } from './expect/tcp-options.ts'

/**
 * Says in one line what a frame is, in the words of packet lines. `streams` has seen the frames
 * before it, so that numbers count from the beginning of the connection.
 */
export function describeFrame(frame: Frame, reading: Reading, streams: StreamStarts): string {
  if (reading.hasTcpHeader) return describeSegment(reading, streams)
  const octets = frame.bytes.slice(frame.start, frame.end)
  const { kind, ends, details, content } = new Describer().describe(octets)
  return [kind, ends, details, content].filter((part) => part !== '').join(' ')
}

function describeSegment(reading: Reading, streams: StreamStarts): string {
  const { view, transport, flags, payloadLen } = reading
  const from = reading.addresses.endpoint(reading.src, reading.srcPort)
  const to = reading.addresses.endpoint(reading.dst, reading.dstPort)
  const seq = streams.sequence(reading)
  const parts = [showFlags(flags), from, '>', to, `ttl ${reading.hopLimit}`]
  parts.push(payloadLen > 0 ? `seq ${seq}:${seq + payloadLen}` : `seq ${seq}`)
  if ((flags & tcp.ACK) !== 0) {
    parts.push(`ack ${streams.opposite(reading, tcp.acknowledgment(view, transport))}`)
  }
  parts.push(`win ${tcp.window(view, transport)}`, `len ${payloadLen}`)
  if ((flags & tcp.SYN) !== 0) parts.push(showOptions(readOptions(reading)))
  return parts.join(' ')
}
