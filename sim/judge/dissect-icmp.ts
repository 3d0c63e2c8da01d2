import { type Carried, data } from './carried.ts'
import { add, BAD, complain, GOOD, type Layer, openLayer, type Scope } from './dissection.ts'
import { onesSum } from './internet-sum.ts'

const HEADER_LEN = 8
const ECHO_REPLY = 0
const UNREACHABLE = 3
const REDIRECT = 5
const ECHO_REQUEST = 8
const TIME_EXCEEDED = 11
const PARAMETER = 12
const FRAG_NEEDED = 4
const SOURCE_QUENCH = 4

type QuoteDecoder = (scope: Scope, at: number, end: number, into: Layer[]) => number

/** ICMP (RFC 792): echo, and the errors with what they quote. */
export function dissectIcmp(carried: Carried, quote: QuoteDecoder): void {
  const { scope, at, end, whole, into } = carried
  const { v, bytes } = scope
  if (end - at < HEADER_LEN) {
    complain(scope, 'icmp-truncated')
    return
  }
  const type = v.getUint8(at)
  const code = v.getUint8(at + 1)
  const error = isError(type)
  const icmp = openLayer(into, 'icmp', at, error ? end : at + HEADER_LEN)
  add(icmp, 'icmp.type', type, at, 1)
  add(icmp, 'icmp.code', code, at + 1, 1)
  add(icmp, 'icmp.checksum', v.getUint16(at + 2), at + 2, 2)
  if (whole) {
    const sound = onesSum(bytes, at, end, 0) === 0xffff
    add(icmp, 'icmp.checksum.status', sound ? GOOD : BAD, at + 2, 0)
    if (!sound) complain(scope, 'icmp-bad-checksum')
  }
  if (type === ECHO_REQUEST || type === ECHO_REPLY) {
    const ident = v.getUint16(at + 4)
    const sequence = v.getUint16(at + 6)
    add(icmp, 'icmp.ident', ident, at + 4, 2)
    add(icmp, 'icmp.ident_le', v.getUint16(at + 4, true), at + 4, 2)
    add(icmp, 'icmp.seq', sequence, at + 6, 2)
    add(icmp, 'icmp.seq_le', v.getUint16(at + 6, true), at + 6, 2)
    data(scope, into, at + HEADER_LEN, end)
    return
  }
  if (!error) {
    complain(scope, 'icmp-unknown-type')
    return
  }
  if (type === REDIRECT) add(icmp, 'icmp.redir_gw', v.getUint32(at + 4), at + 4, 4)
  else if (type === UNREACHABLE && code === FRAG_NEEDED) {
    add(icmp, 'icmp.unused', bytes.subarray(at + 4, at + 6), at + 4, 2)
    add(icmp, 'icmp.mtu', v.getUint16(at + 6), at + 6, 2)
  } else add(icmp, 'icmp.unused', bytes.subarray(at + 4, at + 8), at + 4, 4)
  quote({ ...scope, quoted: true }, at + HEADER_LEN, end, icmp.quoted)
  if (type === REDIRECT) icmp.quoted.forEach(portsOnly)
}

/** Of a TCP header quoted by a redirect Wireshark shows the ports and `tcp.seq`, as it stands. */
function portsOnly(layer: Layer): void {
  if (layer.name !== 'tcp') return
  const fields = layer.fields.splice(0).slice(0, 3)
  for (const field of fields) {
    layer.fields.push(field.name === 'tcp.seq_raw' ? { ...field, name: 'tcp.seq' } : field)
  }
}

function isError(type: number): boolean {
  return (
    type === UNREACHABLE ||
    type === SOURCE_QUENCH ||
    type === REDIRECT ||
    type === TIME_EXCEEDED ||
    type === PARAMETER
  )
}
