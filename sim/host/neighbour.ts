import { NONE } from '../engine/agenda.ts'
import type { Stream } from '../engine/chance.ts'
import { BY_ARP, dropCode } from '../trace/index.ts'
import * as arp from '../wire/arp.ts'
import * as ethernet from '../wire/ethernet.ts'
import type { Frame } from '../wire/frame.ts'
import { answersArp } from './arp-policy.ts'
import { ArpSender } from './arp-sender.ts'
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
import { type NeighbourSettings, neighbourSettings } from './neighbour-settings.ts'
import type { Path } from './route.ts'

/**
 * Octets that a waiting packet is counted with beside its own (the kernel's sk_buff and its room).
 */
const WAITING_OVERHEAD = 640

const TRUNCATED = dropCode('arp-truncated')
const NOT_IPV4 = dropCode('arp-not-ipv4')
const NOT_FOR_US = dropCode('arp-not-for-us')
const UNREACHABLE = dropCode('neighbour-unreachable')
const QUEUE_FULL = dropCode('neighbour-queue-full')

/**
 * The neighbour table of one machine: ARP as Linux does it (RFC 826; net/ipv4/arp.c,
 * net/core/neighbour.c). Who asks whom with which sender, what is learned from requests, STALE and
 * its probe, three tries a second apart, what happens to the packets that wait.
 */
export class Neighbours {
  private readonly host: Host
  private readonly tables: Map<number, Neighbour>[] = []
  private readonly all: Neighbour[] = []
  private readonly timerHandler: number
  private readonly chance: Stream
  private readonly arp: ArpSender
  private settings: NeighbourSettings

  constructor(host: Host) {
    this.host = host
    this.timerHandler = host.world.agenda.register((index) => this.timeout(this.all[index]!))
    this.chance = host.world.chance.stream(`${host.name} neighbour reachable time`)
    this.arp = new ArpSender(host)
    this.settings = neighbourSettings(host.sysctl, this.chance)
  }

  /** Reads the machine's settings; called again when a step changes them. */
  configure(): void {
    this.settings = neighbourSettings(this.host.sysctl, this.chance)
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
    this.startTimer(neighbour, this.host.now + this.settings.delayNs)
  }

  /** A protocol above saw that the path works both ways: the entry needs no probe for a while. */
  confirm(path: Path): void {
    const neighbour = path.neighbour
    if (neighbour !== undefined) neighbour.confirmedNs = this.host.now
  }

  /** An ARP packet has arrived; the frame ends here. */
  input(frame: Frame, iface: Interface): void {
    const { view, network } = frame
    const problem = arp.check(view, network, frame.end)
    if (problem !== undefined) {
      return this.host.drop(frame, iface.place, problem === 'arp-truncated' ? TRUNCATED : NOT_IPV4)
    }
    const operation = arp.operation(view, network)
    const sender = arp.senderIp(view, network)
    const target = arp.targetIp(view, network)
    const hi = arp.senderHi(view, network)
    const lo = arp.senderLo(view, network)
    if (operation === arp.REQUEST && this.host.routes.isLocal(target)) {
      if (!answersArp(this.host, iface, sender, target)) {
        return this.host.drop(frame, iface.place, NOT_FOR_US)
      }
      if (sender !== 0) this.update(this.entry(iface, sender), hi, lo, STALE, true)
      this.arp.answer(frame, iface, hi, lo, sender, target)
    } else {
      this.hear(frame, iface, sender, hi, lo)
    }
    this.host.consume(frame, BY_ARP)
  }

  /** An answer, or somebody else's question: updates what is known already, learns nothing new. */
  private hear(frame: Frame, iface: Interface, sender: number, hi: number, lo: number): void {
    const neighbour = this.find(iface, sender)
    if (neighbour === undefined || neighbour.state === FRESH) return
    const { view, network, start } = frame
    const gratuitous = sender === arp.targetIp(view, network)
    const toUs = !ethernet.isGroup(view, start)
    const state = arp.operation(view, network) === arp.REPLY && toUs ? REACHABLE : STALE
    // The first of several answers wins: later ones within the lock time do not override it.
    const override = gratuitous || this.host.now > neighbour.updatedNs + this.settings.locktimeNs
    this.update(neighbour, hi, lo, state, override)
  }

