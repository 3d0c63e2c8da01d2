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
import { dropCode, TRANSLATED } from '../trace/index.ts'
import * as icmp from '../wire/icmp.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as tcp from '../wire/tcp.ts'
import { NO_FLOW } from './flow-table.ts'
import { Quote } from './quote.ts'
import {
  rewriteDestination,
  rewriteDestinationAddress,
  rewriteSourceAddress,
  rewriteSource,
} from './rewrite.ts'
import { type NatRule, Rules } from './rules.ts'
import { CHANGES_DESTINATION, CHANGES_SOURCE, NEW, Tracker, type TrackRow } from './tracker.ts'
import { turned } from './tuple.ts'

export type { TrackRow } from './tracker.ts'

const FULL = dropCode('conntrack-full')
const CLASH = dropCode('nat-clash')

/** After all others (NF_IP_PRI_CONNTRACK_CONFIRM). */
const PRIORITY_CONFIRM = 0x7fff_ffff

export interface ConntrackSettings {
  /** nf_conntrack_tcp_loose. */
  readonly loose: boolean
  /** nf_conntrack_max. */
  readonly max: number
}

/**
 * Connection tracking and the `nat` rules of one machine, as netfilter has them (read
 * net/netfilter/nf_conntrack_core.c and nf_nat_core.c beside it). A rule decides for the first
 * packet of a flow; all others, answers and ICMP errors follow the flow.
 *
 * Destinations change in PREROUTING and OUTPUT, sources in INPUT and POSTROUTING, in both
 * directions: what changed the destination of requests changes the source of answers. Not here yet:
 * rules for the source, other ports when two flows would look alike, errors that quote an echo.
 * The machine has to hand over whole packets, as only the first fragment of a packet has ports.
 */
export class Conntrack {
  private readonly context: HookContext
  private readonly rules: Rules
  private readonly firstRule: number
  private readonly tracker: Tracker
  private readonly max: number
  private readonly quote: Quote
  /** Row whose first packet has not left the hooks yet: it is forgotten when it never does. */
  private unconfirmed = NO_FLOW

