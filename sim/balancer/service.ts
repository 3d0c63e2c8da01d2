import type { SourceRange } from '../nat/port-pool.ts'
import type { PersistSettings } from './persist/index.ts'
import type { GroupSettings } from './roster/groups.ts'
import type { PassiveSettings } from './roster/passive.ts'
import type { QuorumSettings } from './roster/quorum.ts'
import type { Dice, ScheduleSettings } from './schedule/scheduler.ts'

/** What a balancer is told about a virtual service: plain data. Addresses are IPv4 numbers. */
export interface ServiceConfig {
  /** Number of the service in the run, for events. */
  readonly number: number
  readonly name: string
  readonly vips: readonly VipConfig[]
  /** Word of a forwarder and of a scheduler; see their indices. */
  readonly forward: string
  readonly schedule: string
  readonly scheduleSettings: ScheduleSettings
  /** What schedulers that draw lots draw with. */
  readonly dice: Dice
  /** In the order in which the scheduler scans them. */
  readonly servers: readonly ServerConfig[]
  /** How connections are kept together; undefined: each is a choice of its own. */
  readonly persist: PersistConfig | undefined
  /** UDP: every datagram is a choice of its own. */
  readonly onePacket: boolean
  /** `snat`: where sources are taken from; no addresses: the machine's own towards a server. */
  readonly sources?: SourceRange | undefined
  /** Words of the schedulers that it will get later (`ServiceChange`). */
  readonly laterSchedules?: readonly string[] | undefined
  /** Priority groups; undefined: all servers are one. */
  readonly groups?: GroupSettings | undefined
  /** Number of the server of last resort, and when it is needed: below this quorum. */
  readonly sorry?: number | undefined
  readonly quorum?: QuorumSettings | undefined
  /** Share of healthy servers, 0 to 1, below which health is ignored. */
  readonly panicBelow?: number | undefined
  /** How long a server that has come back takes to its whole weight. */
  readonly slowStartNs?: number | undefined
  /** What becomes of the connections of a server that goes down. */
  readonly whenDown?: WhenDown | undefined
  readonly passive?: PassiveSettings | undefined
}

export type { GroupSettings, PassiveSettings, QuorumSettings }

/**
 * `keep`: they go on to it, as with keepalived's inhibit_on_failure. `drop`: their packets lead
 * nowhere, as when the server is removed. `reset`: both ends are told, and they are over.
 */
export type WhenDown = 'keep' | 'reset' | 'drop'

/** What may become different in the life of a service; what is not named stays. */
export type ServiceChange = Partial<
  Omit<ServiceConfig, 'number' | 'name' | 'vips' | 'dice' | 'servers' | 'laterSchedules'>
>

export interface PersistConfig extends PersistSettings {
  /** Word of a persistence. */
  readonly kind: string
}

export interface VipConfig {
  readonly address: number
  /** First and last port; 0 and 65535 for every port. */
  readonly port: number
  readonly lastPort: number
  readonly protocol: 'tcp' | 'udp' | 'any'
}

export interface ServerConfig {
  /** `rs1:80`, for people. */
  readonly name: string
  readonly address: number
  /** 0: the port the client asked. */
  readonly port: number
  readonly weight: number
  /** Connections at which it gets no more (0: no bound), and below which it gets some again. */
  readonly upperThreshold: number
  readonly lowerThreshold: number
  /** False for one that is added later, and for a sorry server. */
  readonly fromStart: boolean
  /** The group it belongs to: the higher, the better. Standby is 0. */
  readonly rank?: number | undefined
}

/** What may be changed of a server; undefined leaves it as it is. */
export interface ServerBounds {
  readonly weight: number | undefined
  readonly upperThreshold: number | undefined
  readonly lowerThreshold: number | undefined
}

/** A real server as the balancer keeps it. */
export interface Server {
  /** Number in its service, for life: the order of configuring. */
  readonly number: number
  readonly name: string
  readonly address: number
  readonly port: number
  /** Number of the first rule "it chose this server", one for each scheduler; for events. */
  readonly rule: number
  /** Group it belongs to. */
  readonly rank: number
  /** Weight that it was given, and what schedulers see of it now. */
  ownWeight: number
  weight: number
  /** The last weight that was not 0. */
  lastWeight: number
  upperThreshold: number
  lowerThreshold: number
  /** Its connections have reached the upper threshold. */
  overloaded: boolean
  /** Connections that count as active, and the others that are remembered. */
  active: number
  inactive: number
  /** False once it was removed: its open connections have nowhere to go. */
  present: boolean
  /** False while a check says that it does not work. */
  healthy: boolean
  /** Taken out for a while because its connections fail. */
  ejected: boolean
  /** Healthy and not ejected. */
  up: boolean
}

/** A connection that wants a server: address numbers and ports. */
export interface Arrival {
  readonly client: number
  readonly clientPort: number
  readonly virtual: number
  readonly virtualPort: number
}
