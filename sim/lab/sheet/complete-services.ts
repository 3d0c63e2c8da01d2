import type { Plan } from '../../../topology/plan.ts'
import { formatAddress, parseAddress } from '../../wire/address.ts'
import { ownerOf } from '../../../topology/owners.ts'
import { type AddedServer, addedServers } from './complete-balancing.ts'
import { completeHealth } from './complete-health.ts'
import { checkServer } from './check-forward.ts'
import { nodeIndex, serverAddress } from './complete-programs.ts'
import { withAddress } from './owned-address.ts'
import type { Problems } from './problems.ts'
import type { RawSources } from './schema/forward.ts'
import type { BrokenStep } from './salvage.ts'
import type { RawHashSettings, RawServer, RawService } from './schema/services.ts'
import type { RawStep } from './schema/steps.ts'
import type { Path } from './source.ts'
import type { ServerSheet, ServiceSheet, SourceSheet, VipSheet } from './types.ts'

/** Services with every reference resolved, and the drawing with their VIPs in place. */
export function completeServices(
  raw: Readonly<Record<string, RawService>>,
  drawn: Plan,
  steps: readonly (RawStep | BrokenStep)[],
  problems: Problems,
): { services: ServiceSheet[]; plan: Plan } {
  let plan = drawn
  const services: ServiceSheet[] = []
  const taken = new Map<string, string>()
  for (const [name, service] of Object.entries(raw)) {
    const path: Path = ['services', name]
    const node = nodeIndex(plan, service.balancer, [...path, 'balancer'], problems)
    const vips = service.vip.map(
      (endpoint): VipSheet => ({
        address: endpoint.address,
        port: endpoint.port ?? 0,
        lastPort: endpoint.port === undefined ? 65535 : endpoint.lastPort!,
        protocol: endpoint.protocol ?? (endpoint.port === undefined ? 'any' : 'tcp'),
      }),
    )
    for (const [i, endpoint] of service.vip.entries()) {
      const vipPath = service.vip.length === 1 ? [...path, 'vip'] : [...path, 'vip', i]
      if (endpoint.port !== undefined && endpoint.protocol === undefined) {
        problems.error(vipPath, 'the protocol is missing; write /tcp or /udp behind the port')
      }
      if (endpoint.address.family !== service.vip[0]!.address.family) {
        const problem = 'the virtual addresses of a service are of one family'
        problems.error(vipPath, problem, 'write a service for each family')
      }
      const key = `${node} ${formatAddress(endpoint.address)} ${endpoint.port} ${endpoint.protocol}`
      const other = taken.get(key)
      if (other !== undefined)
        problems.error(vipPath, `service '${other}' has this virtual address already`)
      taken.set(key, name)
      if (node >= 0) {
        const { address } = endpoint
        plan = withAddress(plan, node, address, service.interface, path, [...path, 'vip'], problems)
      }
    }
    const sources = sourcesOf(service)
    const sourcePath: Path = [...path, 'forward', 'snat', 'addresses']
    for (const [i, address] of sources.addresses.entries()) {
      if (address.family !== vips[0]!.address.family) {
        const problem = `${formatAddress(address)} is of another family than the virtual address`
        problems.error([...sourcePath, i], problem)
      } else if (node >= 0) {
        const at = [...sourcePath, i]
        plan = withAddress(plan, node, address, service.interface, path, at, problems)
      }
    }
    const added = addedServers(steps, name, Object.keys(raw).length === 1)
    const servers = completeServers(service, added, vips, plan, path, problems)
    services.push({
      ...problems.placeOf(path),
      name,
      node: Math.max(node, 0),
      vips,
      forward: service.forward.kind,
      sources,
      schedule: service.schedule?.kind ?? 'round-robin',
      scheduleSettings: (service.schedule?.settings ?? {}) as RawHashSettings,
      servers,
      checks: completeHealth(service.health ?? [], servers, path, problems),
      onePacket: service['one-packet'] ?? false,
    })
  }
  return { services, plan }
}

function sourcesOf({ forward }: RawService): SourceSheet {
  const { addresses = [], ports } = (forward.settings ?? {}) as RawSources
  return { addresses, firstPort: ports?.first ?? 0, lastPort: ports?.last ?? 0 }
}

function completeServers(
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
  const port = Number(match?.[2] ?? (vip.lastPort === vip.port ? vip.port : 0))
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
  const bounds = { weight, upperThreshold, lowerThreshold, fromStart }
  const done = { ...problems.placeOf(at), node, name: server.server, address, port, ...bounds }
  const balancer = plan.nodes.find(({ name }) => name === service.balancer)
  if (balancer !== undefined) {
    checkServer({ forward: service.forward.kind, balancer, vips }, done, plan, at, problems)
  }
  return [done]
}
