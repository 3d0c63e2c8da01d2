import type { Token } from '../engine/agenda.ts'
import type { Stream } from '../engine/chance.ts'
import type { Packet } from '../hook/hook.ts'
import { BORN, BY_REASSEMBLY, BY_REPLACEMENT, dropCode } from '../trace/index.ts'
import { HEADER_LEN as ETHERNET_LEN } from '../wire/ethernet.ts'
import { DAMAGED, FRAGMENT, type Frame, REASSEMBLED } from '../wire/frame.ts'
import * as icmpv6 from '../wire/icmpv6.ts'
import * as ipv6 from '../wire/ipv6.ts'
import type { Host } from './host.ts'

const NS_PER_S = 1_000_000_000
const MAX_PAYLOAD = 65535

const INCOMPLETE = dropCode('fragment-timeout')
const OVERLAP = dropCode('fragment-overlap')
const BAD = dropCode('fragment-bad')

/** A fragment and where it belongs. */
interface Part {
  readonly frame: Frame
  /** Offset of the fragment header. */
  readonly header: number
  /** Octets before this part in the fragmentable part of the packet, and of this part. */
  readonly offset: number
  readonly size: number
}

/** The parts of one packet that have come so far, by rising offset. */
interface Queue {
  readonly key: string
  readonly number: number
  readonly parts: Part[]
  /** Octets of the fragmentable part, -1 until the last fragment has come. */
  total: number
  have: number
  timer: Token
}

/**
 * Fragments of IPv6 (RFC 8200 §4.5; Linux net/ipv6/reassembly.c, ip6_fragment): joining them on
 * arrival, making them at the source. Parts that overlap spoil the whole packet (RFC 5722); one
 * that comes twice is dropped. A packet is known by addresses and identification.
 */
export class Ipv6Fragments {
  private readonly host: Host
  private readonly idents: Stream
  private readonly queues = new Map<string, Queue>()
  private readonly byNumber: (Queue | undefined)[] = []
  private readonly timeout: number

  constructor(host: Host) {
    this.host = host
    this.idents = host.world.chance.stream(`${host.name} ipv6 fragment id`)
    this.timeout = host.world.agenda.register((number) => this.giveUp(this.byNumber[number]))
  }

  /** Parts that wait now. */
  get held(): number {
    let count = 0
    for (const queue of this.queues.values()) count += queue.parts.length
    return count
  }

  /**
   * Takes the fragment that `packet` speaks of; returns the whole packet when it was the last part
   * to come, without its fragment header, else undefined.
   */
  join(packet: Packet): Frame | undefined {
    const { frame, transport: header, inPlace } = packet
    const { view, end } = frame
    const more = ipv6.fragmentMore(view, header)
    const offset = ipv6.fragmentOffset(view, header)
    const size = end - header - ipv6.FRAGMENT_LEN
    if (!this.isPossible(packet, more, offset, size)) return undefined
    const queue = this.queueOf(packet)
    const { parts } = queue
    const found = parts.findIndex((part) => part.offset >= offset)
    const at = found < 0 ? parts.length : found
    const next = parts[at]
    const before = parts[at - 1]
    if (next !== undefined && next.offset === offset && next.size === size) {
      this.host.drop(frame, inPlace, OVERLAP)
      return undefined
    }
    const overlaps =
      (before !== undefined && before.offset + before.size > offset) ||
      (next !== undefined && offset + size > next.offset) ||
      (queue.total >= 0 && offset + size > queue.total)
    if (overlaps) {
      this.host.drop(frame, inPlace, OVERLAP)
      this.discard(queue, inPlace, OVERLAP)
      return undefined
    }
    parts.splice(at, 0, { frame, header, offset, size })
    queue.have += size
    if (!more) queue.total = offset + size
    return queue.have === queue.total ? this.assemble(queue) : undefined
  }

  /** Drops a fragment that can be no part of a packet; its sender learns which field is wrong. */
  private isPossible(packet: Packet, more: boolean, offset: number, size: number): boolean {
    const { frame, transport: header, network } = packet
    const before = header - network - ipv6.HEADER_LEN
    if (offset === 0 && more && size < leastOf(ipv6.fragmentNext(frame.view, header))) {
      return this.refuse(packet, icmpv6.INCOMPLETE_HEADERS, 0)
    }
    // RFC 8200 §4.5 points at the payload length, or at the fragment offset.
    if (more && size % 8 !== 0) return this.refuse(packet, icmpv6.ERRONEOUS_HEADER, 4)
    if (before + offset + size > MAX_PAYLOAD) {
      return this.refuse(packet, icmpv6.ERRONEOUS_HEADER, header + 2 - network)
    }
    if (size > 0) return true
    this.host.drop(frame, packet.inPlace, BAD)
    return false
  }

  private refuse({ frame, inPlace }: Packet, code: number, pointer: number): false {
    this.host.ipv6.icmp.sendError(frame, icmpv6.PARAMETER_PROBLEM, code, pointer)
    this.host.drop(frame, inPlace, BAD)
    return false
  }

