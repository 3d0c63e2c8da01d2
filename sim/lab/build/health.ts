import { type CheckPlan, HEALTH_CHECKS, Monitor } from '../../balancer/health/index.ts'
import { Timers } from '../../host/timers.ts'
import type { CheckSheet, ServerSheet, Sheet } from '../sheet/types.ts'
import type { Network } from './machines.ts'

/** Takes a server of a service out, or in again. */
export type SetUp = (service: number, server: number, up: boolean) => void

/** Lets balancers check the servers of their services. One that starts anew asks anew. */
export class HealthChecks {
  private readonly sheet: Sheet
  private readonly network: Network
  private readonly setUp: SetUp
  private readonly timers: Timers
  /** Of each checked server, by service and server. */
  private readonly monitors: (Monitor | undefined)[][]
  /** Checks of each service, as they are now. */
  private readonly checks: (readonly CheckSheet[])[]

  constructor(sheet: Sheet, network: Network, setUp: SetUp) {
    this.sheet = sheet
    this.network = network
    this.setUp = setUp
    this.timers = new Timers(network.world.agenda)
    this.monitors = sheet.services.map(() => [])
    this.checks = sheet.services.map(({ checks }) => checks)
    for (const node of network.hosts.keys()) this.startAll(node)
    network.atBoot.push((node) => this.startAll(node))
  }

  /** Begins to check a server that was added; it counts as up. */
  start(service: number, number: number): void {
    const { world, hosts } = this.network
    const { node, servers } = this.sheet.services[service]!
    const checks = this.checks[service]!
    if (checks.length === 0) return
    this.stop(service, number)
    const host = hosts[node]!
    const server = servers[number]!
    const plans = checks.map((check) => planOf(check, server))
    const address = world.addresses.number(server.address)
    this.monitors[service]![number] = new Monitor(host, this.timers, address, plans, (up) => {
      this.setUp(service, number, up)
    })
  }

  /** A server that was removed is checked no longer. */
  stop(service: number, number: number): void {
    this.monitors[service]![number]?.stop()
    this.monitors[service]![number] = undefined
  }

  /** Asks these servers in another way from now on; until they have answered they count as up. */
  change(service: number, checks: readonly CheckSheet[], present: readonly number[]): void {
    this.checks[service] = checks
    for (const server of present) {
      this.stop(service, server)
      this.setUp(service, server, true)
      this.start(service, server)
    }
  }

  private startAll(node: number): void {
    for (const [service, { node: balancer, servers, checks }] of this.sheet.services.entries()) {
      if (balancer !== node) continue
      this.checks[service] = checks
      for (const [number, { fromStart }] of servers.entries()) {
        if (fromStart) this.start(service, number)
      }
    }
  }
}

function planOf(check: CheckSheet, server: ServerSheet): CheckPlan {
  const kind = HEALTH_CHECKS.find(({ name }) => name === check.kind)!
  const host = check.details.host ?? server.name.replace(/:.*/, '')
  return {
    ...check,
    kind,
    port: check.port || server.port || kind.port,
    details: { ...check.details, host },
  }
}
