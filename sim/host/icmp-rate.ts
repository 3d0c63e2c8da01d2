import type { Stream } from '../engine/chance.ts'
import * as icmp from '../wire/icmp.ts'
import type { Host } from './host.ts'
import type { Peers } from './peers.ts'

const NS_PER_MS = 1_000_000
const NS_PER_S = 1_000_000_000
/** The kernel's clock tick at HZ = 250. */
const TICK_NS = 4_000_000
/** Errors that may go to one destination at once before the rate bites (XRLIM_BURST_FACTOR). */
const BURST = 6
/** The machine's allowance is renewed when it has not been for so long (icmp_global_allow). */
const RENEWAL_NS = 20_000_000

/**
 * How many ICMP errors a machine sends (RFC 1812 §4.3.2.8; Linux net/ipv4/icmp.c): six at once and
 * one a second to each destination, and so many in all. Only types in `icmp_ratemask` are counted,
 * and "fragmentation needed" never is.
 */
export class IcmpRate {
  private readonly host: Host
  private readonly peers: Peers
  private readonly chance: Stream
  private mask = 0
  private intervalNs = 0
  private perSecond = 0
  private burst = 0
  private credit = 0
  private renewedNs: number = -NS_PER_S
  private errorCostNs = 0
  private errorBurstNs = 0
  /** Errors that were not sent. */
  suppressed = 0

  constructor(host: Host, peers: Peers) {
    this.host = host
    this.peers = peers
    this.chance = host.world.chance.stream(`${host.name} icmp rate`)
    this.configure()
  }

  /** Reads the machine's settings; called again when a step changes them. */
  configure(): void {
    const setting = (key: string): number => this.host.sysctl.number(`net.ipv4.${key}`)
    this.mask = setting('icmp_ratemask')
    this.intervalNs = setting('icmp_ratelimit') * NS_PER_MS
    this.perSecond = setting('icmp_msgs_per_sec')
    this.burst = setting('icmp_msgs_burst')
    this.errorCostNs = setting('route.error_cost') * TICK_NS
    this.errorBurstNs = setting('route.error_burst') * TICK_NS
  }

  /** Whether an error of this type may go to `to` now; counts it if so. */
  allows(to: number, type: number, code: number): boolean {
    if (((this.mask >> type) & 1) === 0) return true
    if (type === icmp.UNREACHABLE && code === icmp.FRAGMENTATION_NEEDED) return true
    if (this.allowsOne() && this.allowsTo(to)) return true
    this.suppressed++
    return false
  }

  /** Whether `to` may be told that there is no route: five at once, then one a second. */
  allowsNoRoute(to: number): boolean {
    const allowed = this.peers.take(this.peers.of(to), this.errorCostNs, this.errorBurstNs)
    if (!allowed) this.suppressed++
    return allowed
  }

  private allowsTo(to: number): boolean {
    if (this.intervalNs === 0) return true
    return this.peers.take(this.peers.of(to), this.intervalNs, BURST * this.intervalNs)
  }

  /**
   * The allowance of the whole machine, for errors of both families; how much one takes is drawn
   * (0 to 2).
   */
  allowsOne(): boolean {
    const { now } = this.host
    const sinceNs = Math.min(now - this.renewedNs, NS_PER_S)
    if (sinceNs >= RENEWAL_NS) {
      const more = Math.floor((this.perSecond * sinceNs) / NS_PER_S)
      if (more > 0) {
        this.renewedNs = now
        this.credit = Math.min(this.credit + more, this.burst)
      }
    }
    if (this.credit <= 0) return false
    this.credit = Math.max(0, this.credit - this.chance.below(3))
    return true
  }
}
