import type { CheckDetails } from '../../balancer/health/index.ts'
import type { PersistConfig } from '../../balancer/service.ts'
import type { ScheduleSettings } from '../../balancer/schedule/index.ts'
import type { Address } from '../../wire/address.ts'
import type { RosterSheet } from './complete-roster.ts'
import type { Place } from './place.ts'

/** Services of a completed sheet. */

export interface ServerSheet extends Place {
  readonly node: number
  /** `rs1:80`, for messages. */
  readonly name: string
  readonly address: Address
  /** 0: the port the client asked. */
  readonly port: number
  readonly weight: number
  /** Connections at which it gets no more, 0 for no bound; below which it gets some again. */
  readonly upperThreshold: number
  readonly lowerThreshold: number
  /** Whether it is a server from the beginning; not: added by a step, or the sorry server. */
  readonly fromStart: boolean
  /** Its priority; 0 for one that stands by. */
  readonly rank: number
}

/** A check of a service's servers. */
export interface CheckSheet {
  /** Word of a check. */
  readonly kind: string
  readonly everyNs: number
  readonly retryNs: number
  readonly downNs: number
  readonly timeoutNs: number
  readonly tries: number
  readonly rise: number
  /** 0: that of the server. */
  readonly port: number
  readonly details: CheckDetails
}

export interface VipSheet {
  readonly address: Address
  /** 0 with `lastPort` 65535: every port. */
  readonly port: number
  readonly lastPort: number
  /** `any`: TCP and UDP. */
  readonly protocol: 'tcp' | 'udp' | 'any'
}

export interface SourceSheet {
  readonly addresses: readonly Address[]
  readonly firstPort: number
  readonly lastPort: number
}

/** What a step replaces of a service; settings that are not named stay. */
export interface ChangeSheet {
  readonly settings: Partial<ServiceSettings>
  readonly checks: readonly CheckSheet[] | undefined
}

/** Settings that may change while a service runs. */
export interface ServiceSettings extends RosterSheet {
  /** Word of a forwarder. */
  readonly forward: string
  /** `snat`: addresses (none: the balancer's own) and ports (0: any) of translated sources. */
  readonly sources: SourceSheet
  readonly schedule: string
  readonly scheduleSettings: ScheduleSettings
  readonly persist: PersistConfig | undefined
  readonly onePacket: boolean
}

export interface ServiceSheet extends Place, ServiceSettings {
  readonly name: string
  readonly node: number
  readonly vips: readonly VipSheet[]
  /** Words of all schedulers that it has in its life, the first one first. */
  readonly schedules: readonly string[]
  readonly servers: readonly ServerSheet[]
  readonly checks: readonly CheckSheet[]
  /** Index of the server of last resort. */
  readonly sorry: number | undefined
  /** What steps will change, by their places among the steps. */
  readonly changes: ReadonlyMap<number, ChangeSheet>
}
