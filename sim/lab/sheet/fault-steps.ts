import type { CablePlan } from '../../../topology/plan.ts'
import type { StepBase } from './types.ts'

/** A step that breaks something; it ends when the fault does. */
export interface FaultBase extends StepBase {
  /** Undefined: to the end of the run. */
  readonly forNs: number | undefined
}

/** An end of a cable. */
export interface CableEnd {
  readonly node: number
  readonly iface: number
}

export interface ImpairStep extends FaultBase {
  readonly verb: 'impair'
  /** As the sheet names it: `rs1.eth0`, `lan`. */
  readonly target: string
  /** All ends of the network, or the one. */
  readonly ends: readonly CableEnd[]
  /** What happens to what these ends send; and to what is sent to them. */
  readonly out: boolean
  readonly in: boolean
  /** Delay and jitter are added, of rate, queue and MTU the lower counts. */
  readonly lane: Partial<CablePlan>
  readonly drop: DropSheet | undefined
}

export interface DropSheet {
  /** Display filter. */
  readonly match: string
  /** Which of those that match, from 1; undefined: all. */
  readonly nth: readonly number[] | undefined
}

export interface CutStep extends FaultBase {
  readonly verb: 'cut'
  readonly end: CableEnd
}

export interface CrashStep extends FaultBase {
  readonly verb: 'crash'
  readonly node: number
}

export interface ProgramFaultStep extends FaultBase {
  readonly verb: 'stop' | 'hang'
  /** Index into `programs`. */
  readonly program: number
  readonly nodes: readonly number[]
}

export type FaultStep = ImpairStep | CutStep | CrashStep | ProgramFaultStep
