import type { AddressBook } from '../../wire/address-book.ts'
import type { Clock } from '../../trace/index.ts'
import type { Arrival, Server } from '../service.ts'

/** A rule by which a service chooses the server of a new connection: a file each. */
export interface Scheduler {
  /** The word a sheet writes. */
  readonly name: string
  /** What it does, in one sentence. */
  readonly sentence: string
  /** Where the rule comes from. */
  readonly source: string
  /** What other balancers call it. */
  readonly elsewhere: readonly string[]
  /** Whether it may find nobody although a server has weight (a full one, a bucket without one). */
  readonly mayRefuse?: boolean
  /** Whether a server gets connections in proportion to its weight, whatever the unit. */
  readonly byShare?: boolean
  /** Whether the same client (or destination) meets the same server again while nothing changes. */
  readonly byHash?: boolean
  /** Whether it needs a forwarder that sees what servers answer. */
  readonly needsAnswers?: boolean
  /** Begins the turn of one service. */
  start(pool: Pool, around: Surroundings): Turn
}

/** The servers to choose from. */
export interface Pool {
  /** Those that may be chosen, in scan order; after each change another array. */
  readonly scan: readonly Server[]
  /** All that are configured, those too that checks have found down. */
  readonly order: readonly Server[]
}

/** Numbers that look random and are the same in every run with the same seed. */
export interface Dice {
  /** An integer from 0 up to, and without, `bound`. */
  below(bound: number): number
}

/** What a scheduler may use besides the servers. */
export interface Surroundings {
  readonly clock: Clock
  readonly addresses: AddressBook
  readonly dice: Dice
  readonly settings: ScheduleSettings
  /** All service ports of a server's machine at this balancer, itself among them. */
  ports(server: Server): readonly Server[]
}

/** Settings of a scheduler, as a sheet writes them. */
export interface ScheduleSettings {
  /** The client's port counts too, not only its address (sh-port, mh-port). */
  readonly port?: boolean | undefined
  /** A client whose server cannot take it is given to another (sh-fallback, mh-fallback). */
  readonly fallback?: boolean | undefined
  /** Whose hash it is; the scheduler's first one when left out. */
  readonly function?: 'ipvs' | 'jhash' | 'nginx' | 'haproxy' | undefined
  /** What the hash begins with. */
  readonly seed?: number | undefined
  /** Part of its fair share of connections that no server may exceed: 1.25. */
  readonly boundedLoad?: number | undefined
  /** Slots of a lookup table, a prime. */
  readonly slots?: number | undefined
  /** Whose connections count: those of one service port, or of a machine with all of its ports. */
  readonly per?: 'port' | 'server' | undefined
  /** Whose way of breaking ties and spreading turns. */
  readonly rule?: 'ipvs' | 'nginx' | 'haproxy' | undefined
  /** Time after which a measurement counts half. */
  readonly forgetNs?: number | undefined
}

/** A scheduler at work for one service. */
export interface Turn {
  /** The server for a new connection, or undefined for none. */
  choose(arrival: Arrival): Server | undefined
  /** Servers were added, removed or given other weights. */
  changed(): void
  /** A server has answered a SYN with SYN+ACK, so long after it was passed on. */
  answered?(server: Server, tookNs: number): void
  /** A server has one active connection more or less than before. */
  counted?(server: Server): void
}

/** Whether a server may be given new connections. */
export function isEligible(server: Server): boolean {
  return server.weight > 0 && !server.overloaded
}
