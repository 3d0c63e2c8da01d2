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
import type { ExpectationSheet, TableName } from './expect-types.ts'
import type { NatRuleSheet } from './nat-types.ts'
import type { Place } from './place.ts'
import type { ServiceSheet } from './service-types.ts'
import type { FaultStep } from './fault-steps.ts'
import type { Plan } from '../../../topology/plan.ts'

export type * from './expect-types.ts'
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
