import type { Stream } from '../engine/chance.ts'
import { isIpv6 } from '../wire/address-book.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as tcp from '../wire/tcp.ts'
import * as udp from '../wire/udp.ts'
import type { Actor } from './actor.ts'
import { anySender, type Senders, sendersOf } from './senders.ts'
import type { TrafficSettings } from './settings.ts'

/** What a flood sends, all but its sender. */
export interface Forgery {
  readonly protocol: number
  readonly remote: number
  readonly remotePort: number
  /** Transport header and what follows; ports, sequence number and checksum are written anew. */
  readonly octets: Uint8Array
  /** Left out: each packet has an invented sender of its own. */
  readonly sources: Senders | undefined
  /** Identification of the first IPv4 packet; it rises by one. */
  readonly ident: number
}

const FIRST_FREE_PORT = 1024
const FREE_PORTS = 0x1_0000 - FIRST_FREE_PORT
/** Sequence number of a flood's first SYN. */
const FIRST_SEQUENCE = 1_000_000

/**
 * Packets with senders who did not send them, one after the other at fixed gaps. They leave like
 * those of a raw socket: by the machine's routes and hooks, without a socket that would hear an
 * answer. One event and no object for each packet.
 */
export class Flood {
  private readonly actor: Actor
  private readonly settings: TrafficSettings
  private readonly forgery: Forgery
  private readonly done: () => void
  private readonly dice: Stream
  private readonly senders: readonly number[]
  private readonly handler: number
  private sent = 0

  /** `done` is called with the last packet. */
  constructor(actor: Actor, settings: TrafficSettings, forgery: Forgery, done: () => void) {
    this.actor = actor
    this.settings = settings
    this.forgery = forgery
    this.done = done
    const { world, name, addresses } = actor.host
    this.dice = world.chance.stream(`${name} flood ${settings.index}`)
    this.senders = sendersOf(addresses, forgery.sources)
    this.handler = world.agenda.register(() => this.next())
  }

  next(): void {
    const { host } = this.actor
    if (host.down) return
    this.send()
    if (++this.sent === this.settings.times) return this.done()
    host.world.agenda.schedule(host.now + (this.settings.everyNs ?? 0), this.handler, 0, 0)
  }

  private send(): void {
    const { host } = this.actor
    const { protocol, octets, remote, ident } = this.forgery
    const family = isIpv6(remote) ? 6 : 4
    const src = this.sender(family)
    const { ttl, dontFragment } = this.settings
    const flags = dontFragment === 'always' ? ipv4.DF : 0
    const frame = host.ip.allocate(family, octets.length)
    const at = frame.network + host.ip.headerLen(family)
    frame.bytes.set(octets, at)
    frame.end = at + octets.length
    this.address(frame.bytes, frame.view, frame.words, at, src)
    const label = family === 4 ? (ident + this.sent) & 0xffff : 0
    host.ip.send(frame, src, remote, protocol, 0, ttl, label, flags)
  }

  /** Writes the ports, what counts the packets, and the checksum. */
  private address(
    bytes: Uint8Array,
    view: DataView,
    words: Uint16Array,
    at: number,
    src: number,
  ): void {
    const { addresses } = this.actor.host
    const { protocol, octets, remote, remotePort } = this.forgery
    const from = addresses.sum(src)
    const to = addresses.sum(remote)
    const port = this.port()
    if (protocol === ipv4.UDP) {
      return udp.write(bytes, view, words, at, port, remotePort, octets.length, from, to)
    }
    view.setUint16(at, port)
    view.setUint16(at + 2, remotePort)
    view.setUint32(at + 4, FIRST_SEQUENCE + this.sent)
    tcp.writeChecksum(bytes, view, words, at, octets.length, from, to)
  }

  private sender(family: 4 | 6): number {
    const { length } = this.senders
    if (length > 0) return this.senders[this.sent % length]!
    return anySender(this.actor.host.addresses, family, this.dice)
  }

  /** A given port rises by one with each packet; any other is drawn. */
  private port(): number {
    const { sourcePort } = this.settings
    if (sourcePort === 0) return FIRST_FREE_PORT + this.dice.below(FREE_PORTS)
    return ((sourcePort - 1 + this.sent) % 0xffff) + 1
  }
}
