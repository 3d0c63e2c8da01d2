import type { AddressBook } from '../wire/address-book.ts'
import type { Frame } from '../wire/frame.ts'
import * as icmp from '../wire/icmp.ts'
import { TYPE_IPV4 } from '../wire/ethernet.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as tcp from '../wire/tcp.ts'
import {
  BORN,
  BY_REASSEMBLY,
  BY_REPLACEMENT,
  CONSUMED,
  dropCode,
  DROPPED,
  type Places,
  SENT,
  type Sink,
  type Trace,
} from '../trace/index.ts'
import { onSameJourney } from './expect/journey.ts'
import { Reading } from './expect/reading.ts'

/** The four numbers of an exchange as the asker sees them; for a ping both ports are its ident. */
export interface Exchange {
  readonly protocol: 'tcp' | 'udp' | 'icmp'
  readonly local: number
  readonly localPort: number
  readonly remote: number
  readonly remotePort: number
}

/** Packets on their way whose end is awaited; the oldest are forgotten first. */
const LIMIT = 65536

/** Drops that a machine answers: it says that nobody listens. */
const ANSWERED = new Set([dropCode('tcp-no-socket'), dropCode('udp-no-socket')])

/**
 * Finds out which machine answered an exchange: the one where the very packet that began it came to
 * its end, whatever was rewritten between.
 */
export class Answerers implements Sink {
  private readonly places: Places
  private readonly askers: ReadonlySet<number>
  private readonly reading: Reading
  /** Frame on its way -> the exchange it began. */
  private readonly pending = new Map<number, string>()
  private readonly answered = new Map<string, number>()

  /** `askers`: machines whose exchanges are followed. */
  constructor(places: Places, addresses: AddressBook, askers: ReadonlySet<number>) {
    this.places = places
    this.reading = new Reading(addresses)
    this.askers = askers
  }

  listen(trace: Trace): void {
    if (this.askers.size > 0) trace.subscribe(SENT | BORN | CONSUMED | DROPPED, this)
  }

  /** Index of the machine that answered last, -1 when none did. */
  of(exchange: Exchange): number {
    if (this.answered.size === 0) return -1
    const { protocol, local, localPort, remote, remotePort } = exchange
    const key = `${protocol} ${local}:${localPort} ${remote}:${remotePort}`
    return this.answered.get(key) ?? -1
  }

  event(
    _timeNs: number,
    kind: number,
    place: number,
    frame: Frame | undefined,
    code: number,
  ): void {
    if (frame === undefined) return
    if (kind === SENT) this.sent(place, frame)
    else if (kind === BORN) this.born(frame)
    else this.ended(kind, place, frame, code)
  }

  private sent(place: number, frame: Frame): void {
    const { nodeIndex, iface } = this.places.list[place]!
    if (iface === undefined || !this.askers.has(nodeIndex)) return
    if (isInConversation(frame) || this.pending.has(frame.id)) return
    this.reading.readFrame(frame.view, frame.start, frame.end)
    const key = keyOf(this.reading)
    if (key === undefined) return
    this.remember(frame.id, key)
  }

  private born(frame: Frame): void {
    if (!onSameJourney(frame)) return
    const key = this.pending.get(frame.cause)
    if (key !== undefined) this.remember(frame.id, key)
  }

  private ended(kind: number, place: number, frame: Frame, code: number): void {
    if (this.pending.size === 0) return
    const key = this.pending.get(frame.id)
    if (key === undefined) return
    this.pending.delete(frame.id)
    const wentOn = code === BY_REASSEMBLY || code === BY_REPLACEMENT
    if (kind === CONSUMED ? wentOn : !ANSWERED.has(code)) return
    this.answered.set(key, this.places.list[place]!.nodeIndex)
    if (this.answered.size > LIMIT) this.answered.delete(this.answered.keys().next().value!)
  }

  private remember(id: number, key: string): void {
    this.pending.set(id, key)
    if (this.pending.size > LIMIT) this.pending.delete(this.pending.keys().next().value!)
  }
}

/** Whether this is a segment of TCP over IPv4 without SYN: most are, and none begins anything. */
function isInConversation({ view, start, end }: Frame): boolean {
  if (end - start < 54 || view.getUint16(start + 12) !== TYPE_IPV4) return false
  if (view.getUint8(start + 14) !== 0x45 || view.getUint8(start + 23) !== ipv4.TCP) return false
  return (
    (view.getUint16(start + 20) & 0x1fff) === 0 && (tcp.flags(view, start + 34) & tcp.SYN) === 0
  )
}

/** The exchange that a packet begins; undefined for one that begins none. */
function keyOf(reading: Reading): string | undefined {
  const { src, dst } = reading
  if (reading.isTcp) {
    if ((reading.flags & (tcp.SYN | tcp.ACK)) !== tcp.SYN) return undefined
    return `tcp ${src}:${reading.srcPort} ${dst}:${reading.dstPort}`
  }
  if (reading.isUdp) return `udp ${src}:${reading.srcPort} ${dst}:${reading.dstPort}`
  if (!reading.isEchoRequest) return undefined
  const ident = icmp.ident(reading.view, reading.transport)
  return `icmp ${src}:${ident} ${dst}:${ident}`
}
