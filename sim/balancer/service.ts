import type { SourceRange } from '../nat/port-pool.ts'
import type { PersistSettings } from './persist/index.ts'
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
  readonly sources?: SourceRange
}

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
  /** False for one that is added later. */
  readonly fromStart: boolean
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
  /** Number of the rule "this service chose this server", for events. */
  readonly rule: number
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
  up: boolean
}

/** A connection that wants a server: address numbers and ports. */
export interface Arrival {
  readonly client: number
  readonly clientPort: number
  readonly virtual: number
  readonly virtualPort: number
}
