import { type CheckPlan, HEALTH_CHECKS, Monitor } from '../../balancer/health/index.ts'
import { Timers } from '../../host/timers.ts'
import { TURNED } from '../../trace/index.ts'
import type { CheckSheet, ServerSheet, Sheet } from '../sheet/types.ts'
import type { Network } from './machines.ts'

/** Takes a server of a service out, or in again. */
export type SetUp = (service: number, server: number, up: boolean) => void

/** Lets balancers check the servers of their services; what a check finds out is also an event. */
export function watchServers(sheet: Sheet, network: Network, setUp: SetUp): void {
  const { world, hosts } = network
  const timers = new Timers(world.agenda)
  for (const [service, { node, checks, servers }] of sheet.services.entries()) {
    if (checks.length === 0) continue
    const host = hosts[node]!
    for (const [number, server] of servers.entries()) {
      const plans = checks.map((check) => planOf(check, server))
      const address = world.addresses.number(server.address)
      new Monitor(host, timers, address, plans, (up) => {
        setUp(service, number, up)
        const { trace } = world
        if ((trace.mask & TURNED) === 0) return
        trace.emit(TURNED, host.place, undefined, service, number, up ? 1 : 0)
      })
    }
  }
}

function planOf(check: CheckSheet, server: ServerSheet): CheckPlan {
  const kind = HEALTH_CHECKS.find(({ name }) => name === check.kind)!
  const host = check.details.host ?? server.name.replace(/:.*/, '')
  return {
    ...check,
    kind,
    port: check.port || server.port,
    details: { ...check.details, host },
  }
}