  /** `firstRule`: number of this machine's first rule among all of the run. */
  constructor(
    context: HookContext,
    rules: readonly NatRule[],
    firstRule: number,
    settings: ConntrackSettings,
  ) {
    this.context = context
    this.quote = new Quote(context.addresses)
    this.rules = new Rules(rules)
    this.firstRule = firstRule
    this.tracker = new Tracker(context.clock, settings.loose, (row) => {
      if (row === this.unconfirmed) this.unconfirmed = NO_FLOW
    })
    this.max = settings.max
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

  /** Flows remembered now, oldest first. */
  rows(): TrackRow[] {
    this.forgetUnconfirmed()
    return this.tracker.rows()
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
    const { view } = packet.frame
    if (isError(packet)) {
      this.relate(packet)
      return ACCEPT
    }
    this.forgetUnconfirmed()
    const src = ipv4.src(view, packet.network)
    const dst = ipv4.dst(view, packet.network)
    const { protocol } = packet
    const flags = protocol === ipv4.TCP ? tcp.flags(view, packet.transport) : 0
    const ports = portsOf(packet)
    const found = this.tracker.follow(src, dst, ports, protocol, flags)
    if (found !== NEW) {
      packet.flow = found
      return ACCEPT
    }
    // An echo reply that nobody asked for begins nothing.
    if (protocol === ipv4.ICMP && icmp.type(view, packet.transport) !== icmp.ECHO_REQUEST) {
      return ACCEPT
    }
    return this.begin(packet, src, dst, ports, flags)
  }

  private begin(packet: Packet, src: number, dst: number, ports: number, flags: number): Verdict {
    const { protocol } = packet
    const { flows } = this.tracker
    const { now } = this.context.clock
    flows.sweep(now)
    if (flows.size >= this.max) {
      packet.reason = FULL
      return DROP
    }
    const rule = this.rules.find(packet.inPlace, src, dst, ports, protocol)
    let outDst = dst
    let outPorts = ports
    if (rule >= 0) {
      const target = this.rules.next(rule)
      outDst = target.address
      if (protocol !== ipv4.ICMP) {
        const port = this.rules.portAt(rule, target, ports & 0xffff)
        outPorts = ((ports & 0xffff0000) | port) >>> 0
      }
    }
    if (flows.find(outDst, src, turned(outPorts), protocol, now) !== NO_FLOW) {
      packet.reason = CLASH
      return DROP
    }
    const row = this.tracker.begin(src, dst, ports, protocol, flags, outDst, outPorts)
    flows.server[row] = rule
    if (outDst !== dst || outPorts !== ports) flows.flags[row]! |= CHANGES_DESTINATION
    packet.flow = row * 2
    this.unconfirmed = row
    return ACCEPT
  }

  /** An ICMP error belongs to the flow it is about, and goes in the direction of its receiver. */
  private relate(packet: Packet): void {
    if (!this.quote.read(packet)) return
    const { src, dst, answerPorts, protocol } = this.quote
    const { now } = this.context.clock
    packet.flow = this.tracker.flows.find(dst, src, answerPorts, protocol, now)
  }

  private destination(packet: Packet): Verdict {
    const { flow } = packet
    if (flow < 0 || packet.balanced) return ACCEPT
    const { flows } = this.tracker
    const row = flow >> 1
    const reply = (flow & 1) === 1
    const bit = reply ? CHANGES_SOURCE : CHANGES_DESTINATION
    if ((flows.flags[row]! & bit) === 0) return ACCEPT
    const address = reply ? flows.clientAddress(row) : flows.serverAddress(row)
    const port = reply ? flows.clientPort(row) : flows.serverPort(row)
    this.sayTranslated(packet)
    if (packet.protocol !== ipv4.ICMP) rewriteDestination(packet, address, port, this.context)
    else {
      rewriteDestinationAddress(packet, address, this.context)
      if (isError(packet) && this.quote.read(packet))
        this.quote.rewriteSource(packet, address, port)
    }
    return ACCEPT
  }

  private source(packet: Packet): Verdict {
    const { flow } = packet
    if (flow < 0 || packet.balanced) return ACCEPT
    const { flows } = this.tracker
    const row = flow >> 1
    const reply = (flow & 1) === 1
    const bit = reply ? CHANGES_DESTINATION : CHANGES_SOURCE
    if ((flows.flags[row]! & bit) === 0) return ACCEPT
    const address = reply ? flows.virtualAddress(row) : flows.outsideAddress(row)
    const port = reply ? flows.virtualPort(row) : flows.outsidePort(row)
    this.sayTranslated(packet)
    if (packet.protocol !== ipv4.ICMP) rewriteSource(packet, address, port, this.context)
    else {
      rewriteSourceAddress(packet, address, this.context)
      if (isError(packet) && this.quote.read(packet))
        this.quote.rewriteDestination(packet, address, port)
    }
    return ACCEPT
  }

  private confirm(packet: Packet): Verdict {
    if (packet.flow >= 0 && packet.flow >> 1 === this.unconfirmed) this.unconfirmed = NO_FLOW
    return ACCEPT
  }

  private forgetUnconfirmed(): void {
    if (this.unconfirmed === NO_FLOW) return
    this.tracker.flows.remove(this.unconfirmed)
    this.unconfirmed = NO_FLOW
  }

  private sayTranslated(packet: Packet): void {
    const { trace, place } = this.context
    if ((trace.mask & TRANSLATED) === 0) return
    const { flows } = this.tracker
    const row = packet.flow >> 1
    const rule = this.firstRule + flows.server[row]!
    trace.emit(TRANSLATED, place, packet.frame, rule, flows.serial(row), packet.flow & 1)
  }
}

/** Whether the packet is of a kind that is tracked, with all octets that tracking reads. */
function isTracked({ protocol, frame, network, transport, end }: Packet): boolean {
  if ((ipv4.fragment(frame.view, network) & 0x1fff) !== 0) return false
  if (protocol === ipv4.TCP) return end - transport >= tcp.MIN_LEN
  if (protocol === ipv4.UDP) return end - transport >= 8
  if (protocol !== ipv4.ICMP || end - transport < icmp.HEADER_LEN) return false
  const type = icmp.type(frame.view, transport)
  return type === icmp.ECHO_REQUEST || type === icmp.ECHO_REPLY || isErrorType(type)
}

function isError({ protocol, frame, transport }: Packet): boolean {
  return protocol === ipv4.ICMP && isErrorType(icmp.type(frame.view, transport))
}

function isErrorType(type: number): boolean {
  return type === icmp.UNREACHABLE || type === icmp.TIME_EXCEEDED || type === icmp.PARAMETER_PROBLEM
}

/** Source x 65536 + destination port; of an echo its identifier as both. */
function portsOf({ protocol, frame, transport }: Packet): number {
  if (protocol !== ipv4.ICMP) return tcp.ports(frame.view, transport)
  return icmp.ident(frame.view, transport) * 0x1_0001
}
