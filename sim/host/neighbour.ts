import type { Token } from '../engine/agenda.ts'
import { NONE } from '../engine/agenda.ts'
import { assert } from '../engine/assert.ts'
import type { Stream } from '../engine/chance.ts'
import { BORN, BY_ARP, dropCode } from '../trace/index.ts'
import * as arp from '../wire/arp.ts'
import * as ethernet from '../wire/ethernet.ts'
import { type Frame, RESOLVES } from '../wire/frame.ts'
import * as ipv4 from '../wire/ipv4.ts'
import { answersArp, requestSource } from './arp-policy.ts'
import type { Host } from './host.ts'
import type { Interface } from './interface.ts'
import type { Path } from './route.ts'

/**
 * States of an entry, by the names `ip neighbour` shows (RFC 4861 §7.3.2; Linux
 * net/core/neighbour.c).
 */
export const NEIGHBOUR_STATES = [
  'NONE',
  'INCOMPLETE',
  'REACHABLE',
  'STALE',
  'DELAY',
  'PROBE',
  'FAILED',
  'PERMANENT',
] as const
const FRESH = 0
const INCOMPLETE = 1
const REACHABLE = 2
const STALE = 3
const DELAY = 4
const PROBE = 5
const FAILED = 6
const PERMANENT = 7

const NS_PER_MS = 1_000_000
const NS_PER_S = 1_000_000_000
/**
 * Octets that a waiting packet is counted with beside its own (the kernel's sk_buff and its room).
 */
const WAITING_OVERHEAD = 640

const TRUNCATED = dropCode('arp-truncated')
const NOT_IPV4 = dropCode('arp-not-ipv4')
const NOT_FOR_US = dropCode('arp-not-for-us')
const UNREACHABLE = dropCode('neighbour-unreachable')
const QUEUE_FULL = dropCode('neighbour-queue-full')

/** One neighbour on one interface. */
export class Neighbour {
  readonly index: number
  readonly iface: Interface
  readonly address: number
  state: number = FRESH
  macHi = 0
  macLo = 0
  probes = 0
  usedNs = 0
  confirmedNs: number
  updatedNs = 0
  timer: Token = NONE
  readonly waiting: Frame[] = []
  waitingOctets = 0

  constructor(index: number, iface: Interface, address: number, confirmedNs: number) {
    this.index = index
    this.iface = iface
    this.address = address
    this.confirmedNs = confirmedNs
  }

