import {
  ACCEPT,
  DROP,
  type HookContext,
  type HookTable,
  INPUT,
  OUTPUT,
  type Packet,
  POSTROUTING,
  PREROUTING,
  PRIORITY_CONNTRACK,
  PRIORITY_NAT_DST,
  PRIORITY_NAT_SRC,
  type Verdict,
} from '../hook/hook.ts'
import { dropCode } from '../trace/index.ts'
import { REPORTS } from '../wire/frame.ts'
import { Bindings, type BindingSettings, BOUND, type ConntrackHost, UNTRACKED } from './bindings.ts'
import { NO_FLOW } from './flow-table.ts'
import { asksEcho, isError, isIcmp, isRedirect } from './messages.ts'
import { isTracked, portsOf } from './packet-tuple.ts'
import { Quote } from './quote.ts'
import type { Rules } from './rules.ts'
import type { TrackSettings } from './track-states.ts'
import {
  ASSURED,
  CHANGES_DESTINATION,
  CHANGES_SOURCE,
  NEW,
  Tracker,
  type TrackRow,
} from './tracker.ts'
import { Translation } from './translation.ts'

export type { ConntrackHost } from './bindings.ts'
export type { TrackRow } from './tracker.ts'

const FULL = dropCode('conntrack-full')
const CLASH = dropCode('nat-clash')
const REDIRECT = dropCode('nat-redirect')

/** After all others (NF_IP_PRI_CONNTRACK_CONFIRM). */
const PRIORITY_CONFIRM = 0x7fff_ffff
/** Buckets looked at for a flow to give up (NF_CT_EVICTION_RANGE). */
const EVICTION_RANGE = 8

export interface ConntrackSettings extends TrackSettings, BindingSettings {
  /** nf_conntrack_max. */
  readonly max: number
  /** Buckets of the kernel's hash table: how likely a full table finds a flow to give up. */
  readonly buckets: number
  /** Number of the machine's first rule among all of the run. */
  readonly firstRule: number
}

/**
 * Connection tracking and the `nat` rules of one machine, as netfilter has them (read
 * net/netfilter/nf_conntrack_core.c and nf_nat_core.c beside it). Rules decide for the first
 * packet of a flow; all others, answers and ICMP errors follow the flow.
 *
 * Rules change destinations in PREROUTING and sources in POSTROUTING; what is undone for the other
 * direction is undone in the opposite hook. A new flow is a draft until its packet leaves the last
 * hook: only then its tuples are known, and it is forgotten when the packet never gets there.
 * The machine has to hand over whole packets, as only the first fragment of a packet has ports.
 */
export class Conntrack {
  private readonly context: HookContext
  private readonly host: ConntrackHost
  private settings: ConntrackSettings
  private readonly tracker: Tracker
  private readonly translation: Translation
  private readonly bindings: Bindings
  private readonly quote: Quote
  /** Row whose first packet has not left the hooks yet. */
  private draft = NO_FLOW
  /** The frame that came by last and its flow: an error about it may be sent half way. */
  private lastFrame = -1
  private lastFlow = NO_FLOW

  constructor(
    context: HookContext,
    host: ConntrackHost,
    rules: Rules,
    settings: ConntrackSettings,
  ) {
    this.context = context
    this.host = host
    this.settings = settings
    const { clock, addresses } = context
    this.tracker = new Tracker(clock, settings, (row) => this.ended(row))
    this.quote = new Quote(addresses)
    const { flows } = this.tracker
    this.translation = new Translation(context, flows, this.quote, settings.firstRule)
    this.bindings = new Bindings(context, host, rules, settings, this.tracker, this.translation)
  }

  attach(hooks: HookTable): void {
    const track = (packet: Packet): Verdict => this.track(packet)
    const destination = (packet: Packet): Verdict => this.destination(packet)
    const source = (packet: Packet): Verdict => this.source(packet)
    const confirm = (packet: Packet): Verdict => this.confirm(packet)
    hooks.add(PREROUTING, PRIORITY_CONNTRACK, track)
    hooks.add(OUTPUT, PRIORITY_CONNTRACK, track)
    hooks.add(PREROUTING, PRIORITY_NAT_DST, destination)
    hooks.add(OUTPUT, PRIORITY_NAT_DST, destination)
    hooks.add(INPUT, PRIORITY_NAT_SRC, source)
    hooks.add(POSTROUTING, PRIORITY_NAT_SRC, source)
    hooks.add(INPUT, PRIORITY_CONFIRM, confirm)
    hooks.add(POSTROUTING, PRIORITY_CONFIRM, confirm)
  }

  /** Goes by these settings from now on. */
  configure(settings: ConntrackSettings): void {
    this.settings = settings
    this.tracker.configure(settings)
    this.bindings.configure(settings)
  }

  /** Flows remembered now, oldest first. */
  rows(): TrackRow[] {
    this.finish()
    return this.tracker.rows()
  }

  /** Whether a packet's flow was there before it came. */
  isKnown(flow: number): boolean {
    return flow >= 0 && flow >> 1 !== this.draft
  }

  /** Forgets the flow of a packet that goes no further. */
  forget(flow: number): void {
    if (this.isKnown(flow)) this.tracker.remove(flow >> 1)
  }

