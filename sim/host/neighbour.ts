import { NONE } from '../engine/agenda.ts'
import type { Stream } from '../engine/chance.ts'
import { dropCode } from '../trace/index.ts'
import { isIpv6 } from '../wire/address-book.ts'
import type { Frame } from '../wire/frame.ts'
import { Arp } from './arp.ts'
import type { Announcement } from './arp-sender.ts'
import type { Host } from './host.ts'
import type { Interface } from './interface.ts'
import {
  DELAY,
  FAILED,
  FRESH,
  INCOMPLETE,
  Neighbour,
  PERMANENT,
  PROBE,
  REACHABLE,
  STALE,
  transmit,
} from './neighbour-entry.ts'
import { NeighbourSettingsTable } from './neighbour-settings.ts'
import type { Path } from './route.ts'

const UNREACHABLE = dropCode('neighbour-unreachable')
const QUEUE_FULL = dropCode('neighbour-queue-full')

/**
 * The neighbour table of one machine for both families (RFC 4861 §7.3; Linux net/core/neighbour.c):
 * STALE and its probe, three tries a second apart, what happens to the packets that wait. ARP
 * (arp.ts) and neighbour discovery (ndp.ts) ask and answer for it.
 */
export class Neighbours {
  private readonly host: Host
  private readonly tables: Map<number, Neighbour>[] = []
  private readonly all: Neighbour[] = []
  private readonly timerHandler: number
  private readonly arp: Arp
  readonly settings: NeighbourSettingsTable

  constructor(host: Host) {
    this.host = host
    this.timerHandler = host.world.agenda.register((index) => this.timeout(this.all[index]!))
    const stream = (of: string): Stream => host.world.chance.stream(`${host.name} ${of}`)
    this.arp = new Arp(host)
    this.settings = new NeighbourSettingsTable(host.sysctl, [
      stream('neighbour reachable time'),
      stream('neighbour reachable time of IPv6'),
    ])
  }

  /** Reads the machine's settings; called again when a step changes them. */
  configure(): void {
    this.settings.configure()
  }

  /** Frames that wait for an answer now. */
  get held(): number {
    let count = 0
    for (const neighbour of this.all) count += neighbour.waiting.length
    return count
  }

  /** All entries in the order of their making. */
  list(): readonly Neighbour[] {
    return this.all.filter((neighbour) => neighbour.state !== FRESH)
  }

  find(iface: Interface, address: number): Neighbour | undefined {
    return this.tables[iface.index]?.get(address)
  }

  /** Enters an address that is known from the start and counts as just confirmed. */
  know(iface: Interface, address: number, macHi: number, macLo: number): void {
    const neighbour = this.entry(iface, address)
    neighbour.confirmedNs = this.host.now
    this.update(neighbour, macHi, macLo, REACHABLE, true)
  }

  /** Tells the wire of an interface that an IPv4 address lives there (gratuitous ARP). */
  announce(iface: Interface, address: number, how: Announcement): void {
    this.arp.announce(iface, address, how)
  }

  /** Asks for the MAC of an address that no packet waits for, unless it is known. */
  solicit(iface: Interface, address: number): void {
    const neighbour = this.entry(iface, address)
    if (!neighbour.hasMac) this.resolve(neighbour)
  }

  /** Forgets the entries of an interface, or all; what waits there is dropped. */
  flush(iface?: Interface): void {
    for (const neighbour of this.all) {
      if (iface !== undefined && neighbour.iface !== iface) continue
      if (neighbour.state === PERMANENT) continue
      this.cancelTimer(neighbour)
      this.fail(neighbour)
      neighbour.state = FRESH
    }
  }

  /**
   * Sends a frame whose IP header is complete to the next hop of `path`, now or when it is known.
   */
  output(frame: Frame, path: Path): void {
    let neighbour = path.neighbour
    if (neighbour === undefined) {
      neighbour = this.entry(path.iface, path.nextHop)
      path.neighbour = neighbour
    }
    this.deliver(frame, neighbour)
  }

  /** Sends a frame whose IP header is complete to a neighbour, now or when its MAC is known. */
  deliver(frame: Frame, neighbour: Neighbour): void {
    if (!neighbour.hasMac) return this.wait(frame, neighbour)
    this.use(neighbour)
    transmit(frame, neighbour)
  }

  /** The first use of a STALE entry starts its probe. */
  private use(neighbour: Neighbour): void {
    neighbour.usedNs = this.host.now
    if (neighbour.state !== STALE) return
    neighbour.state = DELAY
    neighbour.updatedNs = this.host.now
    this.startTimer(
      neighbour,
      this.host.now + this.settings.of(neighbour.iface, neighbour.address).delayNs,
    )
  }

  /** A protocol above saw that the path works both ways: the entry needs no probe for a while. */
  confirm(path: Path): void {
    const neighbour = path.neighbour
    if (neighbour !== undefined) neighbour.confirmedNs = this.host.now
  }

  /** An ARP packet has arrived; the frame ends here. */
  input(frame: Frame, iface: Interface): void {
    this.arp.input(frame, iface)
  }

