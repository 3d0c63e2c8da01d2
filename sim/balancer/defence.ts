import type { HookContext } from '../hook/hook.ts'
import * as ipv4 from '../wire/ipv4.ts'
import type { Connections } from './connections.ts'
import type { Machine } from './machine.ts'
import { ESTABLISHED, SYN_RECV, SYNACK } from './states.ts'

const SECOND_NS = 1_000_000_000

/** Pages of 4 KiB that a machine has for connections: 1 GiB. */
const PAGES = 262_144
/** Connections in a page: a kernel keeps each in 320 octets. */
const PER_PAGE = 12

/** Each second so much of the table is looked at: 128 buckets of 4096, by chance, of 65536. */
const LOOKED_AT = 2016
/** A connection that has moved within this time is not given up. */
const SPARED_NS = 60 * SECOND_NS
/** One that has had more packets than this is not given up, either. */
const MOST_PACKETS = 8

/** Always on, whatever memory there is. */
const ALWAYS = 3

const DROP_ENTRY = 'net.ipv4.vs.drop_entry'
const DROP_PACKET = 'net.ipv4.vs.drop_packet'
const SECURE_TCP = 'net.ipv4.vs.secure_tcp'
const THRESHOLD = 'net.ipv4.vs.amemthresh'
const ALWAYS_RATE = 'net.ipv4.vs.am_droprate'

/**
 * The three defences of IPVS against floods (Documentation/networking/ipvs-sysctl.rst; read
 * update_defense_level of net/netfilter/ipvs/ip_vs_ctl.c and ip_vs_random_dropentry beside it).
 * Each is off (0), on while memory is short (1, 2), or always on (3); looked at once a second:
 *
 * - `drop_entry` gives up half-open connections, and quiet ones of few packets;
 * - `drop_packet` drops one in so many packets that would begin a connection;
 * - `secure_tcp` believes in a connection only when the server has spoken (see states.ts).
 *
 * Memory is short when fewer pages than `amemthresh` are left. It needs no timer: whoever looks at
 * the connections lets the seconds that have passed be made up for first.
 */
export class Defence {
  private readonly context: HookContext
  private readonly machine: Machine
  private readonly connections: Connections
  /** The next full second. */
  private nextNs = 0
  private givesUp = false
  /** One in so many is dropped; 0: none. */
  private rate = 0
  private left = 0
  /** By packets of a connection: how many more of the kind are spared. */
  private readonly spared: number[] = Array.from({ length: MOST_PACKETS + 1 }, () => 0)

  constructor(context: HookContext, machine: Machine, connections: Connections) {
    this.context = context
    this.machine = machine
    this.connections = connections
  }

  /** Settings may have changed: they count at once. */
  configure(): void {
    const isShort = this.isShort()
    this.givesUp = isOn(this.machine.setting(DROP_ENTRY), isShort)
    this.connections.secure = isOn(this.machine.setting(SECURE_TCP), isShort)
    const mode = this.machine.setting(DROP_PACKET)
    this.rate = mode === ALWAYS ? this.machine.setting(ALWAYS_RATE) : 0
    if (mode !== ALWAYS && isOn(mode, isShort)) this.rate = this.left = this.shortage()
  }

  /** Makes up for the seconds that have passed. Cheap when none has. */
  keepUp(): void {
    const { now } = this.context.clock
    if (now < this.nextNs) return
    const { size } = this.connections.flows
    if (this.givesUp && size > 0) {
      for (let atNs = this.nextNs; atNs <= now; atNs += SECOND_NS) {
        this.connections.sweepUntil(atNs)
        this.configure()
        if (this.givesUp) this.giveUp(atNs)
      }
    } else this.configure()
    this.nextNs = (Math.floor(now / SECOND_NS) + 1) * SECOND_NS
  }

  /** Whether the packet that would begin a connection is dropped. */
  refuses(): boolean {
    if (this.rate === 0 || --this.left > 0) return false
    this.left = this.rate
    return true
  }

  private isShort(): boolean {
    return this.free() < this.machine.setting(THRESHOLD)
  }

  private free(): number {
    return PAGES - Math.ceil(this.connections.flows.size / PER_PAGE)
  }

  /** The fewer pages are left, the more packets are dropped. */
  private shortage(): number {
    const threshold = this.machine.setting(THRESHOLD)
    return Math.floor(threshold / (threshold - this.free()))
  }

  private giveUp(atNs: number): void {
    const { connections, machine } = this
    const { flows } = connections
    for (let row = 0; row < flows.capacity; row++) {
      if (!flows.isUsed(row) || machine.random16() >= LOOKED_AT) continue
      if (this.isSuspect(row, atNs)) connections.end(row)
    }
  }

  private isSuspect(row: number, atNs: number): boolean {
    const { flows } = this.connections
    if (flows.protocol(row) === ipv4.TCP) {
      const state = flows.state[row]!
      if (state === SYN_RECV || state === SYNACK) return true
      if (state !== ESTABLISHED) return false
    }
    return this.isIdle(row, atNs)
  }

  /** A connection without a packet for a minute, of few packets, whose turn it is. */
  private isIdle(row: number, atNs: number): boolean {
    const { connections, spared } = this
    if (atNs - connections.flows.touchedNs(row) < SPARED_NS) return false
    const packets = connections.packets(row)
    if (packets === 0 || packets > MOST_PACKETS || --spared[packets]! > 0) return false
    spared[packets] = packets
    return true
  }
}

function isOn(mode: number, isShort: boolean): boolean {
  return mode === ALWAYS || (mode > 0 && isShort)
}
