import { Agenda } from '../../../sim/engine/agenda.ts'
import { Balancer } from '../../../sim/balancer/balancer.ts'
import { Chance, type Stream } from '../../../sim/engine/chance.ts'
import { Host } from '../../../sim/host/host.ts'
import { type Interface, maskOf } from '../../../sim/host/interface.ts'
import type { World } from '../../../sim/host/world.ts'
import { Cabling, Port } from '../../../sim/link/port.ts'
import { Places, Trace } from '../../../sim/trace/index.ts'
import { AddressBook } from '../../../sim/wire/address-book.ts'
import { DAMAGED, type Frame, FramePool } from '../../../sim/wire/frame.ts'
import type { Darkness, Kernel, Plan, Trouble } from './plan.ts'
import { service, server as serverAt } from '../../balancer/stand.ts'

export const PORT = 80
/** Ports of the first talk; the next have the next. */
export const CLIENT_PORT = 40000
export const SERVER_PORT = 50000

/** Sees the octets of every TCP segment: when a machine sends it, and when one may get it. */
export interface Witness {
  sent(octets: Uint8Array, cable: number, forth: boolean): void
  delivered(octets: Uint8Array, cable: number, forth: boolean): void
}

/**
 * The machines of a plan and the rough cables between them. A cable is two relays, one a way; each
 * draws from streams of its own.
 */
export class Ground {
  readonly agenda: Agenda = new Agenda()
  readonly world: World
  readonly cabling: Cabling
  readonly client: Host
  readonly server: Host
  readonly hosts: Host[] = []
  readonly clientAddress: number
  readonly serverAddress: number
  /** Where the client connects to: the server's address, or that of the service. */
  readonly target: number
  /** Frames that a relay holds back. */
  held = 0
  private readonly plan: Plan
  private readonly witness: Witness
  private readonly work: (() => void)[] = []
  private readonly handler: number = this.agenda.register((index) => this.work[index]!())

  constructor(plan: Plan, witness: Witness) {
    this.plan = plan
    this.witness = witness
    const trace = new Trace(this.agenda)
    const pool = new FramePool(Math.max(1500, plan.mtu) + 14)
    const places = new Places()
    const addresses = new AddressBook()
    const chance = new Chance(plan.seed)
    this.world = { agenda: this.agenda, chance, trace, pool, places, addresses }
    this.cabling = new Cabling(this.agenda, trace, pool)
    this.client = this.host('client', plan.client)
    this.server = this.host('server', plan.server)
    this.clientAddress = this.address(1, 10)
    this.serverAddress = this.address(plan.through === 'cable' ? 1 : 2, 20)
    const near = this.iface(this.client, this.clientAddress)
    const far = this.iface(this.server, this.serverAddress)
    if (plan.through === 'cable') {
      this.target = this.serverAddress
      this.join(near, far, 0)
      for (const host of this.hosts) host.ready()
    } else this.target = this.putBetween(near, far)
  }

  /** Does something at an instant, in nanoseconds from the beginning. */
  at(timeNs: number, work: () => void): void {
    this.work.push(work)
    this.agenda.schedule(
      Math.max(this.agenda.now, Math.round(timeNs)),
      this.handler,
      this.work.length - 1,
      0,
    )
  }

  /** Frames that nobody accounts for. */
  get astray(): number {
    const inside = this.hosts.reduce((sum, host) => sum + host.held, 0)
    return this.world.pool.live - inside - this.cabling.inFlight - this.held
  }

  private host(name: string, kernel: Kernel): Host {
    const sysctl: Record<string, number> = {}
    for (const [key, value] of Object.entries(kernel)) sysctl[`net.ipv4.${key}`] = value
    const host = new Host(this.world, { name, index: this.hosts.length, sysctl })
    this.hosts.push(host)
    return host
  }

  /** Machine `own` of network `network`. */
  private address(network: number, own: number): number {
    if (this.plan.family === 4) return (10 << 24) | (network << 8) | own
    return this.world.addresses.numberOf(0x20010db8, network, 0, own)
  }

  private iface(host: Host, address: number): Interface {
    const { mtu, family } = this.plan
    const number = host.interfaces.length - 1
    const mac = 0x0200_0000_0000 + (host.index + 1) * 256 + number
    const iface = host.addInterface(`eth${number}`, false, mac, mtu)
    const lane = { delayNs: 0, jitterNs: 0, rateBps: 1e11, queueFrames: 100_000, mtu }
    iface.port = new Port(this.cabling, iface.place, true, iface, lane, undefined)
    if (family === 4) iface.addresses.push({ address, prefixLen: 24, mask: maskOf(24) })
    else host.ipv6.link(iface).add(address, 64)
    return iface
  }

  /** A balancer between client and server; returns the address of its service. */
  private putBetween(near: Interface, far: Interface): number {
    const { family } = this.plan
    const name = family === 4 ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding'
    const between = new Host(this.world, { name: 'lb', index: 2, sysctl: { [name]: 1 } })
    this.hosts.push(between)
    const inside = this.address(1, 1)
    const outside = this.address(2, 1)
    this.join(near, this.iface(between, inside), 0)
    this.join(this.iface(between, outside), far, 1)
    for (const host of this.hosts) host.ready()
    for (const [iface, via] of [
      [near, inside],
      [far, outside],
    ] as const)
      this.route(iface, via)
    const vips = [{ address: inside, port: PORT, lastPort: PORT, protocol: 'tcp' as const }]
    const servers = [{ ...serverAt('10.0.0.1:80'), address: this.serverAddress, port: PORT }]
    const chance = this.world.chance.stream('source ports')
    const machine = {
      setting: (key: string) => between.sysctl.number(key),
      isLocal: (address: number) => between.routes.isLocal(address),
      sourceTowards: (address: number) => between.ip.sourceFor(address),
      random16: () => chance.below(0x1_0000),
      isKnown: () => false,
      forgetFlow: () => {},
      after: () => {},
      reset: () => {},
    }
    const balancer = new Balancer(between, machine, [service([], { vips, servers })], 0)
    between.ipv4.defragments = true
    between.ipv6.defragments = true
    balancer.attach(between.hooks)
    return inside
  }

