import type { Clock, Trace } from '../trace/index.ts'
import { CONSUMED, DROPPED } from '../trace/index.ts'
import { HookTable, type HookContext } from '../hook/hook.ts'
import type { AddressBook } from '../wire/address-book.ts'
import type { Frame } from '../wire/frame.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as tcp from '../wire/tcp.ts'
import * as udp from '../wire/udp.ts'
import * as icmp from '../wire/icmp.ts'
import type { Announcement } from './arp-sender.ts'
import { FlowLabels } from './flow-labels.ts'
import { Icmp } from './icmp.ts'
import { Interface } from './interface.ts'
import { Ip } from './ip.ts'
import { Ipv4 } from './ipv4.ts'
import { Ipv6 } from './ipv6.ts'
import { Neighbours } from './neighbour.ts'
import { Routes } from './route.ts'
import { Sysctl } from './sysctl.ts'
import { Tcp } from './tcp/index.ts'
import { Udp } from './udp.ts'
import type { World } from './world.ts'

/** From the arrival of what a program waits for until it goes on, unless a sheet says otherwise. */
export const DEFAULT_WAKE_NS = 50_000

export interface HostSettings {
  readonly name: string
  readonly index: number
  /** What differs from Linux's defaults. */
  readonly sysctl: Readonly<Record<string, number | string>>
  readonly wakeNs?: number
}

/**
 * One machine, from port to socket. Build it, add interfaces and routes, then call `ready()`.
 * It knows its own addresses and routes and nothing of the network it stands in.
 */
export class Host implements HookContext {
  readonly name: string
  readonly index: number
  /** Place number of the machine as a whole. */
  readonly place: number
  readonly world: World
  readonly interfaces: Interface[] = []
  readonly sysctl: Sysctl
  readonly wakeNs: number
  readonly hooks: HookTable
  /** Called when settings have changed: for what hangs on the hooks. */
  readonly atConfigure: (() => void)[] = []
  readonly routes: Routes
  readonly neighbours: Neighbours
  /** The network layer as transports use it, whatever the family. */
  readonly ip: Ip
  readonly ipv4: Ipv4
  readonly ipv6: Ipv6
  readonly flowLabels: FlowLabels
  readonly icmp: Icmp
  readonly udp: Udp
  readonly tcp: Tcp
  /** A machine that is down hears and says nothing. */
  down = false

  constructor(world: World, settings: HostSettings) {
    this.world = world
    this.name = settings.name
    this.index = settings.index
    this.place = world.places.add(settings.name, settings.index, undefined)
    this.sysctl = new Sysctl(settings.sysctl)
    this.wakeNs = settings.wakeNs ?? DEFAULT_WAKE_NS
    this.hooks = new HookTable()
    this.addInterface('lo', true, 0, 65536)
    this.routes = new Routes(this.interfaces, world.agenda, world.addresses)
    this.neighbours = new Neighbours(this)
    this.ip = new Ip(this)
    this.ipv4 = new Ipv4(this)
    this.ipv6 = new Ipv6(this)
    this.flowLabels = new FlowLabels(this)
    this.icmp = new Icmp(this)
    this.udp = new Udp(this)
    this.tcp = new Tcp(this)
  }

  get clock(): Clock {
    return this.world.agenda
  }

  get trace(): Trace {
    return this.world.trace
  }

  get addresses(): AddressBook {
    return this.world.addresses
  }

  get now(): number {
    return this.world.agenda.now
  }

  /** Frames that wait inside this machine now. */
  get held(): number {
    return this.neighbours.held + this.ipv4.held + this.ipv6.held
  }

  /** `mac` is a 48-bit integer. The order of interfaces is the order of these calls. */
  addInterface(name: string, loopback: boolean, mac: number, mtu: number): Interface {
    const place = this.world.places.add(this.name, this.index, name)
    const iface = new Interface(this, name, place, loopback, mac, mtu)
    this.interfaces.push(iface)
    return iface
  }

  interfaceNamed(name: string): Interface | undefined {
    return this.interfaces.find((iface) => iface.name === name)
  }

  /** A step has changed settings: everybody reads them again. */
  configure(): void {
    for (const iface of this.interfaces) iface.configure()
    this.neighbours.configure()
    this.ipv4.configure()
    this.ipv6.configure()
    this.icmp.configure()
    this.tcp.configure()
    for (const tell of this.atConfigure) tell()
  }

  /** Tells the wire of an interface, unasked, which addresses live there. */
  announce(iface: Interface, how: Announcement): void {
    for (const { address } of iface.addresses) this.neighbours.announce(iface, address, how)
    this.ipv6.announce(iface)
  }

  /** Call once all interfaces have their addresses: makes them local and adds connected routes. */
  ready(): void {
    this.routes.addConnected()
    this.ipv6.addConnected()
  }

  /** Ends a frame for a named reason (a number of trace DROPS). */
  drop(frame: Frame, place: number, reason: number): void {
    const { trace, pool } = this.world
    if ((trace.mask & DROPPED) !== 0) trace.emit(DROPPED, place, frame, reason, 0, 0)
    pool.release(frame)
  }

  /** Ends a frame that reached its consumer (a number of trace CONSUMERS). */
  consume(frame: Frame, by: number): void {
    const { trace, pool } = this.world
    if ((trace.mask & CONSUMED) !== 0) trace.emit(CONSUMED, this.place, frame, by, 0, 0)
    pool.release(frame)
  }

  /** A packet of this machine's own could not be resolved: its socket learns of it at once. */
  tellLocal(frame: Frame, _iface: Interface): void {
    const { view, network } = frame
    const at = network + ipv4.headerLen(view, network)
    const src = ipv4.src(view, network)
    const dst = ipv4.dst(view, network)
    const type = icmp.UNREACHABLE
    const code = icmp.HOST_UNREACHABLE
    const protocol = ipv4.protocol(view, network)
    if (protocol === ipv4.TCP) {
      const seq = tcp.sequence(view, at)
      this.tcp.icmpError(type, code, 0, src, dst, tcp.srcPort(view, at), tcp.dstPort(view, at), seq)
    } else if (protocol === ipv4.UDP) {
      this.udp.icmpError(type, code, src, dst, udp.srcPort(view, at), udp.dstPort(view, at))
    } else if (protocol === ipv4.ICMP) {
      this.icmp.echoError(type, code, dst, icmp.ident(view, at), icmp.echoSequence(view, at), src)
    }
  }
}
