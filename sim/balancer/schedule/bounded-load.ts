import type { Server } from '../service.ts'
import { isEligible } from './scheduler.ts'

/**
 * Consistent hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam, 2016): no server takes
 * more than a factor of its fair share of the active connections, the new one among them; what it
 * may not take goes on to the next. The bounds add up to more than there is, so somebody has room.
 */
export class LoadBound {
  /** Factor in per cent, at least 100; 0 for no bound. */
  private readonly percent: number
  private connections = 0
  private weights = 0

  constructor(factor: number | undefined) {
    this.percent = factor === undefined ? 0 : Math.round(factor * 100)
  }

  /** Looks at all servers before a choice. */
  measure(servers: readonly Server[]): void {
    if (this.percent === 0) return
    this.connections = 0
    this.weights = 0
    for (let i = 0; i < servers.length; i++) {
      const server = servers[i]!
      if (!isEligible(server)) continue
      this.connections += server.active
      this.weights += server.weight
    }
  }

  /** Whether a server may take one connection more. */
  allows(server: Server): boolean {
    if (this.percent === 0) return true
    const share = this.percent * (this.connections + 1) * server.weight
    return server.active < Math.ceil(share / (100 * this.weights))
  }
}
