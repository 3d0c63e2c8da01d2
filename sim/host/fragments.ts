import type { Token } from '../engine/agenda.ts'
import { BORN, BY_REASSEMBLY, BY_REPLACEMENT, dropCode } from '../trace/index.ts'
import { HEADER_LEN as ETHERNET_LEN } from '../wire/ethernet.ts'
import { DAMAGED, FRAGMENT, type Frame, REASSEMBLED } from '../wire/frame.ts'
import * as icmp from '../wire/icmp.ts'
import { keepCopied } from '../wire/ipv4-options.ts'
import * as ipv4 from '../wire/ipv4.ts'
import type { Host } from './host.ts'

const NS_PER_S = 1_000_000_000
const MAX_PACKET = 65535
const OFFSET_MASK = 0x1fff

const INCOMPLETE = dropCode('fragment-timeout')
const OVERLAP = dropCode('fragment-overlap')
const BAD = dropCode('fragment-bad')

/** The parts of one packet that have come so far, by rising offset. */
interface Queue {
  readonly key: string
  readonly parts: Frame[]
  /** Octets of payload of the whole packet, -1 until the last fragment has come. */
  total: number
  have: number
  timer: Token
}

const offsetOf = (frame: Frame): number =>
  (ipv4.fragment(frame.view, frame.network) & OFFSET_MASK) * 8
const payloadOf = (frame: Frame): number =>
  frame.end - frame.network - ipv4.headerLen(frame.view, frame.network)

/**
 * Fragments of IPv4 (RFC 791 §3.2; Linux net/ipv4/ip_fragment.c): joining them on arrival, making
 * them on the way out. Overlapping parts spoil the whole packet (RFC 5722's rule, which Linux
 * applies to IPv4 too); a part that comes twice is dropped.
 */
export class Fragments {
  private readonly host: Host
  private readonly queues = new Map<string, Queue>()
  private readonly byNumber: (Queue | undefined)[] = []
  private readonly timeout: number

  constructor(host: Host) {
    this.host = host
    this.timeout = host.world.agenda.register((number) => this.giveUp(this.byNumber[number]))
  }

  /** Parts that wait now. */
  get held(): number {
    let count = 0
    for (const queue of this.queues.values()) count += queue.parts.length
    return count
  }

  /** Takes a fragment; returns the whole packet when it was the last part, else undefined. */
  join(frame: Frame, place: number): Frame | undefined {
    const { view, network } = frame
    const more = (ipv4.fragment(view, network) & ipv4.MF) !== 0
    const offset = offsetOf(frame)
    const size = payloadOf(frame)
    if ((more && size % 8 !== 0) || offset + size > MAX_PACKET - ipv4.MIN_LEN || size === 0) {
      this.host.drop(frame, place, BAD)
      return undefined
    }
    const queue = this.queueOf(frame)
    const at = queue.parts.findIndex((part) => offsetOf(part) >= offset)
    const next = at < 0 ? undefined : queue.parts[at]
    const before = queue.parts[(at < 0 ? queue.parts.length : at) - 1]
    if (next !== undefined && offsetOf(next) === offset && payloadOf(next) === size) {
      this.host.drop(frame, place, OVERLAP)
      return undefined
    }
    const overlapsBefore = before !== undefined && offsetOf(before) + payloadOf(before) > offset
    const overlapsNext = next !== undefined && offset + size > offsetOf(next)
    if (overlapsBefore || overlapsNext) {
      this.host.drop(frame, place, OVERLAP)
      this.discard(queue, place, OVERLAP)
      return undefined
    }
    queue.parts.splice(at < 0 ? queue.parts.length : at, 0, frame)
    queue.have += size
    if (!more) queue.total = offset + size
    return queue.have === queue.total ? this.assemble(queue) : undefined
  }

