import type { Address, Prefix } from '../sim/wire/address.ts'
import type { CablePlan, Role } from './plan.ts'

/** A drawing as a person writes it, values parsed, nothing assumed yet. */
export interface Drawing {
  readonly title?: string | undefined
  readonly names?: Readonly<Record<string, Address>> | undefined
  readonly networks: Readonly<Record<string, NetworkDrawing>>
  readonly nodes: Readonly<Record<string, NodeDrawing>>
}

export interface LaneDrawing {
  readonly delay?: number | undefined
  readonly jitter?: number | undefined
  readonly rate?: number | undefined
  readonly queue?: number | undefined
  readonly mtu?: number | undefined
  readonly loss?: number | undefined
  readonly duplicate?: number | undefined
  readonly reorder?: number | undefined
  readonly corrupt?: number | undefined
  readonly 'corrupt-after-fcs'?: number | undefined
}

export interface NetworkDrawing extends LaneDrawing {
  readonly subnets: readonly Prefix[]
  readonly wire?: 'cable' | 'switch' | 'hub' | undefined
  readonly ports?: readonly string[] | undefined
  readonly cables?: Readonly<Record<string, LaneDrawing>> | undefined
}

export interface InterfaceDrawing {
  readonly addresses?: readonly Prefix[] | undefined
  readonly network?: string | undefined
  readonly mac?: number | undefined
  readonly mtu?: number | undefined
}

export interface NodeDrawing {
  readonly interfaces: Readonly<Record<string, InterfaceDrawing>>
  readonly role?: Role | undefined
  readonly gateway?: readonly string[] | undefined
  readonly routes?:
    | readonly {
        readonly to: Prefix
        readonly via?: string | undefined
        readonly dev?: string | undefined
      }[]
    | undefined
  readonly sysctl?: Readonly<Record<string, number>> | undefined
  readonly neighbours?: Readonly<Record<string, number>> | undefined
  readonly cores?: number | undefined
  readonly resolver?:
    | {
        readonly server: string
        readonly cache?: boolean | undefined
        readonly ttl?: 'obey' | 'ignore' | 'for-ever' | undefined
        readonly use?: 'first' | 'any' | undefined
      }
    | undefined
  readonly wake?: number | undefined
  readonly 'time-wait'?: number | undefined
  readonly note?: string | undefined
}

/** Takes what is wrong with a drawing: the path of the value, the problem, a hint. */
export interface DrawingProblems {
  error(path: readonly (string | number)[], problem: string, hint?: string): void
  warn(path: readonly (string | number)[], problem: string, hint?: string): void
}

export const CABLE_DEFAULTS: CablePlan = {
  delayNs: 50_000,
  jitterNs: 0,
  rateBps: 1_000_000_000,
  queueFrames: 1000,
  mtu: 1500,
  loss: 0,
  duplicate: 0,
  reorder: 0,
  corrupt: 0,
  corruptAfterFcs: 0,
}

/** What a lane's settings change of the defaults. */
export function laneOf(lane: LaneDrawing): Partial<CablePlan> {
  const plan: { -readonly [K in keyof CablePlan]?: CablePlan[K] } = {}
  if (lane.delay !== undefined) plan.delayNs = lane.delay
  if (lane.jitter !== undefined) plan.jitterNs = lane.jitter
  if (lane.rate !== undefined) plan.rateBps = lane.rate
  if (lane.queue !== undefined) plan.queueFrames = lane.queue
  if (lane.mtu !== undefined) plan.mtu = lane.mtu
  if (lane.loss !== undefined) plan.loss = lane.loss
  if (lane.duplicate !== undefined) plan.duplicate = lane.duplicate
  if (lane.reorder !== undefined) plan.reorder = lane.reorder
  if (lane.corrupt !== undefined) plan.corrupt = lane.corrupt
  const damaged = lane['corrupt-after-fcs']
  if (damaged !== undefined) plan.corruptAfterFcs = damaged
  return plan
}