  /** The entry of an address on an interface, new and empty if there was none. */
  entry(iface: Interface, address: number): Neighbour {
    let table = this.tables[iface.index]
    if (table === undefined) {
      table = new Map()
      this.tables[iface.index] = table
    }
    let neighbour = table.get(address)
    if (neighbour === undefined) {
      const confirmedNs = this.host.now - 2 * this.settings.of(iface, address).reachableNs
      neighbour = new Neighbour(this.all.length, iface, address, confirmedNs)
      this.all.push(neighbour)
      table.set(address, neighbour)
    }
    return neighbour
  }

  /**
   * Somebody said what MAC an entry has. `override`: a MAC other than the known one replaces it;
   * `weak`: when it may not, a REACHABLE entry at least becomes STALE (as NDP wants it).
   */
  update(
    n: Neighbour,
    hi: number,
    lo: number,
    wanted: number,
    override: boolean,
    weak = false,
  ): boolean {
    const now = this.host.now
    if (n.state === PERMANENT) return false
    const known = n.hasMac
    let same = known && n.macHi === hi && n.macLo === lo
    let state = wanted
    if (state === REACHABLE) n.confirmedNs = now
    if (known && !same && !override) {
      if (!weak || n.state !== REACHABLE) return false
      state = STALE
      same = true
    } else if (known && same && state === STALE) {
      // A STALE hint about the address we have changes nothing.
      state = n.state
    }
    if (state !== n.state || !same) n.updatedNs = now
    const { reachableNs } = this.settings.of(n.iface, n.address)
    if (state !== n.state) {
      this.cancelTimer(n)
      n.state = state
      if (state === REACHABLE) this.startTimer(n, now + reachableNs)
    }
    if (!same) {
      n.macHi = hi
      n.macLo = lo
      if (state !== REACHABLE) n.confirmedNs = now - 2 * reachableNs
    }
    if (!known) this.release(n)
    return true
  }

  private release(neighbour: Neighbour): void {
    const waiting = neighbour.waiting.splice(0)
    neighbour.waitingOctets = 0
    for (const frame of waiting) {
      this.use(neighbour)
      transmit(frame, neighbour)
    }
  }

  private wait(frame: Frame, neighbour: Neighbour): void {
    const { queueOctets } = this.settings.of(neighbour.iface, neighbour.address)
    for (const oldest of neighbour.enqueue(frame, queueOctets)) {
      this.host.drop(oldest, neighbour.iface.place, QUEUE_FULL)
    }
    this.resolve(neighbour)
  }

  /** Begins to ask for a MAC, unless that is under way. */
  private resolve(neighbour: Neighbour): void {
    if (neighbour.state === INCOMPLETE) return
    const settings = this.settings.of(neighbour.iface, neighbour.address)
    neighbour.state = INCOMPLETE
    neighbour.updatedNs = this.host.now
    neighbour.probes = settings.unicastProbes
    this.startTimer(neighbour, this.host.now + settings.retransNs)
    this.probe(neighbour)
  }

  private timeout(n: Neighbour): void {
    const now = this.host.now
    const settings = this.settings.of(n.iface, n.address)
    n.timer = NONE
    if (this.host.down) return
    if (n.state === REACHABLE) {
      if (now < n.confirmedNs + settings.reachableNs) {
        this.startTimer(n, n.confirmedNs + settings.reachableNs)
      } else if (now <= n.usedNs + settings.delayNs) {
        n.state = DELAY
        n.updatedNs = now
        this.startTimer(n, now + settings.delayNs)
      } else {
        n.state = STALE
        n.updatedNs = now
      }
      return
    }
    if (n.state === DELAY) {
      // A kernel's timer of seconds comes a fortieth late: what confirmed at its start is too old.
      if (now <= n.confirmedNs + settings.delayNs - settings.delayNs / 40) {
        n.state = REACHABLE
        n.updatedNs = now
        this.startTimer(n, Math.max(now, n.confirmedNs + settings.reachableNs))
        return
      }
      n.state = PROBE
      n.updatedNs = now
      n.probes = 0
    }
    if (n.state !== PROBE && n.state !== INCOMPLETE) return
    const most = settings.unicastProbes + (n.state === PROBE ? 0 : settings.broadcastProbes)
    if (n.probes >= most) {
      n.state = FAILED
      n.updatedNs = now
      this.fail(n)
      return
    }
    this.startTimer(n, now + settings.retransNs)
    this.probe(n)
  }

  /** Nobody answered: each packet that waits is dropped, and its sender told. */
  private fail(neighbour: Neighbour): void {
    const waiting = neighbour.waiting.splice(0)
    neighbour.waitingOctets = 0
    const ip = isIpv6(neighbour.address) ? this.host.ipv6 : this.host.ipv4
    for (const frame of waiting) ip.linkFailed(frame, neighbour.iface, UNREACHABLE)
  }

  private probe(neighbour: Neighbour): void {
    const most = this.settings.of(neighbour.iface, neighbour.address).unicastProbes
    const unicast = neighbour.state === PROBE && neighbour.probes < most
    neighbour.probes++
    if (isIpv6(neighbour.address)) this.host.ipv6.ask(neighbour, unicast)
    else this.arp.ask(neighbour, unicast)
  }

  private startTimer(neighbour: Neighbour, at: number): void {
    const { agenda } = this.host.world
    agenda.cancel(neighbour.timer)
    neighbour.timer = agenda.schedule(at, this.timerHandler, neighbour.index, 0)
  }

  private cancelTimer(neighbour: Neighbour): void {
    this.host.world.agenda.cancel(neighbour.timer)
    neighbour.timer = NONE
  }
}
