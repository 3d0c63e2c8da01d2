import { ownerOf } from '../../../topology/owners.ts'
import type { Plan } from '../../../topology/plan.ts'
import { parseAddress } from '../../wire/address.ts'
import { checkServer } from './check-forward.ts'
import type { AddedServer } from './complete-balancing.ts'
import { nodeIndex, serverAddress } from './complete-programs.ts'
import type { Problems } from './problems.ts'
import type { RawServer, RawService } from './schema/services.ts'
import { sourcesOf } from './service-sources.ts'
import type { Path } from './source.ts'
import type { ServerSheet, VipSheet } from './types.ts'

/** The servers of a service, those that steps add behind the others. */
export function completeServers(
  service: RawService,
  added: readonly AddedServer[],
  vips: readonly VipSheet[],
  plan: Plan,
  path: Path,
  problems: Problems,
): ServerSheet[] {
  const context = { service, vips, plan, problems }
  const servers = service.servers.flatMap((server, i): ServerSheet[] => {
    return completeServer(server, [...path, 'servers', i], true, context)
  })
  for (const { raw, path: at } of added) {
    // One that is removed and added again is the same server.
    if (servers.some(({ name }) => name === raw.server)) continue
    servers.push(...completeServer(raw, at, false, context))
  }
  return servers
}

interface ServiceContext {
  readonly service: RawService
  readonly vips: readonly VipSheet[]
  readonly plan: Plan
  readonly problems: Problems
}

/** The server, or none and a problem. */
function completeServer(
  server: RawServer,
  at: Path,
  fromStart: boolean,
  { service, vips, plan, problems }: ServiceContext,
): ServerSheet[] {
  const vip = vips[0]!
  const match = /^([^:]+)(?::(\d{1,5}))?$/.exec(server.server)
  // The port that every virtual end has; with several ports, the one the client asked.
  const onePort = vips.every(({ port, lastPort }) => port === vip.port && lastPort === port)
  const port = Number(match?.[2] ?? (onePort ? vip.port : 0))
  if (match === null || port > 65535) {
    problems.error(at, `'${server.server}' is no server; write MACHINE:PORT`)
    return []
  }
  const literal = parseAddress(match[1]!)
  const owner = literal && ownerOf(plan, literal)
  if (owner !== undefined) {
    const written = server.server.replace(match[1]!, owner.name)
    problems.error(at, `servers go by their machines; write ${written}`)
    return []
  }
  const node = nodeIndex(plan, match[1]!, at, problems)
  if (node < 0) return []
  const address = serverAddress(plan, node, vip.address.family)
  if (address === undefined) {
    problems.error(at, `${match[1]} has no IPv${vip.address.family} address`)
    return []
  }
  if (fromStart) problems.warnLongForm(at, 'server')
  const upperThreshold = server['upper-threshold'] ?? 0
  const lowerThreshold = server['lower-threshold'] ?? 0
  if (lowerThreshold > upperThreshold) {
    const problem = 'lower-threshold must not be above upper-threshold'
    problems.error(fromStart ? [...at, 'lower-threshold'] : at, problem)
  }
  const weight = server.weight ?? 1
  const rank = server.standby === true ? 0 : (server.priority ?? 1)
  const bounds = { weight, upperThreshold, lowerThreshold, fromStart, rank }
  const done = { ...problems.placeOf(at), node, name: server.server, address, port, ...bounds }
  const balancer = plan.nodes.find(({ name }) => name === service.balancer)
  if (balancer !== undefined) {
    const { addresses } = sourcesOf(service)
    const forwarding = { forward: service.forward.kind, balancer, vips, sources: addresses }
    checkServer(forwarding, done, plan, at, problems)
  }
  return [done]
}

/** The server of last resort: behind all others, or none. */
export function sorryServer(
  service: RawService,
  servers: readonly ServerSheet[],
  vips: readonly VipSheet[],
  plan: Plan,
  path: Path,
  problems: Problems,
): ServerSheet[] {
  const { sorry } = service
  if (sorry === undefined) return []
  const at: Path = [...path, 'sorry']
  const done = completeServer({ server: sorry }, at, false, { service, vips, plan, problems })
  const same = ({ node, port }: ServerSheet): boolean =>
    done.some((last) => last.node === node && last.port === port)
  if (servers.some(same)) {
    const problem = `${sorry} is one of the servers, and cannot stand in for them`
    problems.error(at, problem, 'name a machine that is none of them')
  }
  return done
}