  get hasMac(): boolean {
    return this.state >= REACHABLE && this.state !== FAILED
  }
}

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
  private reachableNs = 0
  private retransNs = 0
  private delayNs = 0
  private unicastProbes = 0
  private broadcastProbes = 0
  private locktimeNs = 0
  private queueOctets = 0

  constructor(host: Host) {
    this.host = host
    this.timerHandler = host.world.agenda.register((index) => this.timeout(this.all[index]!))
    this.chance = host.world.chance.stream(`${host.name} neighbour reachable time`)
    this.configure()
  }

  /** Reads the machine's settings; called again when a step changes them. */
  configure(): void {
    const setting = (key: string): number =>
      this.host.sysctl.number(`net.ipv4.neigh.default.${key}`)
    const base = setting('base_reachable_time_ms') * NS_PER_MS
    // RFC 4861 §6.3.2: uniform between half and one and a half of the base.
    this.reachableNs = Math.floor(base / 2) + Math.floor(this.chance.fraction() * base)
    this.retransNs = setting('retrans_time_ms') * NS_PER_MS
    this.delayNs = setting('delay_first_probe_time') * NS_PER_S
    this.unicastProbes = setting('ucast_solicit')
    this.broadcastProbes = setting('mcast_solicit')
    this.locktimeNs = setting('locktime') * 10 * NS_PER_MS
    this.queueOctets = setting('unres_qlen_bytes')
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
    const state = neighbour.state
    if (state === REACHABLE || state === DELAY || state === PROBE || state === PERMANENT) {
      neighbour.usedNs = this.host.now
      return this.transmit(frame, neighbour)
    }
    if (state === STALE) {
      neighbour.usedNs = this.host.now
      neighbour.state = DELAY
      neighbour.updatedNs = this.host.now
      this.startTimer(neighbour, this.host.now + this.delayNs)
      return this.transmit(frame, neighbour)
    }
    this.wait(frame, neighbour)
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
      this.reply(frame, iface, hi, lo, sender, target)
    } else {
      this.hear(iface, sender, hi, lo, operation, target, view, frame.start)
    }
    this.host.consume(frame, BY_ARP)
  }

  /** An answer, or somebody else's question: updates what is known already, learns nothing new. */
  private hear(
    iface: Interface,
    sender: number,
    hi: number,
    lo: number,
    operation: number,
    target: number,
    view: DataView,
    start: number,
  ): void {
    const neighbour = this.find(iface, sender)
    if (neighbour === undefined || neighbour.state === FRESH) return
    const gratuitous = sender === target
    const toUs = !ethernet.isGroup(view, start)
    const state = operation === arp.REPLY && toUs ? REACHABLE : STALE
    // The first of several answers wins: later ones within the lock time do not override it.
    const override = gratuitous || this.host.now > neighbour.updatedNs + this.locktimeNs
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
      const confirmedNs = this.host.now - 2 * this.reachableNs
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
      if (state === REACHABLE) this.startTimer(n, now + this.reachableNs)
    }
    if (!same) {
      n.macHi = hi
      n.macLo = lo
      if (state !== REACHABLE) n.confirmedNs = now - 2 * this.reachableNs
    }
    if (!known) this.release(n)
  }

  private release(neighbour: Neighbour): void {
    const waiting = neighbour.waiting.splice(0)
    neighbour.waitingOctets = 0
    for (const frame of waiting) {
      // As when the packet were sent now: the first use of a STALE entry starts its probe.
      if (neighbour.state === STALE) {
        neighbour.state = DELAY
        neighbour.updatedNs = this.host.now
        this.startTimer(neighbour, this.host.now + this.delayNs)
      }
      neighbour.usedNs = this.host.now
      this.transmit(frame, neighbour)
    }
  }

  private wait(frame: Frame, neighbour: Neighbour): void {
    const octets = frame.end - frame.start + WAITING_OVERHEAD
    while (neighbour.waitingOctets + octets > this.queueOctets && neighbour.waiting.length > 0) {
      const oldest = neighbour.waiting.shift()!
      neighbour.waitingOctets -= oldest.end - oldest.start + WAITING_OVERHEAD
      this.host.drop(oldest, neighbour.iface.place, QUEUE_FULL)
    }
    neighbour.waiting.push(frame)
    neighbour.waitingOctets += octets
    if (neighbour.state === INCOMPLETE) return
    neighbour.state = INCOMPLETE
    neighbour.updatedNs = this.host.now
    neighbour.probes = this.unicastProbes
    this.startTimer(neighbour, this.host.now + this.retransNs)
    this.probe(neighbour)
  }

  private timeout(n: Neighbour): void {
    const now = this.host.now
    n.timer = NONE
    if (this.host.down) return
    if (n.state === REACHABLE) {
      if (now < n.confirmedNs + this.reachableNs) {
        this.startTimer(n, n.confirmedNs + this.reachableNs)
      } else if (now <= n.usedNs + this.delayNs) {
        n.state = DELAY
        n.updatedNs = now
        this.startTimer(n, now + this.delayNs)
      } else {
        n.state = STALE
        n.updatedNs = now
      }
      return
    }
    if (n.state === DELAY) {
      if (now <= n.confirmedNs + this.delayNs) {
        n.state = REACHABLE
        n.updatedNs = now
        this.startTimer(n, Math.max(now, n.confirmedNs + this.reachableNs))
        return
      }
      n.state = PROBE
      n.updatedNs = now
      n.probes = 0
    }
    if (n.state !== PROBE && n.state !== INCOMPLETE) return
    const most = this.unicastProbes + (n.state === PROBE ? 0 : this.broadcastProbes)
    if (n.probes >= most) {
      n.state = FAILED
      n.updatedNs = now
      this.fail(n)
      return
    }
    this.startTimer(n, now + this.retransNs)
    this.probe(n)
  }

  /** Nobody answered: each packet that waits is dropped, and its sender told. */
  private fail(neighbour: Neighbour): void {
    const waiting = neighbour.waiting.splice(0)
    neighbour.waitingOctets = 0
    for (const frame of waiting) this.host.ipv4.linkFailed(frame, neighbour.iface, UNREACHABLE)
  }

  private probe(neighbour: Neighbour): void {
    const { host } = this
    const { iface } = neighbour
    const unicast = neighbour.state === PROBE && neighbour.probes < this.unicastProbes
    neighbour.probes++
    const waits = neighbour.waiting[neighbour.waiting.length - 1]
    const packetSource = waits === undefined ? 0 : ipv4.src(waits.view, waits.network)
    const source = requestSource(host, iface, neighbour.address, packetSource)
    const frame = this.fresh(iface)
    if (waits !== undefined) {
      frame.cause = waits.id
      frame.relation = RESOLVES
    }
    if (unicast) ethernet.setDst(frame.view, frame.start, neighbour.macHi, neighbour.macLo)
    else ethernet.setDst(frame.view, frame.start, 0xffff, 0xffffffff)
    const { view, network } = frame
    const { macHi, macLo } = iface
    arp.write(view, network, arp.REQUEST, macHi, macLo, source, 0, 0, neighbour.address)
    this.send(frame, iface)
  }

  private reply(
    to: Frame,
    iface: Interface,
    hi: number,
    lo: number,
    sender: number,
    target: number,
  ): void {
    const frame = this.fresh(iface)
    frame.cause = to.id
    frame.relation = RESOLVES
    ethernet.setDst(frame.view, frame.start, hi, lo)
    const { view, network } = frame
    arp.write(view, network, arp.REPLY, iface.macHi, iface.macLo, target, hi, lo, sender)
    this.send(frame, iface)
  }

  private fresh(iface: Interface): Frame {
    const frame = this.host.world.pool.take()
    frame.end = frame.start + ethernet.HEADER_LEN + arp.LEN
    frame.network = frame.start + ethernet.HEADER_LEN
    ethernet.setSrc(frame.view, frame.start, iface.macHi, iface.macLo)
    ethernet.setType(frame.view, frame.start, ethernet.TYPE_ARP)
    return frame
  }

  private send(frame: Frame, iface: Interface): void {
    const { trace } = this.host.world
    if ((trace.mask & BORN) !== 0) trace.emit(BORN, iface.place, frame, 0, 0, 0)
    assert(iface.port !== undefined, `${this.host.name}.${iface.name} speaks ARP without a cable`)
    iface.port.transmit(frame)
  }

  private transmit(frame: Frame, neighbour: Neighbour): void {
    const { iface } = neighbour
    const { view, start } = frame
    ethernet.setDst(view, start, neighbour.macHi, neighbour.macLo)
    ethernet.setSrc(view, start, iface.macHi, iface.macLo)
    ethernet.setType(view, start, ethernet.TYPE_IPV4)
    iface.port!.transmit(frame)
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
