import type { Decision } from '../expect/decisions.ts'
import type { Row } from '../expect/table.ts'
import type { Sheet } from '../sheet/types.ts'
import type { Network } from './machines.ts'

/** The balancers of a sheet, hung on the hooks of their machines. */
export class Balancers {
  /** Sentences for the rule numbers of TRANSLATED events. */
  readonly rules: readonly string[] = []

  constructor(_sheet: Sheet, _network: Network) {}

  /** What a DECIDED event says. */
  readonly decision = (_place: number, _service: number, _server: number): Decision | undefined =>
    undefined

  /** Connections of a machine's balancer, with the columns of `ipvsadm -Lnc`. */
  connections(_node: number): Row[] {
    return []
  }

  /** Forgets the connections of a machine's balancer. */
  flush(_node: number): void {}
}
