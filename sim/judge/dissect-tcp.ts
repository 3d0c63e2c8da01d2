import { type Carried, data } from './carried.ts'
import { dissectHttp } from './dissect-http.ts'
import {
  add,
  BAD,
  complain,
  GOOD,
  type Layer,
  openLayer,
  type Scope,
  UNVERIFIED,
} from './dissection.ts'
import { onesSum } from './internet-sum.ts'

const MIN_LEN = 20

/** Names of the flag bits from the lowest up. */
const FLAGS = ['fin', 'syn', 'reset', 'push', 'ack', 'urg', 'ece', 'cwr', 'ae']

/** TCP (RFC 9293). Sequence numbers are raw; `Conversations` adds the relative ones. */
export function dissectTcp(carried: Carried): void {
  const { scope, at, end, whole, into } = carried
  const { v, bytes } = scope
  if (end - at < MIN_LEN) {
    quotedStub(carried)
    return
  }
  const headerLen = (v.getUint8(at + 12) >> 4) * 4
  const tcp = openLayer(into, 'tcp', at, Math.min(end, at + Math.max(MIN_LEN, headerLen)))
  headerFields(scope, tcp, at)
  const status = !whole
    ? UNVERIFIED
    : onesSum(bytes, at, end, carried.pseudo) === 0xffff
      ? GOOD
      : BAD
  add(tcp, 'tcp.checksum.status', status, at + 16, 0)
  if (status === BAD) complain(scope, 'tcp-bad-checksum')
  if (headerLen < MIN_LEN || (headerLen > end - at && whole)) {
    complain(scope, 'tcp-bad-offset')
    return
  }
  const payload = Math.min(at + headerLen, end)
  if (payload > at + MIN_LEN) {
    add(tcp, 'tcp.options', bytes.subarray(at + MIN_LEN, payload), at + 20, payload - at - 20)
    options(scope, tcp, at + MIN_LEN, payload)
  }
  const length = end - payload
  if (whole) add(tcp, 'tcp.len', length, at + 12, 0)
  if (length === 0) return
  add(tcp, 'tcp.payload', bytes.subarray(payload, end), payload, length)
  if (scope.quoted || !dissectHttp(scope, payload, end, into)) data(scope, into, payload, end)
}

/** An ICMP error may quote as little as eight octets; the number is then shown as it stands. */
function quotedStub(carried: Carried): void {
  const { scope, at, end, into } = carried
  if (!scope.quoted || end - at < 8) {
    complain(scope, 'tcp-truncated')
    return
  }
  const tcp = openLayer(into, 'tcp', at, end)
  add(tcp, 'tcp.srcport', scope.v.getUint16(at), at, 2)
  add(tcp, 'tcp.dstport', scope.v.getUint16(at + 2), at + 2, 2)
  add(tcp, 'tcp.seq', scope.v.getUint32(at + 4), at + 4, 4)
}

function headerFields(scope: Scope, tcp: Layer, at: number): void {
  const { v } = scope
  const bits = v.getUint16(at + 12)
  add(tcp, 'tcp.srcport', v.getUint16(at), at, 2)
  add(tcp, 'tcp.dstport', v.getUint16(at + 2), at + 2, 2)
  add(tcp, 'tcp.seq_raw', v.getUint32(at + 4), at + 4, 4)
  add(tcp, 'tcp.ack_raw', v.getUint32(at + 8), at + 8, 4)
  add(tcp, 'tcp.hdr_len', (bits >> 12) * 4, at + 12, 1)
  add(tcp, 'tcp.flags', bits & 0xfff, at + 12, 2)
  add(tcp, 'tcp.flags.res', (bits >> 9) & 7, at + 12, 1)
  for (let i = FLAGS.length - 1; i >= 0; i--) {
    add(tcp, `tcp.flags.${FLAGS[i]!}`, (bits >> i) & 1, i > 7 ? at + 12 : at + 13, 1)
  }
  add(tcp, 'tcp.window_size_value', v.getUint16(at + 14), at + 14, 2)
  add(tcp, 'tcp.checksum', v.getUint16(at + 16), at + 16, 2)
  add(tcp, 'tcp.urgent_pointer', v.getUint16(at + 18), at + 18, 2)
}

/** The options that are understood; others appear by kind and length only. */
function options(scope: Scope, tcp: Layer, start: number, end: number): void {
  const { v } = scope
  let at = start
  while (at < end) {
    const kind = v.getUint8(at)
    add(tcp, 'tcp.option_kind', kind, at, 1)
    if (kind === 0) {
      add(tcp, 'tcp.options.eol', scope.bytes.subarray(at, at + 1), at, 1)
      return
    }
    if (kind === 1) {
      add(tcp, 'tcp.options.nop', scope.bytes.subarray(at, at + 1), at, 1)
      at++
      continue
    }
    const length = at + 1 < end ? v.getUint8(at + 1) : 0
    if (length < 2 || at + length > end) {
      complain(scope, 'tcp-bad-option')
      return
    }
    add(tcp, 'tcp.option_len', length, at + 1, 1)
    option(scope, tcp, kind, at, length)
    at += length
  }
}

function option(scope: Scope, tcp: Layer, kind: number, at: number, length: number): void {
  const { v } = scope
  const whole = (name: string): void =>
    add(tcp, `tcp.options.${name}`, scope.bytes.subarray(at, at + length), at, length)
  if (kind === 2 && length === 4) {
    whole('mss')
    add(tcp, 'tcp.options.mss_val', v.getUint16(at + 2), at + 2, 2)
  } else if (kind === 3 && length === 3) {
    whole('wscale')
    const shift = v.getUint8(at + 2)
    add(tcp, 'tcp.options.wscale.shift', shift, at + 2, 1)
    add(tcp, 'tcp.options.wscale.multiplier', 1 << Math.min(shift, 14), at + 2, 1)
  } else if (kind === 4 && length === 2) whole('sack_perm')
  else if (kind === 5 && length % 8 === 2) {
    whole('sack')
    add(tcp, 'tcp.options.sack.count', (length - 2) / 8, at, 0)
    for (let i = at + 2; i < at + length; i += 8) {
      add(tcp, 'tcp.options.sack_le', v.getUint32(i), i, 4)
      add(tcp, 'tcp.options.sack_re', v.getUint32(i + 4), i + 4, 4)
    }
  } else if (kind === 8 && length === 10) {
    whole('timestamp')
    add(tcp, 'tcp.options.timestamp.tsval', v.getUint32(at + 2), at + 2, 4)
    add(tcp, 'tcp.options.timestamp.tsecr', v.getUint32(at + 6), at + 6, 4)
  } else if (kind >= 2 && kind <= 5) complain(scope, 'tcp-bad-option')
}
