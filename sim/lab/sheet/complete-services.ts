import type { Plan } from '../../../topology/plan.ts'
import { type Address, type Endpoint, formatAddress, parseAddress } from '../../wire/address.ts'
import { ownerOf } from '../../../topology/owners.ts'
import { type AddedServer, addedServers } from './complete-balancing.ts'
import { completeHealth } from './complete-health.ts'
import { checkServer } from './check-forward.ts'
import { checkSchedule } from './check-schedule.ts'
import { completePersist } from './complete-persist.ts'
import { nodeIndex, serverAddress } from './complete-programs.ts'
import { withAddress } from './owned-address.ts'
import type { Problems } from './problems.ts'
import type { RawSources } from './schema/forward.ts'
import type { BrokenStep } from './salvage.ts'
import { scheduleSettings } from './schema/schedule.ts'
import type { RawServer, RawService } from './schema/services.ts'
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
    const vips = service.vip.map(vipOf)
    const sources = sourcesOf(service)
    checkVips(name, service, node, taken, problems)
    checkSources(sources, vips[0]!, path, problems)
    if (node >= 0) plan = withOwn(plan, node, service, sources, path, problems)
    const schedule = service.schedule?.kind ?? 'round-robin'
    const settings = scheduleSettings(service.schedule)
    checkSchedule({ schedule, settings, forward: service.forward.kind, vips }, path, problems)
    const added = addedServers(steps, name, Object.keys(raw).length === 1)
    const servers = completeServers(service, added, vips, plan, path, problems)
    services.push({
      ...problems.placeOf(path),
      name,
      node: Math.max(node, 0),
      vips,
      forward: service.forward.kind,
      sources,
      schedule,
      schedules: [schedule],
      scheduleSettings: settings,
      servers,
      persist: completePersist(service, vips, path, problems),
      checks: completeHealth(
        service.health ?? [],
        { vips, servers, forward: service.forward.kind, balancer: plan.nodes[node] },
        path,
        problems,
      ),
      onePacket: service['one-packet'] ?? false,
    })
  }
  return { services, plan }
}

function vipOf({ address, port, lastPort, protocol }: Endpoint): VipSheet {
  if (port === undefined) return { address, port: 0, lastPort: 65535, protocol: protocol ?? 'any' }
  return { address, port, lastPort: lastPort ?? port, protocol: protocol ?? 'tcp' }
}

/** `taken`: virtual ends of the services before, with their names. */
function checkVips(
  name: string,
  service: RawService,
  node: number,
  taken: Map<string, string>,
  problems: Problems,
): void {
  const path: Path = ['services', name, 'vip']
  for (const [i, { address, port, protocol }] of service.vip.entries()) {
    const at = service.vip.length === 1 ? path : [...path, i]
    if (port !== undefined && protocol === undefined) {
      problems.error(at, 'the protocol is missing; write /tcp or /udp behind the port')
    }
    if (address.family !== service.vip[0]!.address.family) {
      const problem = 'the virtual addresses of a service are of one family'
      problems.error(at, problem, 'write a service for each family')
    }
    const key = `${node} ${formatAddress(address)} ${port} ${protocol}`
    const other = taken.get(key)
    if (other !== undefined) {
      problems.error(at, `service '${other}' has this virtual address already`)
    }
    taken.set(key, name)
  }
  if (service['one-packet'] === true && service.vip.every(({ protocol }) => protocol === 'tcp')) {
    const problem = 'one-packet is for datagrams, and this service serves TCP only'
    problems.error(['services', name, 'one-packet'], problem)
  }
}

function checkSources(
  { addresses }: SourceSheet,
  vip: VipSheet,
  path: Path,
  problems: Problems,
): void {
  for (const [i, address] of addresses.entries()) {
    if (address.family === vip.address.family) continue
    const problem = `${formatAddress(address)} is of another family than the virtual address`
    problems.error([...path, 'forward', 'snat', 'addresses', i], problem)
  }
}

/** The drawing in which the balancer owns its virtual addresses and those of its pool. */
function withOwn(
  plan: Plan,
  node: number,
  service: RawService,
  sources: SourceSheet,
  path: Path,
  problems: Problems,
): Plan {
  const { vip, interface: wanted } = service
  const { family } = vip[0]!.address
  const own = (before: Plan, address: Address, at: Path): Plan =>
    withAddress(before, node, address, wanted, path, at, problems)
  let owned = plan
  for (const { address } of vip) owned = own(owned, address, [...path, 'vip'])
  for (const [i, address] of sources.addresses.entries()) {
    const at = [...path, 'forward', 'snat', 'addresses', i]
    if (address.family === family) owned = own(owned, address, at)
  }
  return owned
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
  const bounds = { weight, upperThreshold, lowerThreshold, fromStart }
  const done = { ...problems.placeOf(at), node, name: server.server, address, port, ...bounds }
  const balancer = plan.nodes.find(({ name }) => name === service.balancer)
  if (balancer !== undefined) {
    const { addresses } = sourcesOf(service)
    const forwarding = { forward: service.forward.kind, balancer, vips, sources: addresses }
    checkServer(forwarding, done, plan, at, problems)
  }
  return [done]
}
