import type { Address, Prefix } from '../sim/wire/address.ts'

/**
 * The completed drawing: every machine, cable and address, with nothing left to assume. Plain
 * frozen data; what it does is elsewhere.
 */
export interface Plan {
  readonly title: string
  /** The host file of every machine. */
  readonly names: readonly NameEntry[]
  readonly networks: readonly NetworkPlan[]
  readonly nodes: readonly NodePlan[]
}

export interface NameEntry {
  readonly name: string
  readonly address: Address
}

/** Settings of one direction of one cable. */
export interface CablePlan {
  readonly delayNs: number
  readonly jitterNs: number
  readonly rateBps: number
  /** Frames that wait behind the one being sent. */
  readonly queueFrames: number
  /** Octets of IP. */
  readonly mtu: number
  /** Shares of frames, 0 to 1, each drawn from a stream of its own. */
  readonly loss: number
  readonly duplicate: number
  readonly reorder: number
  /** With a wrong check sequence, which the next port sees. */
  readonly corrupt: number
  /** With a flipped bit that the check sequence does not tell. */
  readonly corruptAfterFcs: number
}

export interface NetworkMember {
  /** Indices into `nodes` and its `interfaces`. */
  readonly node: number
  readonly iface: number
  /** What differs on this member's cable. */
  readonly cable: Partial<CablePlan>
}

export interface NetworkPlan extends CablePlan {
  readonly name: string
  readonly index: number
  readonly subnets: readonly Prefix[]
  readonly wire: 'cable' | 'switch' | 'hub'
  /** In the order in which they were plugged in. */
  readonly members: readonly NetworkMember[]
}

export type Role = 'host' | 'server' | 'router' | 'balancer'

export interface InterfacePlan {
  readonly name: string
  /** Place among the machine's interfaces; 0 is `lo`. */
  readonly index: number
  readonly loopback: boolean
  /** Index of the network, -1 for `lo`. */
  readonly network: number
  readonly addresses: readonly Prefix[]
  /** 48-bit integer, 0 for `lo`. */
  readonly mac: number
  readonly mtu: number
}

export interface RoutePlan {
  readonly to: Prefix
  /** Next hop; undefined when the destination is on the wire itself. */
  readonly via: Address | undefined
  /** Index of the interface. */
  readonly iface: number
}

export interface NeighbourPlan {
  readonly iface: number
  readonly address: Address
  readonly mac: number
}

export interface ResolverPlan {
  readonly server: Address
  readonly cache: boolean
  readonly ttl: 'obey' | 'ignore' | 'for-ever'
  readonly use: 'first' | 'any'
}

export interface NodePlan {
  readonly name: string
  readonly index: number
  readonly role: Role
  /** The first is `lo`. */
  readonly interfaces: readonly InterfacePlan[]
  /** Connected routes are not listed: they follow from the addresses. */
  readonly routes: readonly RoutePlan[]
  /** What differs from Linux's defaults, under Linux's names. */
  readonly sysctl: Readonly<Record<string, number>>
  readonly neighbours: readonly NeighbourPlan[]
  readonly resolver: ResolverPlan | undefined
  /** Processors for programs that need work; Infinity without a limit. */
  readonly cores: number
  /** From the arrival of what a program waits for until it goes on. */
  readonly wakeNs: number
  /** How long a closed connection is remembered. */
  readonly timeWaitNs: number
  readonly note: string | undefined
}
