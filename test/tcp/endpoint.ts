import { AddressBook } from '../../sim/wire/address-book.ts'
import { Agenda } from '../../sim/engine/agenda.ts'
import { Chance } from '../../sim/engine/chance.ts'
import { Host } from '../../sim/host/host.ts'
import { type Interface, maskOf } from '../../sim/host/interface.ts'
import { Cabling, Port } from '../../sim/link/port.ts'
import { Places, Trace } from '../../sim/trace/index.ts'
import { type Frame, FramePool } from '../../sim/wire/frame.ts'
import { OWN, PEER } from './segment-octets.ts'

const OWN_MAC = 0x020000000001
const PEER_MAC = [0x0200, 0x00000002] as const
/** A frame of 1500 octets takes 12 ns: it arrives, as far as a timeline can see, at once. */
const LANE = { delayNs: 0, jitterNs: 0, rateBps: 1e12, queueFrames: 100_000 }

/** A frame that the endpoint has sent, and when. */
export interface Sent {
  readonly atNs: number
  readonly octets: Uint8Array
}

/** One machine with a cable to nobody: the timeline says what comes, and sees what leaves. */
export class Endpoint {
  readonly agenda: Agenda = new Agenda()
  readonly host: Host
  /** What has left and has not been looked at, oldest first. */
  readonly sent: Sent[] = []
  private readonly pool: FramePool
  private readonly wire: Port
  private readonly iface: Interface

  constructor(sysctl: Readonly<Record<string, number>>, mtu: number) {
    const trace = new Trace(this.agenda)
    this.pool = new FramePool(mtu + 14)
    const [places, addresses, chance] = [new Places(), new AddressBook(), new Chance(11)]
    const { agenda, pool } = this
    const world = { agenda, chance, trace, pool, places, addresses }
    const cabling = new Cabling(agenda, trace, pool)
    this.host = new Host(world, { name: 'endpoint', index: 0, sysctl })
    this.iface = this.host.addInterface('eth0', false, OWN_MAC, mtu)
    this.iface.addresses.push({ address: OWN, prefixLen: 24, mask: maskOf(24) })
    const lane = { ...LANE, mtu }
    const port = new Port(cabling, this.iface.place, true, this.iface, lane, undefined)
    this.wire = new Port(cabling, -1, false, this, lane, undefined)
    this.iface.port = port
    Port.join(port, this.wire)
    this.host.ready()
    this.meetPeer()
  }

  /** The peer's MAC is known as if it had just been heard of. */
  private meetPeer(): void {
    this.host.neighbours.know(this.iface, PEER, ...PEER_MAC)
  }

  /** A frame of the endpoint has come out of the cable. */
  receive(frame: Frame): void {
    const octets = frame.bytes.slice(frame.start, frame.end)
    this.pool.release(frame)
    const type = (octets[12]! << 8) | octets[13]!
    if (type === 0x0806) this.meetPeer()
    else this.sent.push({ atNs: this.agenda.now, octets })
  }

  /** Lets an IP packet arrive. */
  inject(packet: Uint8Array): void {
    const frame = this.pool.take()
    frame.end = frame.start + 14 + packet.length
    const { view, start } = frame
    view.setUint16(start, OWN_MAC / 2 ** 32)
    view.setUint32(start + 2, OWN_MAC % 2 ** 32)
    view.setUint16(start + 6, PEER_MAC[0])
    view.setUint32(start + 8, PEER_MAC[1])
    view.setUint16(start + 12, 0x0800)
    frame.bytes.set(packet, start + 14)
    this.wire.transmit(frame)
  }

  /** Lets the time of the endpoint pass. */
  runUntil(ns: number): void {
    this.agenda.run(ns, 1_000_000)
  }

  /** Lets time pass until something has left, at most until `ns`. */
  runUntilSent(ns: number): void {
    while (this.sent.length === 0) {
      const next = this.agenda.nextAt
      if (!(next <= ns)) return this.runUntil(ns)
      this.runUntil(next)
    }
  }
}
