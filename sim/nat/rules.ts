import type { Prefix } from '../wire/address.ts'
import type { AddressBook } from '../wire/address-book.ts'
import { isIpv6 } from '../wire/address-book.ts'
import * as ipv4 from '../wire/ipv4.ts'
import { hashAddress, scaled } from './jhash.ts'
import type { SourceRange } from './port-pool.ts'

/** Part of the addresses and ports that a rule speaks of; what is left out is everything. */
export interface Match {
  readonly prefix?: Prefix
  readonly port?: number
  readonly lastPort?: number
  readonly protocol?: 'tcp' | 'udp'
}

export interface Target {
  /** Number of the address book. */
  readonly address: number
  /** First and last port; 0 keeps the port. */
  readonly port: number
  readonly lastPort: number
}

/** What decides among several targets: turns (numgen inc), or a hash of the source (jhash). */
export type Choice = { readonly kind: 'turn' } | { readonly kind: 'hash'; readonly seed: number }

interface RuleBase {
  /** Number of the rule among those of its machine: what TRANSLATED events say. */
  readonly number: number
  readonly from: Match
  readonly to: Match
  /** Instant from which it is there; left out: from the beginning. */
  readonly startsNs?: number
}

/** Changes the destination of a new flow, in PREROUTING. */
export interface DestinationRule extends RuleBase {
  /** Place of the interface the packet came in by; left out: any. */
  readonly inPlace?: number
  /** At least one. */
  readonly targets: readonly Target[]
  readonly choice: Choice
  /** Number of the rule in DECIDED events; left out: nobody is told of its choices. */
  readonly decides?: number
}

/** Changes the source of a new flow, in POSTROUTING. */
export interface SourceRule extends RuleBase {
  /** Place of the interface the packet leaves by; left out: any. */
  readonly outPlace?: number
  /** Only flows whose destination was changed before. */
  readonly onlyTranslated: boolean
  /** Undefined: the machine's own address towards the next hop (masquerade). */
  readonly range: SourceRange | undefined
}

/** What rules look at: a packet as it is now. Ports: source x 65536 + destination. */
export interface Candidate {
  readonly src: number
  readonly dst: number
  readonly ports: number
  readonly protocol: number
  /** The instant of looking. */
  readonly nowNs: number
}

/** The rules of one machine, with their turns. The first that fits a new flow decides for it. */
export class Rules {
  private readonly addresses: AddressBook
  private readonly destinations: readonly DestinationRule[]
  private readonly sources: readonly SourceRule[]
  private readonly turns: number[]

  constructor(
    addresses: AddressBook,
    destinations: readonly DestinationRule[],
    sources: readonly SourceRule[],
  ) {
    this.addresses = addresses
    this.destinations = destinations
    this.sources = sources
    this.turns = destinations.map(() => 0)
  }

  /** Index of the first rule for the destination that fits, or -1. */
  findDestination(packet: Candidate, inPlace: number): number {
    for (let i = 0; i < this.destinations.length; i++) {
      const rule = this.destinations[i]!
      if (rule.inPlace !== undefined && rule.inPlace !== inPlace) continue
      if (this.fits(rule, packet)) return i
    }
    return -1
  }

  /** The first rule for the source that fits, or undefined. */
  findSource(packet: Candidate, outPlace: number, translated: boolean): SourceRule | undefined {
    for (let i = 0; i < this.sources.length; i++) {
      const rule = this.sources[i]!
      if (rule.outPlace !== undefined && rule.outPlace !== outPlace) continue
      if (rule.onlyTranslated && !translated) continue
      if (this.fits(rule, packet)) return rule
    }
    return undefined
  }

  destination(index: number): DestinationRule {
    return this.destinations[index]!
  }

  /** Index of the target that a new flow from `src` gets. */
  choose(index: number, src: number): number {
    const { targets, choice } = this.destinations[index]!
    if (choice.kind === 'hash') {
      return scaled(hashAddress(this.addresses, src, choice.seed), targets.length)
    }
    const turn = this.turns[index]!
    this.turns[index] = (turn + 1) % targets.length
    return turn
  }

  private fits({ from, to, startsNs = 0 }: RuleBase, packet: Candidate): boolean {
    const { src, dst, ports, protocol } = packet
    return (
      startsNs <= packet.nowNs &&
      this.matches(from, src, ports >>> 16, protocol) &&
      this.matches(to, dst, ports & 0xffff, protocol)
    )
  }

  private matches(match: Match, address: number, port: number, protocol: number): boolean {
    if (match.prefix !== undefined && !this.holds(match.prefix, address)) return false
    if (match.protocol !== undefined) {
      if (protocol !== (match.protocol === 'tcp' ? ipv4.TCP : ipv4.UDP)) return false
    }
    if (match.port === undefined) return true
    // A port means TCP and UDP.
    if (protocol !== ipv4.TCP && protocol !== ipv4.UDP) return false
    return port >= match.port && port <= (match.lastPort ?? match.port)
  }

  private holds(prefix: Prefix, number: number): boolean {
    const { address, length } = prefix
    if (isIpv6(number) !== (address.family === 6)) return false
    if (address.family === 4) return sameBits(number, address.v4, length)
    for (let i = 0; i < 4 && length > i * 32; i++) {
      const bits = Math.min(length - i * 32, 32)
      if (!sameBits(this.addresses.word(number, i), address.words[i]!, bits)) return false
    }
    return true
  }
}

/** Port that a flow to `port` gets at a target of a rule. */
export function portAt({ to }: DestinationRule, target: Target, port: number): number {
  if (target.port === 0) return port
  if (to.port === undefined) return target.port
  // Ranges of one length keep the place in the range; any other range begins at its first port.
  const first = to.port
  const length = (to.lastPort ?? first) - first
  return length === target.lastPort - target.port ? target.port + port - first : target.port
}

/** Whether the first `length` (1 to 32, or 0 for any) bits are the same. */
function sameBits(one: number, other: number, length: number): boolean {
  return length === 0 || (one ^ other) >>> (32 - length) === 0
}
