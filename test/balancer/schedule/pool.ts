import type {
  Scheduler,
  ScheduleSettings,
  Surroundings,
  Turn,
} from '../../../sim/balancer/schedule/index.ts'
import type { Arrival, Server } from '../../../sim/balancer/service.ts'
import { AddressBook } from '../../../sim/wire/address-book.ts'

/** A pool as a service is one, with servers of these weights. */
export class Pool {
  scan: readonly Server[]
  order: readonly Server[]
  private made = 0

  constructor(weights: readonly number[]) {
    this.order = weights.map((weight) => this.server(weight))
    this.scan = this.order
  }

  server(weight: number, name = `rs${this.made}`): Server {
    const number = this.made++
    return {
      number,
      name,
      address: 0xac10_1401 + number,
      port: 80,
      rule: number,
      rank: 0,
      ownWeight: weight,
      weight,
      lastWeight: weight,
      upperThreshold: 0,
      lowerThreshold: 0,
      overloaded: false,
      active: 0,
      inactive: 0,
      present: true,
      healthy: true,
      ejected: false,
      up: true,
    }
  }

  add(weight: number): void {
    this.order = [this.server(weight), ...this.order]
    this.rescan()
  }

  remove(at: number): void {
    this.scan[at % Math.max(1, this.scan.length)]!.present = false
    this.order = this.order.filter((server) => server.present)
    this.rescan()
  }

  /** A check has found a server down, or up again. */
  setUp(server: Server, up: boolean): void {
    server.up = up
    this.rescan()
  }

  private rescan(): void {
    this.scan = this.order.filter((server) => server.up)
  }

  weigh(at: number, weight: number): void {
    const server = this.scan[at % this.scan.length]!
    server.weight = weight
    if (weight > 0) server.lastWeight = weight
  }
}

/** A pool of these servers, all of them up. */
export function poolOf(scan: readonly Server[]): {
  scan: readonly Server[]
  order: readonly Server[]
} {
  return { scan, order: scan }
}

/** Servers with these names and weight 1. */
export function named(...names: string[]): Server[] {
  const pool = new Pool([])
  return names.map((name) => pool.server(1, name))
}

/** What a scheduler has around it, with dice that always fall alike. */
export function surroundings(change: Partial<Surroundings> = {}): Surroundings {
  let state = 1
  const dice = {
    below(bound: number): number {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 0x1_0000_0000) * bound)
    },
  }
  const ports = (server: Server): readonly Server[] => [server]
  return { clock: { now: 0 }, addresses: new AddressBook(), dice, settings: {}, ports, ...change }
}

/** The n-th of many connections, each from an address of its own. */
export function arrival(n: number): Arrival {
  return {
    client: 0x0a00_0001 + n,
    clientPort: 40000 + n,
    virtual: 0xc7ed_0000 + n,
    virtualPort: 80,
  }
}

export function startOf(scheduler: Scheduler, pool: Pool, settings: ScheduleSettings = {}): Turn {
  return scheduler.start(pool, surroundings({ settings }))
}

/** A choice, counted at its server as a balancer counts it. */
export function choose(turn: Turn, n: number): Server | undefined {
  const server = turn.choose(arrival(n))
  if (server === undefined) return undefined
  server.active++
  turn.counted?.(server)
  return server
}
