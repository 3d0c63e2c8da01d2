import type { InterfacePlan, Plan } from '../../../topology/plan.ts'
import {
  type Address,
  formatAddress,
  parseAddress,
  prefixHolds,
  sameAddress,
} from '../../wire/address.ts'
import { ownerOf } from '../../../topology/owners.ts'
import { nodeIndex, serverAddress } from './complete-programs.ts'
import type { Problems } from './problems.ts'
import type { RawHashSettings, RawService } from './schema/services.ts'
import type { Path } from './source.ts'
import type { ServerSheet, ServiceSheet, VipSheet } from './types.ts'

/** Services with every reference resolved, and the drawing with their VIPs in place. */
export function completeServices(
  raw: Readonly<Record<string, RawService>>,
  drawn: Plan,
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
      if (endpoint.address.family === 6) {
        problems.error(vipPath, 'virtual addresses of IPv6 are not in this version yet')
      }
      const key = `${node} ${formatAddress(endpoint.address)} ${endpoint.port} ${endpoint.protocol}`
      const other = taken.get(key)
      if (other !== undefined)
        problems.error(vipPath, `service '${other}' has this virtual address already`)
      taken.set(key, name)
      if (node >= 0) plan = withVip(plan, node, endpoint.address, service.interface, path, problems)
    }
    services.push({
      ...problems.placeOf(path),
      name,
      node: Math.max(node, 0),
      vips,
      forward: 'dnat',
      schedule: service.schedule?.kind ?? 'round-robin',
      scheduleSettings: (service.schedule?.settings ?? {}) as RawHashSettings,
      servers: completeServers(service, vips[0]!, plan, path, problems),
      onePacket: service['one-packet'] ?? false,
    })
  }
  return { services, plan }
}

function completeServers(
  service: RawService,
  vip: VipSheet,
  plan: Plan,
  path: Path,
  problems: Problems,
): ServerSheet[] {
  const servers: ServerSheet[] = []
  for (const [i, server] of service.servers.entries()) {
    const at: Path = [...path, 'servers', i]
    const match = /^([^:]+)(?::(\d{1,5}))?$/.exec(server.server)
    const port = Number(match?.[2] ?? (vip.lastPort === vip.port ? vip.port : 0))
    if (match === null || port > 65535) {
      problems.error(at, `'${server.server}' is no server; write MACHINE:PORT`)
      continue
    }
    const literal = parseAddress(match[1]!)
    const owner = literal && ownerOf(plan, literal)
    if (owner !== undefined) {
      const written = server.server.replace(match[1]!, owner.name)
      problems.error(at, `servers go by their machines; write ${written}`)
      continue
    }
    const node = nodeIndex(plan, match[1]!, at, problems)
    if (node < 0) continue
    const address = serverAddress(plan, node, vip.address.family)
    if (address === undefined) {
      problems.error(at, `${match[1]} has no IPv${vip.address.family} address`)
      continue
    }
    problems.warnLongForm(at, 'server')
    warnWithoutWayBack(service, plan, node, at, problems)
    const weight = server.weight ?? 1
    const upperThreshold = server['upper-threshold'] ?? 0
    const lowerThreshold = server['lower-threshold'] ?? 0
    if (lowerThreshold > upperThreshold) {
      problems.error([...at, 'lower-threshold'], 'lower-threshold must not be above upper-threshold')
    }
    const thresholds = { upperThreshold, lowerThreshold }
    const place = problems.placeOf(at)
    servers.push({ ...place, node, name: server.server, address, port, weight, ...thresholds })
  }
  return servers
}

/** With dnat the reply has to pass the balancer; a server whose gateway is another is a lesson. */
function warnWithoutWayBack(
  service: RawService,
  plan: Plan,
  node: number,
  path: Path,
  problems: Problems,
): void {
  const balancer = plan.nodes.find((candidate) => candidate.name === service.balancer)
  const server = plan.nodes[node]!
  if (balancer === undefined || balancer.index === node) return
  const passes = server.routes.some(
    (route) =>
      route.via !== undefined &&
      balancer.interfaces.some((iface) =>
        iface.addresses.some((prefix) => sameAddress(prefix.address, route.via!)),
      ),
  )
  if (passes) return
  const missed = `no route of ${server.name} leads through ${balancer.name}`
  const problem = `${missed}, so its replies will not be translated`
  problems.warn(path, problem, `with forward: dnat a server's gateway is the balancer`)
}

/** Gives the balancer its virtual address, on the interface that should own it. */
function withVip(
  plan: Plan,
  node: number,
  vip: Address,
  wanted: string | undefined,
  path: Path,
  problems: Problems,
): Plan {
  const balancer = plan.nodes[node]!
  const owned = balancer.interfaces.some((iface) =>
    iface.addresses.some((prefix) => sameAddress(prefix.address, vip)),
  )
  if (owned) return plan
  const other = plan.nodes.find(
    (candidate) =>
      candidate.index !== node &&
      candidate.interfaces.some(
        (iface) =>
          !iface.loopback && iface.addresses.some((prefix) => sameAddress(prefix.address, vip)),
      ),
  )
  if (other !== undefined) {
    problems.error([...path, 'vip'], `${formatAddress(vip)} is an address of ${other.name}`)
  }
  const iface = chooseInterface(plan, balancer.interfaces, vip, wanted)
  if (iface === undefined) {
    const known = balancer.interfaces.map((candidate) => candidate.name).join(', ')
    const problem =
      wanted === undefined
        ? `no interface of ${balancer.name} can own ${formatAddress(vip)}`
        : `${balancer.name} has no interface '${wanted}'; known: ${known}`
    problems.error([...path, wanted === undefined ? 'vip' : 'interface'], problem)
    return plan
  }
  const length = vip.family === 4 ? 32 : 128
  const interfaces = balancer.interfaces.map((candidate) =>
    candidate === iface
      ? { ...candidate, addresses: [...candidate.addresses, { address: vip, length }] }
      : candidate,
  )
  const nodes = plan.nodes.map((one) => (one === balancer ? { ...one, interfaces } : one))
  return { ...plan, nodes }
}

/** The one named; else the one whose network holds the address; else the one to the gateway. */
function chooseInterface(
  plan: Plan,
  interfaces: readonly InterfacePlan[],
  vip: Address,
  wanted: string | undefined,
): InterfacePlan | undefined {
  if (wanted !== undefined) return interfaces.find((iface) => iface.name === wanted)
  const holding = interfaces.find(
    (iface) =>
      !iface.loopback &&
      plan.networks[iface.network]?.subnets.some((subnet) => prefixHolds(subnet, vip)) === true,
  )
  if (holding !== undefined) return holding
  const node = plan.nodes.find((candidate) => candidate.interfaces === interfaces)
  const gateway = node?.routes.find((route) => route.to.length === 0)
  return interfaces[gateway?.iface ?? 1]
}