  private route(iface: Interface, via: number): void {
    const { routes } = iface.host
    if (this.plan.family === 4) routes.add({ prefix: 0, prefixLen: 0, via, iface, source: 0 })
    else {
      routes.ipv6.add({ prefix: [0, 0, 0, 0], prefixLen: 0, via, iface, source: 0 })
      routes.changed()
    }
  }

  /** A rough cable; `forth` is the way from `near`. */
  private join(near: Interface, far: Interface, cable: number): void {
    this.way(near, far, cable, true)
    this.way(far, near, cable, false)
  }

  private way(from: Interface, to: Interface, cable: number, forth: boolean): void {
    const { plan, cabling } = this
    const share = plan.through === 'cable' ? 1 : 2
    const lane = {
      delayNs: Math.round((plan.delayUs * 1000) / share),
      jitterNs: 0,
      rateBps: plan.rateBps,
      queueFrames: plan.queueFrames,
      mtu: plan.mtu,
    }
    const relay = new Relay(this, forth ? plan.forth : plan.back, cable, forth)
    const entry = new Port(cabling, -1, false, relay, lane, undefined)
    relay.exit = new Port(cabling, -1, false, relay, lane, undefined)
    lead(from.port!, entry)
    lead(relay.exit, to.port!)
  }

  /** Whether a way carries nothing now. */
  isDark(forth: boolean): boolean {
    const { dark } = this.plan
    if (dark === undefined) return false
    if (dark.way !== 'both' && (dark.way === 'forth') !== forth) return false
    return isWithin(dark, this.agenda.now / 1e6)
  }

  tell(frame: Frame, cable: number, forth: boolean, delivered: boolean): void {
    const octets = frame.bytes.subarray(frame.start, frame.end)
    // A balancer does not look whether what it sends on was damaged before.
    if (!delivered && (frame.marks & DAMAGED) !== 0) return
    if (delivered) this.witness.delivered(octets, cable, forth)
    else this.witness.sent(octets, cable, forth)
  }
}

const isWithin = (dark: Darkness, nowMs: number): boolean =>
  nowMs >= dark.atMs && (dark.forMs === 0 || nowMs < dark.atMs + dark.forMs)

/** What `from` transmits reaches `to`, whose own peer stays as it is. */
function lead(from: Port, to: Port): void {
  ;(from as unknown as { peer: Port }).peer = to
}

/** One way of a cable: loses, doubles, delays and damages packets. */
class Relay {
  exit: Port | undefined
  private readonly ground: Ground
  private readonly trouble: Trouble
  private readonly cable: number
  private readonly forth: boolean
  private readonly chance: Stream

  constructor(ground: Ground, trouble: Trouble, cable: number, forth: boolean) {
    this.ground = ground
    this.trouble = trouble
    this.cable = cable
    this.forth = forth
    this.chance = ground.world.chance.stream(`cable ${cable} ${forth ? 'forth' : 'back'}`)
  }

  receive(frame: Frame): void {
    const { ground, trouble, chance } = this
    const { pool } = ground.world
    if (ground.isDark(this.forth)) return pool.release(frame)
    // Who has which MAC is not the question here: such packets pass, unless it is dark.
    if (!carriesTcp(frame)) return this.exit!.transmit(frame)
    ground.tell(frame, this.cable, this.forth, false)
    if (chance.happens(trouble.loss)) return pool.release(frame)
    if (chance.happens(trouble.twice)) this.pass(pool.copy(frame), 0)
    const flipped = chance.happens(trouble.flip)
    const lateUs = chance.happens(trouble.late) ? 1 + chance.below(trouble.lateUs) : 0
    this.pass(frame, lateUs, flipped)
  }

  private pass(frame: Frame, lateUs: number, flipped = false): void {
    const { ground } = this
    if (lateUs === 0) return this.leave(frame, flipped)
    ground.held++
    ground.at(ground.agenda.now + lateUs * 1000, () => {
      ground.held--
      this.leave(frame, flipped)
    })
  }

  private leave(frame: Frame, flipped: boolean): void {
    // Told of when it leaves the relay, and before it is damaged: a bit may be one that nobody
    // checks, and what comes later, or not, to the other end cannot hurt an upper bound.
    this.ground.tell(frame, this.cable, this.forth, true)
    if (flipped) this.damage(frame)
    this.exit!.transmit(frame)
  }

  private damage(frame: Frame): void {
    frame.marks |= DAMAGED
    const at = frame.start + 14
    const bit = this.chance.below((frame.end - at) * 8)
    let octet = bit >> 3
    // No sum covers class, flow label and hop limit of IPv6: such a packet is as good as another.
    if (frame.view.getUint16(at - 2) === 0x86dd && (octet < 4 || octet === 7)) octet += 8
    frame.bytes[at + octet]! ^= 0x80 >> (bit & 7)
  }
}

function carriesTcp({ view, start }: Frame): boolean {
  const type = view.getUint16(start + 12)
  if (type === 0x0800) return view.getUint8(start + 23) === 6
  return type === 0x86dd && view.getUint8(start + 20) === 6
}