  /**
   * Sends a packet as fragments of at most `mtu` octets each through `emit`; the packet ends here.
   * They share a new identification: a packet that was joined on its way has lost the old one.
   */
  cut(whole: Frame, mtu: number, emit: (part: Frame) => void): void {
    const { view, network, bytes, end } = whole
    const walked = ipv6.walk(view, network, end)
    const start = ipv6.fragmentableAt(view, network, ipv6.walkOffset(walked))
    const announced = ipv6.announcedAt(view, network, start)
    const next = view.getUint8(announced)
    const repeated = start - network
    const step = Math.floor((mtu - repeated - ipv6.FRAGMENT_LEN) / 8) * 8
    const payload = end - start
    const id = this.idents.uint32()
    const { pool, trace } = this.host.world
    for (let done = 0; done < payload; done += step) {
      const size = Math.min(step, payload - done)
      const part = pool.take()
      part.cause = whole.id
      part.marks |= whole.marks & DAMAGED
      part.relation = FRAGMENT
      part.network = part.start + ETHERNET_LEN
      part.bytes.set(bytes.subarray(network, start), part.network)
      const header = part.network + repeated
      const more = done + size < payload
      ipv6.writeFragment(part.view, header, next, done, more, id)
      const from = start + done
      part.bytes.set(bytes.subarray(from, from + size), header + ipv6.FRAGMENT_LEN)
      part.end = header + ipv6.FRAGMENT_LEN + size
      part.view.setUint8(announced - network + part.network, ipv6.FRAGMENT)
      ipv6.setPayloadLen(part.view, part.network, part.end - part.network - ipv6.HEADER_LEN)
      if ((trace.mask & BORN) !== 0) trace.emit(BORN, this.host.place, part, 0, 0, 0)
      emit(part)
    }
    this.host.consume(whole, BY_REPLACEMENT)
  }

  private queueOf({ src, dst, frame, transport }: Packet): Queue {
    const { agenda } = this.host.world
    const key = `${src} ${dst} ${ipv6.fragmentId(frame.view, transport)}`
    let queue = this.queues.get(key)
    if (queue === undefined) {
      const number = this.byNumber.length
      const patienceNs = this.host.sysctl.number('net.ipv6.ip6frag_time') * NS_PER_S
      const timer = agenda.schedule(agenda.now + patienceNs, this.timeout, number, 0)
      queue = { key, number, parts: [], total: -1, have: 0, timer }
      this.queues.set(key, queue)
      this.byNumber.push(queue)
    }
    return queue
  }

  private assemble(queue: Queue): Frame {
    const { pool, trace } = this.host.world
    this.forget(queue)
    const { frame: first, header } = queue.parts[0]!
    const repeated = header - first.network
    const whole = pool.takeFor(ETHERNET_LEN + repeated + queue.total)
    whole.cause = first.id
    whole.relation = REASSEMBLED
    whole.network = whole.start + ETHERNET_LEN
    whole.bytes.set(first.bytes.subarray(first.start, header), whole.start)
    for (const { frame, header: at, offset } of queue.parts) {
      const from = at + ipv6.FRAGMENT_LEN
      whole.bytes.set(frame.bytes.subarray(from, frame.end), whole.network + repeated + offset)
      whole.marks |= frame.marks & DAMAGED
      whole.largestFragment = Math.max(whole.largestFragment, frame.end - frame.network)
    }
    whole.end = whole.network + repeated + queue.total
    const announced = ipv6.announcedAt(first.view, first.network, header) - first.network
    whole.view.setUint8(whole.network + announced, ipv6.fragmentNext(first.view, header))
    ipv6.setPayloadLen(whole.view, whole.network, whole.end - whole.network - ipv6.HEADER_LEN)
    if ((trace.mask & BORN) !== 0) trace.emit(BORN, this.host.place, whole, 0, 0, 0)
    for (const { frame } of queue.parts) this.host.consume(frame, BY_REASSEMBLY)
    return whole
  }

  /** The rest did not come in time: RFC 8200 says so to the sender, if the first part is here. */
  private giveUp(queue: Queue | undefined): void {
    if (queue === undefined || this.host.down) return
    const first = queue.parts[0]
    if (first !== undefined && first.offset === 0) {
      const { ipv6: own } = this.host
      own.icmp.sendError(first.frame, icmpv6.TIME_EXCEEDED, icmpv6.REASSEMBLY, 0)
    }
    this.discard(queue, this.host.place, INCOMPLETE)
  }

  /** Drops everything that waits. */
  abandon(reason: number): void {
    for (const queue of [...this.queues.values()]) this.discard(queue, this.host.place, reason)
  }

  private discard(queue: Queue, place: number, reason: number): void {
    this.forget(queue)
    for (const { frame } of queue.parts) this.host.drop(frame, place, reason)
  }

  private forget(queue: Queue): void {
    this.queues.delete(queue.key)
    this.byNumber[queue.number] = undefined
    this.host.world.agenda.cancel(queue.timer)
  }
}

/** Octets of an upper-layer header that the first fragment has to hold (RFC 7112). */
function leastOf(protocol: number): number {
  if (protocol === ipv6.TCP) return 20
  return protocol === ipv6.UDP || protocol === ipv6.ICMPV6 ? 8 : 1
}
