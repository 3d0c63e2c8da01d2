import { formatIpv4 } from '../wire/address.ts'
import * as ipv4 from '../wire/ipv4.ts'
import { kindOf, showFlags } from './expect/condition.ts'
import { Reading } from './expect/reading.ts'

/** Says in one line what a frame is, in the words of packet lines. */
export function describeFrame(bytes: Uint8Array, start: number, end: number): string {
  const reading = new Reading()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  reading.readFrame(view, start, end)
  if (reading.protocol < 0) return kindOf(reading)
  const { src, dst, srcPort, dstPort } = reading
  const port = (value: number): string => (value < 0 ? '' : `:${value}`)
  const kind = reading.flags >= 0 ? showFlags(reading.flags) : kindOf(reading)
  const ends = `${formatIpv4(src)}${port(srcPort)} > ${formatIpv4(dst)}${port(dstPort)}`
  return `${kind} ${ends} ttl ${ipv4.ttl(view, reading.network)} len ${reading.payloadLen}`
}
