import type { Server } from '../service.ts'

/** What a balancer concludes from the connections it passes on. */
export interface PassiveSettings {
  /** Failures in a row that take a server out. */
  readonly failures: number
  /** How long it is out the first time; the second time in a row twice as long, and so on. */
  readonly ejectNs: number
  /** The longest that it is out. */
  readonly longestNs: number
  /** Share of the servers that may be out, 0 to 1; one may always. */
  readonly atMost: number
}

interface Tally {
  failures: number
  /** Times that it was out without a success in between. */
  times: number
  /** When it may come back. */
  untilNs: number
}

/**
 * Passive checks: a server that refuses connections, cannot be reached or does not answer, so many
 * times in a row, is taken out for a while, longer each time (Envoy, outlier detection by
 * consecutive local origin failures; nginx max_fails and fail_timeout; HAProxy observe layer4).
 */
export class Passive {
  readonly settings: PassiveSettings
  private readonly records = new Map<Server, Tally>()

  constructor(settings: PassiveSettings) {
    this.settings = settings
  }

  /** A connection came about: what failed before does not count any more. */
  worked(server: Server): void {
    const record = this.records.get(server)
    if (record === undefined) return
    record.failures = 0
    if (!server.ejected) record.times = 0
  }

  /** One failed. Returns for how long the server has to be taken out; 0: it stays. */
  failed(server: Server, order: readonly Server[], nowNs: number): number {
    const record = this.records.get(server) ?? { failures: 0, times: 0, untilNs: 0 }
    this.records.set(server, record)
    if (server.ejected) return 0
    record.failures++
    const { failures, ejectNs, longestNs, atMost } = this.settings
    if (record.failures < failures) return 0
    const out = order.filter(({ ejected }) => ejected).length
    if (out > 0 && out >= atMost * order.length) return 0
    record.failures = 0
    record.times++
    const forNs = Math.min(longestNs, ejectNs * record.times)
    record.untilNs = nowNs + forNs
    return forNs
  }

  /** Whether the time of a server that was taken out is over now. */
  isOver(server: Server, nowNs: number): boolean {
    return server.ejected && this.records.get(server)?.untilNs === nowNs
  }

  /** What is known of a server is forgotten: it is a new one. */
  forget(server: Server): void {
    this.records.delete(server)
  }
}
