import type { Server } from '../service.ts'

/** Steps of a ramp. */
const STEPS = 10

/**
 * A server that has come back gets its weight in steps of a tenth, never less than one: 10 % until
 * two tenths of the ramp have passed, then 20 %, and so on (HAProxy `slowstart`; Envoy's slow start
 * with aggression 1 and a least weight of 10 %). Few steps, because a round begins anew with each.
 *
 * Weights are whole numbers, so while one server ramps all are counted in tenths; schedulers by
 * share see no difference.
 */
export class SlowStart {
  readonly rampNs: number
  /** When the ramp of a server began. */
  private readonly began = new Map<Server, number>()

  constructor(rampNs: number) {
    this.rampNs = rampNs
  }

  /** Whether anybody is on the way up. */
  get busy(): boolean {
    return this.began.size > 0
  }

  begin(server: Server, nowNs: number): void {
    this.began.set(server, nowNs)
  }

  /** Weighs the servers as it is due now; whether a weight has changed. */
  weigh(servers: readonly Server[], nowNs: number): boolean {
    for (const [server, fromNs] of this.began) {
      if (nowNs - fromNs >= this.rampNs) this.began.delete(server)
    }
    let changed = false
    for (const server of servers) {
      const weight = this.busy ? server.ownWeight * this.tenths(server, nowNs) : server.ownWeight
      if (server.weight !== weight) changed = true
      server.weight = weight
    }
    return changed
  }

  /** Tenths of its weight that a server has now. */
  tenths(server: Server, nowNs: number): number {
    const fromNs = this.began.get(server)
    if (fromNs === undefined) return STEPS
    return Math.min(STEPS, Math.max(1, Math.floor(((nowNs - fromNs) * STEPS) / this.rampNs)))
  }
}
