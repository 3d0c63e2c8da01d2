import type {
  ConnectSettings,
  ContinueSettings,
  DatagramSettings,
  LoadSettings,
  PageSettings,
  PingSettings,
  ProgramSettings,
  ReplaySettings,
  RequestSettings,
  ResolveSettings,
  RunSettings,
  SocketSettings,
  SynFloodSettings,
  TrafficSettings,
} from '../../app/settings.ts'
import type { BalancingStep } from './balancing-steps.ts'
import type { ChangeStep } from './change-steps.ts'
import type { ExpertSheet } from './expert-items.ts'
import type { LinePlace, PacketLine } from './packet-pattern.ts'
import type { NatRuleSheet } from './nat-types.ts'
import type { Place } from './place.ts'
import type { ServiceSheet } from './service-types.ts'
import type { FaultStep } from './fault-steps.ts'
import type { Plan } from '../../../topology/plan.ts'

export type * from './nat-types.ts'
export type { Place } from './place.ts'
export type * from './service-types.ts'

/** A mistake, or with `warning` only a remark, at a place of the file. */
export interface SheetProblem extends Place {
  readonly problem: string
  readonly hint: string | undefined
  readonly warning: boolean
}

/** The completed sheet: plain frozen data, every default filled in. */
export interface Sheet {
  readonly file: string
  readonly title: string
  readonly aim: string
  readonly covers: readonly string[]
  readonly plan: Plan
  readonly programs: readonly ProgramSheet[]
  readonly services: readonly ServiceSheet[]
  readonly nat: readonly NatRuleSheet[]
  readonly filter: readonly FilterRuleSheet[]
  readonly steps: readonly StepSheet[]
  /** End of the run; undefined: 1 s after the last step and connection has ended. */
  readonly untilNs: number | undefined
  readonly expect: readonly ExpectationSheet[]
  readonly allow: readonly AllowSheet[]
  readonly expert: readonly ExpertSheet[]
  readonly seed: number
  /** Wall clock at virtual time 0, in nanoseconds since 1970 as [seconds, nanoseconds]. */
  readonly epochSeconds: number
  readonly parity: ParitySheet | undefined
  readonly notes: readonly NoteSheet[]
  readonly warnings: readonly SheetProblem[]
}

export interface AllowSheet extends Place {
  readonly invariant: string
  readonly reason: string
}

/** A remark of the teacher, beside a machine or a network by name. */
export interface NoteSheet extends Place {
  readonly atNs: number
  readonly beside: string | undefined
  readonly text: string
}

export interface ParitySheet extends Place {
  readonly against: string
  readonly sinceNs: number
  /** Interface of ours (`lb.outside`) -> name of the capture (`lb-eth0`). */
  readonly names: Readonly<Record<string, string>>
  readonly without: readonly string[]
}

// --- programs ----------------------------------------------------------------------------------

export type * from './packet-pattern.ts'
export type { Operation } from '../../app/settings.ts'
export type PageSheet = PageSettings
export type RunSheet = RunSettings
export type SocketSheet = SocketSettings

export interface ProgramSheet extends Place, ProgramSettings {
  readonly nodes: readonly number[]
}

// --- filter ------------------------------------------------------------------------------------

/** A rule of a machine's packet filter. */
export interface FilterRuleSheet extends Place {
  readonly node: number
  readonly hook: 'forward' | 'input' | 'output'
  /** Index of an interface of the machine; undefined: any. */
  readonly inIface: number | undefined
  readonly outIface: number | undefined
  /** Display filter; undefined: every packet. */
  readonly match: string | undefined
  readonly verdict: 'drop' | 'reject' | 'accept'
}

// --- steps -------------------------------------------------------------------------------------

export interface StepBase extends Place {
  readonly name: string
  readonly index: number
  readonly atNs: number | undefined
  /** Index of the step after whose end this one begins. */
  readonly after: number | undefined
  readonly waitNs: number
  readonly note: string | undefined
}

export type Traffic = StepBase & TrafficSettings
export type RequestStep = StepBase & RequestSettings
export type ConnectStep = StepBase & ConnectSettings
export type ContinueStep = StepBase & ContinueSettings
export type DatagramStep = StepBase & DatagramSettings
export type PingStep = StepBase & PingSettings
export type ResolveStep = StepBase & ResolveSettings
export type LoadStep = StepBase & LoadSettings
export type SynFloodStep = StepBase & SynFloodSettings
export type ReplayStep = StepBase & ReplaySettings
export type { Target } from '../../app/settings.ts'
export type * from './change-steps.ts'
export type * from './fault-steps.ts'

