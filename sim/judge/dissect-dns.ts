import { add, complain, type Layer, latin1, openLayer, type Scope } from './dissection.ts'

const HEADER_LEN = 12
const A = 1
const NS = 2
const CNAME = 5
const PTR = 12
const TXT = 16
const AAAA = 28
const OPT = 41
const NAME_FIELDS: ReadonlyMap<number, string> = new Map([
  [NS, 'dns.ns'],
  [CNAME, 'dns.cname'],
  [PTR, 'dns.ptr.domain_name'],
])

/** DNS over UDP (RFC 1035): header, questions, records. */
export function dissectDns(scope: Scope, start: number, end: number, into: Layer[]): void {
  const { v } = scope
  if (end - start < HEADER_LEN) {
    if (!scope.quoted) complain(scope, 'dns-truncated')
    return
  }
  const dns = openLayer(into, 'dns', start, end)
  const flags = v.getUint16(start + 2)
  add(dns, 'dns.id', v.getUint16(start), start, 2)
  add(dns, 'dns.flags', flags, start + 2, 2)
  const bit = (name: string, shift: number): void =>
    add(dns, `dns.flags.${name}`, (flags >> shift) & 1, start + 2, 2)
  bit('response', 15)
  add(dns, 'dns.flags.opcode', (flags >> 11) & 15, start + 2, 2)
  if (flags >> 15) bit('authoritative', 10)
  bit('truncated', 9)
  bit('recdesired', 8)
  if (flags >> 15) bit('recavail', 7)
  bit('z', 6)
  // A question shows this bit only when it is set.
  if (flags >> 15 || (flags >> 5) & 1) bit('authenticated', 5)
  bit('checkdisable', 4)
  if (flags >> 15) add(dns, 'dns.flags.rcode', flags & 15, start + 2, 2)
  const counts = ['queries', 'answers', 'auth_rr', 'add_rr'].map((name, i) => {
    const at = start + 4 + 2 * i
    add(dns, `dns.count.${name}`, v.getUint16(at), at, 2)
    return v.getUint16(at)
  })
  if (!entries(scope, dns, start, end, counts) && !scope.quoted) complain(scope, 'dns-malformed')
}

/** Reads all entries; false when they do not fit the message. */
function entries(
  scope: Scope,
  dns: Layer,
  start: number,
  end: number,
  counts: readonly number[],
): boolean {
  const { v } = scope
  let at = start + HEADER_LEN
  for (let i = 0; i < counts[0]!; i++) {
    const name = readName(scope, start, end, at)
    if (name === undefined || name.next + 4 > end) return false
    add(dns, 'dns.qry.name', name.text, at, name.next - at)
    add(dns, 'dns.qry.type', v.getUint16(name.next), name.next, 2)
    add(dns, 'dns.qry.class', v.getUint16(name.next + 2), name.next + 2, 2)
    at = name.next + 4
  }
  const records = counts[1]! + counts[2]! + counts[3]!
  for (let i = 0; i < records; i++) {
    const next = resourceRecord(scope, dns, start, end, at)
    if (next === undefined) return false
    at = next
  }
  return true
}

function resourceRecord(
  scope: Scope,
  dns: Layer,
  start: number,
  end: number,
  at: number,
): number | undefined {
  const { v, bytes } = scope
  const name = readName(scope, start, end, at)
  if (name === undefined || name.next + 10 > end) return undefined
  const fixed = name.next
  const type = v.getUint16(fixed)
  const length = v.getUint16(fixed + 8)
  const body = fixed + 10
  if (body + length > end) return undefined
  add(dns, 'dns.resp.name', name.text, at, fixed - at)
  add(dns, 'dns.resp.type', type, fixed, 2)
  if (type !== OPT) {
    add(dns, 'dns.resp.class', v.getUint16(fixed + 2), fixed + 2, 2)
    add(dns, 'dns.resp.ttl', v.getUint32(fixed + 4), fixed + 4, 4)
  }
  add(dns, 'dns.resp.len', length, fixed + 8, 2)
  const field = NAME_FIELDS.get(type)
  if (type === A && length === 4) add(dns, 'dns.a', v.getUint32(body), body, 4)
  else if (type === AAAA && length === 16) {
    add(dns, 'dns.aaaa', bytes.slice(body, body + 16), body, 16)
  } else if (type === TXT && length > 0) {
    const stop = Math.min(body + 1 + bytes[body]!, body + length)
    add(dns, 'dns.txt', latin1(bytes, body + 1, stop), body, length)
  } else if (field !== undefined) {
    const target = readName(scope, start, end, body)
    if (target === undefined) return undefined
    add(dns, field, target.text, body, length)
  }
  return body + length
}

/** A name with compression pointers (RFC 1035 §4.1.4), each of which must lead backwards. */
function readName(
  scope: Scope,
  start: number,
  end: number,
  from: number,
): { text: string; next: number } | undefined {
  const { bytes } = scope
  const labels: string[] = []
  let at = from
  let next = 0
  let lowest = from
  while (at < end) {
    const length = bytes[at]!
    if (length === 0) {
      const text = labels.length === 0 ? '<Root>' : labels.join('.')
      return { text, next: next === 0 ? at + 1 : next }
    }
    if (length >= 0xc0) {
      if (at + 1 >= end) return undefined
      if (next === 0) next = at + 2
      at = start + (length & 0x3f) * 256 + bytes[at + 1]!
      if (at >= lowest) return undefined
      lowest = at
      continue
    }
    if (length > 63 || at + 1 + length > end) return undefined
    labels.push(latin1(bytes, at + 1, at + 1 + length))
    at += 1 + length
  }
  return undefined
}
