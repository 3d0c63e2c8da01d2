import type { Server } from './service.ts'
import type { Service } from './service-table.ts'

/** A line of the list of servers, as `ipvsadm -Ln` has one; addresses are numbers. */
export interface ServerRow {
  readonly service: string
  readonly server: number
  readonly port: number
  readonly forward: string
  /** What it was given, and the tenths of it that count now. */
  readonly weight: number
  readonly tenths: number
  readonly active: number
  readonly inactive: number
  readonly state: 'used' | 'drained' | 'full' | 'waiting' | 'down' | 'ejected'
}

/**
 * The servers of services that are configured now, in scan order, the sorry server last. `waiting`
 * is one that is up while others are used: of another group, standing by, or sorry.
 */
export function serverRows(services: readonly Service[]): ServerRow[] {
  return services.flatMap((service) => {
    service.weigh()
    const { sorry, name } = service.config
    const last = sorry === undefined ? [] : [service.servers[sorry]!]
    return [...service.order, ...last].map((server) => ({
      service: name,
      server: server.address,
      port: server.port,
      forward: service.terms.forwarder.name,
      weight: server.ownWeight,
      tenths: service.tenths(server),
      active: server.active,
      inactive: server.inactive,
      state: stateOf(server, service),
    }))
  })
}

function stateOf(server: Server, service: Service): ServerRow['state'] {
  if (!service.scan.includes(server)) {
    if (server.ejected) return 'ejected'
    return server.up ? 'waiting' : 'down'
  }
  if (server.weight === 0) return 'drained'
  return server.overloaded ? 'full' : 'used'
}
