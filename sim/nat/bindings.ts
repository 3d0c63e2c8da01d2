import { type HookContext, type Packet, POSTROUTING } from '../hook/hook.ts'
import { DECIDED } from '../trace/index.ts'
import * as ipv4 from '../wire/ipv4.ts'
import { portsOf } from './packet-tuple.ts'
import { PortPool, type SourceRange } from './port-pool.ts'
import { portAt, type Rules } from './rules.ts'
import { SourceIndex } from './source-index.ts'
import { CHANGES_DESTINATION, CHANGES_SOURCE, type Tracker } from './tracker.ts'
import type { Translation } from './translation.ts'

/** What became of a drafted flow at the last hook. */
export const BOUND = 0
/** It is not to be tracked. */
export const UNTRACKED = 1
/** No port is free for it. */
export const NONE_FREE = 2

/** What connection tracking asks its machine. */
export interface ConntrackHost {
  /** The machine's own address on an interface, towards the next hop of `dst` (masquerade). */
  ownAddress(outPlace: number, dst: number): number
  /** Uniform in 0 .. 65535: where the search for a free port begins. */
  random16(): number
}

export interface BindingSettings {
  /** Flows of services are tracked as well (net.ipv4.vs.conntrack). */
  readonly tracksServices: boolean
  /** How many rules the machine has; the number behind the last stands for "no rule". */
  readonly ruleCount: number
}

/**
 * What a new flow is bound to: another destination when a rule says so, another source when a rule
 * says so or another flow has it already (Linux nf_nat_core.c, nf_nat_setup_info and
 * nf_nat_alloc_null_binding). Works on drafted flows.
 */
export class Bindings {
  private readonly context: HookContext
  private readonly host: ConntrackHost
  private readonly rules: Rules
  private settings: BindingSettings
  private readonly tracker: Tracker
  private readonly translation: Translation
  private readonly sources: SourceIndex
  private readonly pool: PortPool
  /** A range of one address: an interface's, or the packet's own. */
  private readonly single: { addresses: number[]; firstPort: number; lastPort: number }
  /** The draft that is being bound. */
  private draft = -1

  constructor(
    context: HookContext,
    host: ConntrackHost,
    rules: Rules,
    settings: BindingSettings,
    tracker: Tracker,
    translation: Translation,
  ) {
    this.context = context
    this.host = host
    this.rules = rules
    this.settings = settings
    this.tracker = tracker
    this.translation = translation
    this.sources = new SourceIndex(tracker.flows)
    this.pool = new PortPool(
      tracker.flows,
      context.clock,
      context.addresses,
      () => host.random16(),
      this.sources,
      (flow) => this.reclaim(flow),
    )
    this.single = { addresses: [0], firstPort: 0, lastPort: 0 }
  }

  configure(settings: BindingSettings): void {
    this.settings = settings
  }

  /** Before routing: the destination of the flow in `row`, whose first packet this is. */
  destination(packet: Packet, row: number): void {
    const { flows } = this.tracker
    const { src, dst, protocol } = packet
    const ports = portsOf(packet)
    const nowNs = this.context.clock.now
    const index = this.rules.findDestination({ src, dst, ports, protocol, nowNs }, packet.inPlace)
    if (index < 0) return
    const rule = this.rules.destination(index)
    const number = this.rules.choose(index, src)
    const target = rule.targets[number]!
    let outPorts = ports
    if (protocol === ipv4.TCP || protocol === ipv4.UDP) {
      outPorts = ((ports & 0xffff0000) | portAt(rule, target, ports & 0xffff)) >>> 0
    }
    flows.redirect(row, src, target.address, outPorts)
    if (target.address !== dst || outPorts !== ports) flows.flags[row]! |= CHANGES_DESTINATION
    this.translation.destinationRule(row, rule.number)
    const { trace, place } = this.context
    if (rule.decides !== undefined && (trace.mask & DECIDED) !== 0) {
      trace.emit(DECIDED, place, packet.frame, rule.decides, number, flows.serial(row))
    }
  }

  /** After routing: the source of the flow in `row`. BOUND, UNTRACKED or NONE_FREE. */
  source(packet: Packet, row: number): number {
    const { flows } = this.tracker
    const { src, dst, protocol, balanced } = packet
    // A balancer that has changed the source itself leaves nothing to do.
    if (src !== flows.clientAddress(row)) return UNTRACKED
    const ports = portsOf(packet)
    const nowNs = this.context.clock.now
    const translated = balanced || (flows.flags[row]! & CHANGES_DESTINATION) !== 0
    const rule =
      packet.hook === POSTROUTING
        ? this.rules.findSource({ src, dst, ports, protocol, nowNs }, packet.outPlace, translated)
        : undefined
    if (balanced && !this.settings.tracksServices && rule?.onlyTranslated !== true) return UNTRACKED
    const range = rule === undefined ? this.only(src) : (rule.range ?? this.own(packet))
    this.draft = row
    if (!this.pool.choose(range, src, dst, ports, protocol)) return NONE_FREE
    const outPorts = this.pool.port * 0x1_0000 + (ports & 0xffff)
    flows.redirect(row, this.pool.address, dst, outPorts)
    if (this.pool.address !== src || outPorts !== ports) flows.flags[row]! |= CHANGES_SOURCE
    this.translation.sourceRule(row, rule?.number ?? this.settings.ruleCount)
    return BOUND
  }

  /** The flow has its tuples for good. */
  settled(row: number): void {
    if ((this.tracker.flows.flags[row]! & CHANGES_SOURCE) !== 0) this.sources.add(row)
  }

  /** Before a settled flow ends. */
  forget(row: number): void {
    if ((this.tracker.flows.flags[row]! & CHANGES_SOURCE) !== 0) this.sources.remove(row)
  }

  private own({ outPlace, dst }: Packet): SourceRange {
    return this.only(this.host.ownAddress(outPlace, dst))
  }

  private only(address: number): SourceRange {
    this.single.addresses[0] = address
    return this.single
  }

  /** Gives the tuple of a flow that is over to the one that is being bound. */
  private reclaim(flow: number): boolean {
    const row = flow >> 1
    if ((flow & 1) === 0 || !this.tracker.mayReplace(row, this.draft)) return false
    this.tracker.remove(row)
    return true
  }
}
