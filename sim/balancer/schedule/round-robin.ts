import type { Server, Service } from '../service.ts'
import type { Scheduler, Turn } from './scheduler.ts'

/**
 * The next server after the last one used, in the order of the list; weight 0 is passed over
 * (Linux net/netfilter/ipvs/ip_vs_rr.c). When the last one used is removed, the turn steps back to the
 * one before it, so that its successor is next.
 */
class RoundRobinTurn implements Turn {
  private readonly service: Service
  private last: Server | undefined
  private scan: readonly Server[]

  constructor(service: Service) {
    this.service = service
    this.scan = service.scan
  }

  choose(): Server | undefined {
    const { scan } = this.service
    const start = this.last === undefined ? -1 : scan.indexOf(this.last)
    for (let step = 1; step <= scan.length; step++) {
      const server = scan[(start + step) % scan.length]!
      if (server.weight > 0) {
        this.last = server
        return server
      }
    }
    return undefined
  }

  changed(): void {
    const { scan } = this.service
    const before = this.scan
    this.scan = scan
    if (this.last === undefined || scan.includes(this.last)) return
    for (let i = before.indexOf(this.last) - 1; i >= 0; i--) {
      if (scan.includes(before[i]!)) {
        this.last = before[i]
        return
      }
    }
    this.last = undefined
  }
}

export const roundRobin: Scheduler = {
  name: 'round-robin',
  sentence: 'every new connection goes to the next server of the list; weight 0 is passed over',
  source: 'Linux net/netfilter/ipvs/ip_vs_rr.c',
  elsewhere: ['rr (IPVS)', 'roundrobin (HAProxy)', 'Round Robin (F5, A10)'],
  start: (service) => new RoundRobinTurn(service),
}
