import { dropCode } from '../trace/index.ts'
import type { Frame } from '../wire/frame.ts'
import * as icmp from '../wire/icmp.ts'
import * as options from '../wire/ipv4-options.ts'
import * as ipv4 from '../wire/ipv4.ts'
import type { Host } from './host.ts'
import type { Interface } from './interface.ts'

const BAD = dropCode('ipv4-bad-options')
const SOURCE_ROUTE = dropCode('source-route')
const NS_PER_MS = 1_000_000
const MS_PER_DAY = 86_400_000
const NONE = new Uint8Array(0)

/**
 * IPv4 options of received and answered packets (RFC 791 §3.1; Linux net/ipv4/ip_options.c): who
 * records its address or its time, what is wrong with them, what an answer carries of them. Packets
 * with a source route are dropped, as all hosts do by now (accept_source_route = 0).
 */
export class IpOptions {
  private readonly host: Host
  /** Where the packet last received recorded our address, 0 for nowhere. */
  private recordedAt = 0
  private routeAt = 0
  private timestampAt = 0

  constructor(host: Host) {
    this.host = host
  }

  /**
   * Reads the options of a packet for us or to be sent on, and fills in what asks for our address
   * or time. False when it has been dropped; an option that cannot be read is told to the sender.
   */
  receive(frame: Frame, iface: Interface): boolean {
    const { view, network } = frame
    const problem = this.compile(frame)
    if (problem > 0) {
      this.host.icmp.sendError(frame, icmp.PARAMETER_PROBLEM, 0, (problem - network) * 0x100_0000)
      this.host.drop(frame, iface.place, BAD)
      return false
    }
    if (problem < 0) {
      this.host.drop(frame, iface.place, SOURCE_ROUTE)
      return false
    }
    options.mendChecksum(frame.bytes, view, frame.words, network)
    return true
  }

  /** The packet just received goes on: it records the address by which it leaves. */
  forwarded(frame: Frame, source: number): void {
    if (this.recordedAt === 0) return
    frame.view.setUint32(this.recordedAt, source)
    options.mendChecksum(frame.bytes, frame.view, frame.words, frame.network)
  }

  /**
   * The options of an answer to a packet that `receive` has read, from `source`: routes and times
   * go on being recorded on the way back, ourselves first (ip_options_echo).
   */
  echo(frame: Frame, source: number): Uint8Array {
    const { view, network } = frame
    if (ipv4.headerLen(view, network) === ipv4.MIN_LEN || this.compile(frame, false) !== 0) {
      return NONE
    }
    const answer = new Uint8Array(options.MAX_LEN)
    const to = new DataView(answer.buffer)
    let length = 0
    for (const from of [this.routeAt, this.timestampAt]) {
      if (from === 0) continue
      const size = view.getUint8(from + 1)
      answer.set(frame.bytes.subarray(from, from + size), length)
      if (from === this.routeAt) recordRoute(to, length, source)
      else this.recordTime(to, length, source)
      length += size
    }
    return answer.subarray(0, (length + 3) & ~3)
  }

  /**
   * Walks the options; `fills`: and records. 0 when all is well, the place of what is wrong, or -1
   * for a source route.
   */
  private compile(frame: Frame, fills = true): number {
    const { view, network } = frame
    const end = network + ipv4.headerLen(view, network)
    this.recordedAt = 0
    this.routeAt = 0
    this.timestampAt = 0
    let isRouted = false
    for (let at = network + ipv4.MIN_LEN; at < end; ) {
      const type = view.getUint8(at)
      if (type === options.END) break
      if (type === options.NOP) {
        at++
        continue
      }
      const length = at + 1 < end ? view.getUint8(at + 1) : 0
      if (length < 2 || at + length > end) return at
      let problem = 0
      if (type === options.RECORD_ROUTE) problem = this.route(frame, at, length, fills)
      else if (type === options.TIMESTAMP) problem = this.timestamp(frame, at, length, fills)
      else if (type === options.LOOSE_ROUTE || type === options.STRICT_ROUTE) {
        if (length < 3) return at + 1
        if (view.getUint8(at + 2) < 4) return at + 2
        if (isRouted) return at
        isRouted = true
      }
      if (problem !== 0) return problem
      at += length
    }
    return isRouted ? -1 : 0
  }

  private route(frame: Frame, at: number, length: number, fills: boolean): number {
    const { view } = frame
    if (this.routeAt !== 0) return at
    if (length < 3) return at + 1
    const pointer = view.getUint8(at + 2)
    if (pointer < 4) return at + 2
    if (pointer <= length && pointer + 3 > length) return at + 2
    this.routeAt = at
    if (!fills || pointer > length) return 0
    this.recordedAt = at + pointer - 1
    recordRoute(view, at, this.ownAddress(frame))
    return 0
  }

  private timestamp(frame: Frame, at: number, length: number, fills: boolean): number {
    const { view } = frame
    if (this.timestampAt !== 0) return at
    if (length < 4) return at + 1
    const pointer = view.getUint8(at + 2)
    if (pointer < 5) return at + 2
    this.timestampAt = at
    if (!fills) return 0
    const kind = view.getUint8(at + 3) & 0xf
    const overflow = view.getUint8(at + 3) >> 4
    if (pointer > length) {
      if (kind === options.PRESPECIFIED) return 0
      if (overflow === 15) return at + 3
      view.setUint8(at + 3, kind | ((overflow + 1) << 4))
      return 0
    }
    const room = kind === options.TIMES_ONLY ? 3 : 7
    if (pointer + room > length && kind <= options.PRESPECIFIED && kind !== 2) return at + 2
    this.recordTime(view, at, this.ownAddress(frame))
    return 0
  }

  /** Writes our time, and our address where it is wanted, into the next free place. */
  private recordTime(view: DataView, at: number, address: number): void {
    const length = view.getUint8(at + 1)
    const pointer = view.getUint8(at + 2)
    const kind = view.getUint8(at + 3) & 0xf
    const to = at + pointer - 1
    if (kind === options.TIMES_ONLY) {
      if (pointer + 3 > length) return
      view.setUint32(to, this.milliseconds())
      view.setUint8(at + 2, pointer + 4)
      return
    }
    if (pointer + 7 > length) return
    if (kind === options.TIMES_AND_ADDRESSES) view.setUint32(to, address)
    else if (kind !== options.PRESPECIFIED || !this.host.routes.isLocal(view.getUint32(to))) return
    view.setUint32(to + 4, this.milliseconds())
    view.setUint8(at + 2, pointer + 8)
  }

  /** The address that an answer to the packet would come from (fib_compute_spec_dst). */
  private ownAddress({ view, network }: Frame): number {
    const dst = ipv4.dst(view, network)
    if (this.host.routes.isLocal(dst)) return dst
    return this.host.ip.sourceFor(ipv4.src(view, network))
  }

  /** Milliseconds since midnight, universal time. */
  private milliseconds(): number {
    const { midnightMs = 0 } = this.host.world
    return (midnightMs + Math.floor(this.host.now / NS_PER_MS)) % MS_PER_DAY
  }
}

/** Writes `address` into the next free place of a RECORD_ROUTE, if there is one. */
function recordRoute(view: DataView, at: number, address: number): void {
  const pointer = view.getUint8(at + 2)
  if (pointer + 3 > view.getUint8(at + 1)) return
  view.setUint32(at + pointer - 1, address)
  view.setUint8(at + 2, pointer + 4)
}