  private entry(iface: Interface, address: number): Neighbour {
    let table = this.tables[iface.index]
    if (table === undefined) {
      table = new Map()
      this.tables[iface.index] = table
    }
    let neighbour = table.get(address)
    if (neighbour === undefined) {
      const confirmedNs = this.host.now - 2 * this.settings.reachableNs
      neighbour = new Neighbour(this.all.length, iface, address, confirmedNs)
      this.all.push(neighbour)
      table.set(address, neighbour)
    }
    return neighbour
  }

  private update(n: Neighbour, hi: number, lo: number, wanted: number, override: boolean): void {
    const now = this.host.now
    if (n.state === PERMANENT) return
    const known = n.hasMac
    const same = known && n.macHi === hi && n.macLo === lo
    let state = wanted
    if (state === REACHABLE) n.confirmedNs = now
    if (known && !same && !override) return
    // A STALE hint about the address we have changes nothing.
    if (known && same && state === STALE) state = n.state
    if (state !== n.state || !same) n.updatedNs = now
    if (state !== n.state) {
      this.cancelTimer(n)
      n.state = state
      if (state === REACHABLE) this.startTimer(n, now + this.settings.reachableNs)
    }
    if (!same) {
      n.macHi = hi
      n.macLo = lo
      if (state !== REACHABLE) n.confirmedNs = now - 2 * this.settings.reachableNs
    }
    if (!known) this.release(n)
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
    const octets = frame.end - frame.start + WAITING_OVERHEAD
    while (
      neighbour.waitingOctets + octets > this.settings.queueOctets &&
      neighbour.waiting.length > 0
    ) {
      const oldest = neighbour.waiting.shift()!
      neighbour.waitingOctets -= oldest.end - oldest.start + WAITING_OVERHEAD
      this.host.drop(oldest, neighbour.iface.place, QUEUE_FULL)
    }
    neighbour.waiting.push(frame)
    neighbour.waitingOctets += octets
    if (neighbour.state === INCOMPLETE) return
    neighbour.state = INCOMPLETE
    neighbour.updatedNs = this.host.now
    neighbour.probes = this.settings.unicastProbes
    this.startTimer(neighbour, this.host.now + this.settings.retransNs)
    this.probe(neighbour)
  }

  private timeout(n: Neighbour): void {
    const now = this.host.now
    n.timer = NONE
    if (this.host.down) return
    if (n.state === REACHABLE) {
      if (now < n.confirmedNs + this.settings.reachableNs) {
        this.startTimer(n, n.confirmedNs + this.settings.reachableNs)
      } else if (now <= n.usedNs + this.settings.delayNs) {
        n.state = DELAY
        n.updatedNs = now
        this.startTimer(n, now + this.settings.delayNs)
      } else {
        n.state = STALE
        n.updatedNs = now
      }
      return
    }
    if (n.state === DELAY) {
      if (now <= n.confirmedNs + this.settings.delayNs) {
        n.state = REACHABLE
        n.updatedNs = now
        this.startTimer(n, Math.max(now, n.confirmedNs + this.settings.reachableNs))
        return
      }
      n.state = PROBE
      n.updatedNs = now
      n.probes = 0
    }
    if (n.state !== PROBE && n.state !== INCOMPLETE) return
    const most =
      this.settings.unicastProbes + (n.state === PROBE ? 0 : this.settings.broadcastProbes)
    if (n.probes >= most) {
      n.state = FAILED
      n.updatedNs = now
      this.fail(n)
      return
    }
    this.startTimer(n, now + this.settings.retransNs)
    this.probe(n)
  }

  /** Nobody answered: each packet that waits is dropped, and its sender told. */
  private fail(neighbour: Neighbour): void {
    const waiting = neighbour.waiting.splice(0)
    neighbour.waitingOctets = 0
    for (const frame of waiting) this.host.ipv4.linkFailed(frame, neighbour.iface, UNREACHABLE)
  }

  private probe(neighbour: Neighbour): void {
    const unicast = neighbour.state === PROBE && neighbour.probes < this.settings.unicastProbes
    neighbour.probes++
    this.arp.ask(neighbour, unicast)
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
