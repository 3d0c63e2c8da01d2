import * as tcp from '../../wire/tcp.ts'
import { isIpv6 } from '../../wire/address-book.ts'
import { drawFlowLabel, hashOfAddresses, timestampOffset } from './identity.ts'
import { portsOf } from './life.ts'
import type { Listener } from './listener.ts'
import type { Request } from './request.ts'
import { plus } from './sequence.ts'
import type { Stack } from './stack.ts'
import { OPT_SACK, OPT_SCALE, OPT_TIMESTAMPS } from './states.ts'

/**
 * SYN cookies (RFC 4987 §3.6; Linux net/ipv4/syncookies.c): a full queue is answered all the same,
 * and what must be remembered travels as the sequence number: the minute in 8 bits, the size of
 * segments as one of four, and a hash that only this machine can make. What else was agreed travels
 * in the low bits of the timestamp; without timestamps there are no other options.
 */
const SEGMENT_SIZES = [536, 1300, 1440, 1460] as const
const SEGMENT_SIZES_IPV6 = [1220, 1420, 1440, 8940] as const
const MINUTE_NS = 60_000_000_000
/** A cookie is good in its minute and the next. */
export const COOKIE_LIFE_NS: number = 2 * MINUTE_NS
const HASH_MASK = 0xfffffc
const TS_MASK = 63
const TS_NO_SCALE = 15
const TS_SACK = 16

const segmentSizes = (remote: number): readonly number[] =>
  isIpv6(remote) ? SEGMENT_SIZES_IPV6 : SEGMENT_SIZES

const minuteOf = (t: Stack): number => Math.floor(t.now / MINUTE_NS) & 0xff

function hashOfMinute(
  t: Stack,
  request: { local: number; remote: number; ports: number },
  minute: number,
): number {
  const { local, remote, ports } = request
  return hashOfAddresses(t, local, remote, ports, t.isnSecret ^ (minute + 1)) & HASH_MASK
}

/** Makes the sequence number of a request a cookie. */
export function bake(t: Stack, request: Request): void {
  request.cookie = true
  if ((request.options & OPT_TIMESTAMPS) === 0) {
    request.options = 0
    request.sndScale = 0
    request.rcvScale = 0
  }
  const { local, remote, ports } = request
  const sizes = segmentSizes(remote)
  let index = sizes.length - 1
  while (index > 0 && sizes[index]! > request.mss) index--
  const minute = minuteOf(t)
  const body = (((minute << 24) | hashOfMinute(t, request, minute) | index) >>> 0) + request.irs
  request.iss = (body + hashOfAddresses(t, local, remote, ports, t.portSecret)) >>> 0
}

/** Clock of the SYN+ACK's timestamp; a cookie has the agreed options in its low six bits. */
export function cookieClock(t: Stack, request: Request): number {
  if (!request.cookie || (request.options & OPT_TIMESTAMPS) === 0) return t.nowMs
  let bits = (request.options & OPT_SCALE) !== 0 ? request.sndScale : TS_NO_SCALE
  if ((request.options & OPT_SACK) !== 0) bits |= TS_SACK
  const now = t.nowMs
  const stamp = now - (now % (TS_MASK + 1)) + bits
  return stamp > now ? stamp - TS_MASK - 1 : stamp
}

/** The handshake that an ACK completes, when its number is a cookie of ours; else undefined. */
export function eat(
  t: Stack,
  listener: Listener,
  v: DataView,
  at: number,
  src: number,
  dst: number,
): Request | undefined {
  const { options } = t
  const ports = portsOf(tcp.dstPort(v, at), tcp.srcPort(v, at))
  const iss = plus(tcp.acknowledgment(v, at), -1)
  const irs = plus(tcp.sequence(v, at), -1)
  const body = (iss - irs - hashOfAddresses(t, dst, src, ports, t.portSecret)) >>> 0
  const minute = body >>> 24
  if (((minuteOf(t) - minute) & 0xff) > 1) return undefined
  if ((body & HASH_MASK) !== hashOfMinute(t, { local: dst, remote: src, ports }, minute)) {
    return undefined
  }
  const tsOffset = timestampOffset(t, dst, src)
  const told = options.hasTimestamps ? ((options.tsEcho - tsOffset) >>> 0) & TS_MASK : -1
  const scale = told & 15
  let agreed = 0
  if (told >= 0) agreed |= OPT_TIMESTAMPS
  if (told >= 0 && (told & TS_SACK) !== 0) agreed |= OPT_SACK
  if (told >= 0 && scale !== TS_NO_SCALE) agreed |= OPT_SCALE
  return {
    listener,
    local: dst,
    remote: src,
    ports,
    irs,
    iss,
    mss: segmentSizes(src)[body & 3]!,
    options: agreed,
    sndScale: (agreed & OPT_SCALE) !== 0 ? scale : 0,
    rcvScale: 0,
    rcvWnd: 0,
    windowClamp: 0,
    rcvSsthresh: 0,
    tsRecent: told >= 0 ? options.tsValue : 0,
    tsOffset,
    flowLabel: drawFlowLabel(t, src),
    timeouts: 0,
    repeats: 1,
    sentNs: t.now,
    answeredNs: 0,
    token: -1,
    acked: false,
    cookie: true,
  }
}
