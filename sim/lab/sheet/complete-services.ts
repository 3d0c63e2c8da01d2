import type { NodePlan, Plan } from '../../../topology/plan.ts'
import { type Address, type Endpoint, formatAddress } from '../../wire/address.ts'
import { addedServers } from './complete-balancing.ts'
import { completeHealth } from './complete-health.ts'
import { checkServer } from './check-forward.ts'
import { checkSchedule } from './check-schedule.ts'
import { changesOf, schedulesOf } from './complete-reconfigure.ts'
import { checkRoster, completeRoster } from './complete-roster.ts'
import { completePersist } from './complete-persist.ts'
import { nodeIndex } from './complete-programs.ts'
import { completeServers, sorryServer } from './complete-servers.ts'
import { withAddress } from './owned-address.ts'
import type { Problems } from './problems.ts'
import type { BrokenStep } from './salvage.ts'
import { scheduleSettings } from './schema/schedule.ts'
import type { RawService } from './schema/services.ts'
import type { RawStep } from './schema/steps.ts'
import { sourcesOf } from './service-sources.ts'
import type { Path } from './source.ts'
import type {
  CheckSheet,
  ServerSheet,
  ServiceSettings,
  ServiceSheet,
  SourceSheet,
  VipSheet,
} from './types.ts'

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
    const added = addedServers(steps, name, Object.keys(raw).length === 1)
    const servers = completeServers(service, added, vips, plan, path, problems)
    checkRoster(service, servers, path, problems)
    const last = sorryServer(service, servers, vips, plan, path, problems)
    const balancer = plan.nodes[node]
    const context: SettingsContext = { vips, servers, balancer, problems }
    const changes = changesOf(
      steps,
      name,
      service,
      (changed, at, keys) => {
        const sources = sourcesOf(changed)
        if (keys.includes('forward')) {
          checkSources(sources, vips[0]!, at, problems)
          if (node >= 0) plan = withOwn(plan, node, changed, sources, at, problems)
          if (balancer !== undefined) checkForwards(changed, context, plan, at)
        }
        checkRoster(changed, servers, at, problems)
        return settingsOf(changed, at, context)
      },
      problems,
    )
    const { settings, checks } = settingsOf(service, path, context)
    services.push({
      ...problems.placeOf(path),
      name,
      node: Math.max(node, 0),
      vips,
      ...settings,
      schedules: schedulesOf(settings.schedule, changes),
      servers: [...servers, ...last],
      checks,
      sorry: last.length === 0 ? undefined : servers.length,
      changes,
    })
  }
  return { services, plan }
}

/** What the settings of a service are completed with. */
interface SettingsContext {
  readonly vips: readonly VipSheet[]
  readonly servers: readonly ServerSheet[]
  readonly balancer: NodePlan | undefined
  readonly problems: Problems
}

/** Settings and checks of a service; what is wrong with them stands below `path`. */
function settingsOf(
  service: RawService,
  path: Path,
  { vips, servers, balancer, problems }: SettingsContext,
): { settings: ServiceSettings; checks: CheckSheet[] } {
  const forward = service.forward.kind
  const schedule = service.schedule?.kind ?? 'round-robin'
  const chosen = scheduleSettings(service.schedule)
  checkSchedule({ schedule, settings: chosen, forward, vips }, path, problems)
  const settings = {
    forward,
    sources: sourcesOf(service),
    schedule,
    scheduleSettings: chosen,
    persist: completePersist(service, vips, path, problems),
    onePacket: service['one-packet'] ?? false,
    ...completeRoster(service),
  }
  const checked = { vips, servers, forward, balancer }
  return { settings, checks: completeHealth(service.health ?? [], checked, path, problems) }
}

/** Whether servers can be reached by the way of forwarding that a service gets later. */
function checkForwards(
  service: RawService,
  { vips, servers, balancer, problems }: SettingsContext,
  plan: Plan,
  path: Path,
): void {
  const { addresses: sources } = sourcesOf(service)
  const forwarding = { forward: service.forward.kind, balancer: balancer!, vips, sources }
  for (const server of servers) {
    checkServer(forwarding, server, plan, [...path, 'forward'], problems)
  }
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