  /**
   * Sends a packet as fragments of at most `mtu` octets each through `emit`; the packet ends here.
   * All parts carry its id, and later ones the options that are to be copied.
   */
  cut(whole: Frame, mtu: number, emit: (part: Frame) => void): void {
    const { view, network, bytes } = whole
    const header = ipv4.headerLen(view, network)
    const limit = whole.largestFragment === 0 ? mtu : Math.min(mtu, whole.largestFragment)
    const step = Math.floor((limit - header) / 8) * 8
    const payload = whole.end - network - header
    const base = ipv4.fragment(view, network) & OFFSET_MASK
    const tail = ipv4.fragment(view, network) & ipv4.MF
    const { pool, trace } = this.host.world
    for (let done = 0; done < payload; done += step) {
      const size = Math.min(step, payload - done)
      const part = pool.take()
      part.cause = whole.id
      part.marks |= whole.marks & DAMAGED
      part.relation = FRAGMENT
      part.network = part.start + ETHERNET_LEN
      part.bytes.set(bytes.subarray(network, network + header), part.network)
      if (done > 0 && base === 0) keepCopied(part.view, part.network)
      const from = network + header + done
      part.bytes.set(bytes.subarray(from, from + size), part.network + header)
      part.end = part.network + header + size
      const more = done + size < payload ? ipv4.MF : tail
      ipv4.setLengthAndFragment(
        part.bytes,
        part.view,
        part.words,
        part.network,
        header + size,
        more | (base + done / 8),
      )
      if ((trace.mask & BORN) !== 0) trace.emit(BORN, this.host.place, part, 0, 0, 0)
      emit(part)
    }
    this.host.consume(whole, BY_REPLACEMENT)
  }

  /** How long the parts of a packet wait for the rest. */
  private patienceNs(): number {
    return this.host.sysctl.number('net.ipv4.ipfrag_time') * NS_PER_S
  }

  private queueOf(frame: Frame): Queue {
    const { view, network } = frame
    const { agenda } = this.host.world
    const parts = [ipv4.src(view, network), ipv4.dst(view, network), ipv4.id(view, network)]
    const key = `${parts.join(' ')} ${ipv4.protocol(view, network)}`
    let queue = this.queues.get(key)
    if (queue === undefined) {
      const number = this.byNumber.length
      const timer = agenda.schedule(agenda.now + this.patienceNs(), this.timeout, number, 0)
      queue = { key, parts: [], total: -1, have: 0, timer }
      this.queues.set(key, queue)
      this.byNumber.push(queue)
    }
    return queue
  }

  private assemble(queue: Queue): Frame {
    const { pool, trace } = this.host.world
    this.forget(queue)
    const first = queue.parts[0]!
    const header = ipv4.headerLen(first.view, first.network)
    const whole = pool.takeFor(ETHERNET_LEN + header + queue.total)
    whole.cause = first.id
    whole.relation = REASSEMBLED
    whole.network = whole.start + ETHERNET_LEN
    whole.bytes.set(first.bytes.subarray(first.start, first.network + header), whole.start)
    for (const part of queue.parts) {
      const from = part.network + ipv4.headerLen(part.view, part.network)
      whole.bytes.set(part.bytes.subarray(from, part.end), whole.network + header + offsetOf(part))
      whole.marks |= part.marks & DAMAGED
      whole.largestFragment = Math.max(whole.largestFragment, part.end - part.network)
    }
    whole.end = whole.network + header + queue.total
    ipv4.setLengthAndFragment(
      whole.bytes,
      whole.view,
      whole.words,
      whole.network,
      header + queue.total,
      0,
    )
    if ((trace.mask & BORN) !== 0) trace.emit(BORN, this.host.place, whole, 0, 0, 0)
    for (const part of queue.parts) this.host.consume(part, BY_REASSEMBLY)
    return whole
  }

  /** The rest did not come in time: RFC 792 says so to the sender, if the first part is here. */
  private giveUp(queue: Queue | undefined): void {
    if (queue === undefined || !this.queues.has(queue.key) || this.host.down) return
    const first = queue.parts[0]
    // One that only passes by is no business of ours (RFC 792 speaks of the destination).
    const isOurs =
      first !== undefined && this.host.routes.isLocal(ipv4.dst(first.view, first.network))
    if (isOurs && offsetOf(first) === 0) {
      this.host.icmp.sendError(first, icmp.TIME_EXCEEDED, 1, 0)
    }
    this.discard(queue, this.host.place, INCOMPLETE)
  }

  /** Drops everything that waits. */
  abandon(reason: number): void {
    for (const queue of [...this.queues.values()]) this.discard(queue, this.host.place, reason)
  }

  private discard(queue: Queue, place: number, reason: number): void {
    this.forget(queue)
    for (const part of queue.parts) this.host.drop(part, place, reason)
  }

  private forget(queue: Queue): void {
    this.queues.delete(queue.key)
    this.byNumber[this.byNumber.indexOf(queue)] = undefined
    this.host.world.agenda.cancel(queue.timer)
  }
}
