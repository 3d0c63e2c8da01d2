import type { SourceRange } from '../nat/port-pool.ts'
import type { Forwarder } from './forward/index.ts'
import type { Templates } from './persist/index.ts'
import type { Service } from './running-service.ts'

/**
 * What a service does for the connections that begin now, and goes on doing for them: when it is
 * reconfigured, later ones get other terms.
 */
export interface Terms {
  /** Number among those of all services of the balancer, for connections to remember. */
  readonly number: number
  readonly service: Service
  /** Place of the scheduler in the service's list of them. */
  readonly schedule: number
  readonly forwarder: Forwarder
  /** Choices that later connections follow; undefined without persistence. */
  readonly templates: Templates | undefined
  /** UDP: every datagram is a choice of its own. */
  readonly onePacket: boolean
  /** `snat`: where sources are taken from. */
  readonly sources: SourceRange | undefined
}
