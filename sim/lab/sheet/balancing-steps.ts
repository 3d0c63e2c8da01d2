import type { ServerBounds } from '../../balancer/service.ts'
import type { ChangeSheet } from './service-types.ts'
import type { StepBase } from './types.ts'

interface OfServer extends StepBase {
  /** Index of the service, and of the server in it. */
  readonly service: number
  readonly server: number
}

export interface AddStep extends OfServer {
  readonly verb: 'add'
  readonly bounds: ServerBounds
  readonly place: 'first' | 'last'
}

export interface RemoveStep extends OfServer {
  readonly verb: 'remove'
}

export interface SetStep extends OfServer {
  readonly verb: 'set'
  readonly bounds: ServerBounds
}

export interface ReconfigureStep extends StepBase {
  readonly verb: 'reconfigure'
  readonly service: number
  readonly change: ChangeSheet
}

/** A step that changes a service. */
export type BalancingStep = AddStep | RemoveStep | SetStep | ReconfigureStep