export interface FlushStep extends StepBase {
  readonly verb: 'flush'
  readonly table: TableName
}

export interface SysctlStep extends StepBase {
  readonly verb: 'sysctl'
  readonly node: number
  readonly settings: Readonly<Record<string, number>>
}

export type StepSheet =
  | RequestStep
  | ConnectStep
  | ContinueStep
  | DatagramStep
  | PingStep
  | ResolveStep
  | LoadStep
  | SynFloodStep
  | ReplayStep
  | FlushStep
  | SysctlStep
  | ChangeStep
  | FaultStep
  | BalancingStep

/** `router.neighbours`, `lan.fdb`: whose table, and which. */
export interface TableName {
  readonly node: number | undefined
  readonly network: number | undefined
  readonly iface: number | undefined
  readonly table:
    | 'neighbours'
    | 'routes'
    | 'conntrack'
    | 'connections'
    | 'templates'
    | 'servers'
    | 'sockets'
    | 'fdb'
}

// --- expectations ------------------------------------------------------------------------------

/** A bound of a number: `min` and `max` include themselves. */
export interface Bound {
  readonly min: number
  readonly max: number
  /** As it was written, for messages. */
  readonly text: string
  /** The number is a share in per cent of the whole. */
  readonly percent: boolean
}

/** Half open: from <= t < to. */
export interface During {
  readonly fromNs: number
  readonly toNs: number
}

/** A place with an optional direction, of `where`. */
export interface Where {
  readonly place: LinePlace
  readonly direction: 'in' | 'out' | undefined
}

/** Connections that a machine should have. */
export interface ConnectionsSheet {
  readonly node: number
  readonly active: Bound | undefined
  readonly inactive: Bound | undefined
}

export interface ExpectationBase extends Place {
  readonly index: number
  readonly why: string | undefined
}

/** Exact fields by Wireshark's names; values may be references. */
export type With = readonly (readonly [string, string | number])[]

export type ExpectationSheet =
  | (ExpectationBase & {
      readonly kind: 'path'
      readonly lines: readonly PacketLine[]
      readonly nth: number
      readonly complete: boolean
    })
  | (ExpectationBase & {
      readonly kind: 'packet'
      readonly packetLine: PacketLine
      readonly with: With
      readonly at: Bound | undefined
      readonly times: Bound
      readonly during: During | undefined
    })
  | (ExpectationBase & {
      readonly kind: 'never'
      readonly packetLine: PacketLine
      readonly with: With
      readonly during: During | undefined
    })
  | (ExpectationBase & {
      readonly kind: 'order'
      readonly lines: readonly PacketLine[]
      readonly only: string | undefined
    })
  | (ExpectationBase & {
      readonly kind: 'count'
      readonly count: Bound
      readonly where: readonly Where[]
      readonly filter: string | undefined
      readonly during: During | undefined
    })
  | (ExpectationBase & {
      readonly kind: 'served'
      readonly servers: readonly { readonly node: number; readonly bound: Bound }[]
      readonly service: number | undefined
      readonly during: During | undefined
    })
  | (ExpectationBase & {
      readonly kind: 'sequence'
      readonly servers: readonly number[]
      readonly service: number | undefined
      readonly during: During | undefined
    })
  | (ExpectationBase & {
      readonly kind: 'health'
      readonly node: number
      readonly service: number | undefined
      readonly changes: readonly { readonly at: Bound; readonly up: boolean }[]
    })
  | (ExpectationBase & {
      readonly kind: 'response'
      readonly step: number
      readonly status: number | undefined
      readonly server: number | undefined
      readonly body: string | undefined
      readonly contains: string | undefined
      readonly headers: readonly (readonly [string, string])[]
      readonly bytes: Bound | undefined
      readonly took: Bound | undefined
      /** One outcome for all, or so many of each. */
      readonly outcome: string | readonly (readonly [string, Bound])[] | undefined
    })
  | (ExpectationBase & {
      readonly kind: 'table'
      readonly table: TableName
      readonly atNs: number | undefined
      readonly match: Readonly<Record<string, string>>
      readonly rows: Bound | undefined
      readonly has: readonly Readonly<Record<string, string>>[]
    })
  | (ExpectationBase & {
      readonly kind: 'connections'
      readonly servers: readonly ConnectionsSheet[]
      readonly service: number | undefined
      readonly atNs: number | undefined
    })
  | (ExpectationBase & {
      readonly kind: 'dropped'
      readonly reason: string
      readonly where: LinePlace | undefined
      readonly times: Bound
      readonly during: During | undefined
    })