  /** Forgets all flows, as `conntrack -F` does. */
  flush(): void {
    this.finish()
    for (const row of this.tracker.flows.rows()) this.tracker.remove(row)
  }

  /** When the next flow will be forgotten, Infinity when none will. */
  get nextExpiryNs(): number {
    return this.tracker.flows.nextExpiryNs
  }

  /** Forgets flows whose time is over, at most so many. It need not be called. */
  sweep(most: number): void {
    this.tracker.flows.sweep(this.context.clock.now, most)
  }

  private track(packet: Packet): Verdict {
    if (packet.balanced || !isTracked(packet)) return ACCEPT
    if (isError(packet) || isRedirect(packet)) return this.relate(packet)
    this.finish()
    this.lastFrame = packet.frame.id
    packet.flow = this.tracker.follow(packet)
    this.lastFlow = packet.flow
    if (packet.flow !== NEW) return ACCEPT
    const begun = this.begin(packet)
    this.lastFlow = packet.flow
    return begun
  }

  private begin(packet: Packet): Verdict {
    const { protocol } = packet
    packet.flow = NO_FLOW
    // An echo reply that nobody asked for begins nothing.
    if (isIcmp(protocol) && !asksEcho(portsOf(packet), protocol)) return ACCEPT
    if (!this.hasRoom()) {
      packet.reason = FULL
      return DROP
    }
    this.draft = this.tracker.draft(packet)
    packet.flow = this.draft * 2
    return ACCEPT
  }

  /**
   * Whether there is room for one more flow. A full table gives up a flow that is not assured, when
   * one stands in the eight buckets that the kernel looks at (early_drop); there are as many flows
   * in them as the table is crowded.
   */
  private hasRoom(): boolean {
    const { flows } = this.tracker
    flows.sweep(this.context.clock.now)
    const { max, buckets } = this.settings
    if (flows.size < max) return true
    let left = Math.floor((2 * EVICTION_RANGE * flows.size) / buckets)
    let row = this.host.random16() % flows.capacity
    for (let i = 0; i < flows.capacity && left > 0; i++) {
      if (flows.isUsed(row)) {
        if ((flows.flags[row]! & ASSURED) === 0) {
          this.tracker.remove(row)
          return true
        }
        left--
      }
      row = (row + 1) % flows.capacity
    }
    return false
  }

  /** An ICMP error belongs to the flow it is about, and goes in the direction of its receiver. */
  private relate(packet: Packet): Verdict {
    if (!this.quote.read(packet)) return ACCEPT
    const { cause, relation } = packet.frame
    packet.flow =
      relation === REPORTS && cause === this.lastFrame
        ? this.answering(this.lastFlow)
        : this.quoted()
    if (packet.flow < 0 || !isRedirect(packet)) return ACCEPT
    const { flags } = this.tracker.flows
    const row = packet.flow >> 1
    const changes = CHANGES_DESTINATION | CHANGES_SOURCE
    if (row !== this.draft && (flags[row]! & changes) === 0) return ACCEPT
    // A better way for a translated packet would lead past the machine that must translate.
    packet.reason = REDIRECT
    return DROP
  }

  /** The flow that would answer the quoted packet. */
  private quoted(): number {
    const { src, dst, answerPorts, protocol } = this.quote
    return this.tracker.flows.find(dst, src, answerPorts, protocol, this.context.clock.now)
  }

  /** The other direction of a flow. */
  private answering(flow: number): number {
    return flow < 0 ? NO_FLOW : flow ^ 1
  }

  private destination(packet: Packet): Verdict {
    const { flow } = packet
    if (flow < 0 || packet.balanced) return ACCEPT
    if (flow === this.draft * 2 && packet.hook === PREROUTING) {
      this.bindings.destination(packet, this.draft)
    }
    this.translation.destination(packet)
    return ACCEPT
  }

  private source(packet: Packet): Verdict {
    const { flow } = packet
    if (flow < 0) return ACCEPT
    if (flow === this.draft * 2) {
      const result = this.bindings.source(packet, this.draft)
      if (result !== BOUND) {
        this.abandon()
        packet.flow = NO_FLOW
        if (result === UNTRACKED) return ACCEPT
        packet.reason = CLASH
        return DROP
      }
    }
    this.translation.source(packet)
    return ACCEPT
  }

  private confirm(packet: Packet): Verdict {
    if (packet.flow !== this.draft * 2 || packet.flow < 0) return ACCEPT
    const row = this.draft
    this.draft = NO_FLOW
    this.tracker.settle(row)
    this.bindings.settled(row)
    return ACCEPT
  }

  /** Ends what the packet before has left: a flow that came to nothing, one that is over. */
  private finish(): void {
    if (this.draft !== NO_FLOW) this.abandon()
    if (this.tracker.ended !== NO_FLOW) this.tracker.remove(this.tracker.ended)
  }

  private abandon(): void {
    if (this.lastFlow >> 1 === this.draft) this.lastFlow = NO_FLOW
    this.tracker.flows.discard(this.draft)
    this.draft = NO_FLOW
  }

  /** Before a settled flow ends. */
  private ended(row: number): void {
    if (this.lastFlow >> 1 === row) this.lastFlow = NO_FLOW
    this.bindings.forget(row)
  }
}
