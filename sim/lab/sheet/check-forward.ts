import type { NodePlan, Plan } from '../../../topology/plan.ts'
import { type Address, formatAddress, prefixHolds, sameAddress } from '../../wire/address.ts'
import type { Problems } from './problems.ts'
import type { Path } from './source.ts'
import type { ServerSheet, VipSheet } from './types.ts'

/** A service as far as its forwarder cares. */
export interface Forwarding {
  readonly forward: string
  readonly balancer: NodePlan
  readonly vips: readonly VipSheet[]
  /** Addresses of the pool that translated sources are taken from. */
  readonly sources: readonly Address[]
}

/**
 * What a way of forwarding asks of a server. What cannot work at all is an error; what works in
 * another way than most people expect is a warning, since showing it may be the lesson.
 */
export function checkServer(
  service: Forwarding,
  server: ServerSheet,
  plan: Plan,
  path: Path,
  problems: Problems,
): void {
  const node = plan.nodes[server.node]!
  switch (service.forward) {
    case 'dnat':
      return warnWithoutWayBack(service, node, path, problems)
    case 'snat':
      return warnPoolOutOfReach(service, node, plan, path, problems)
    case 'direct':
    case 'l2':
      if (node === service.balancer) {
        const problem = `${node.name} is the balancer itself`
        if (service.forward === 'l2') problems.error(path, `${problem}; write forward: local`)
        return
      }
      warnWithoutVip(service, node, path, problems)
      warnOtherPort(service, server, path, problems)
      return warnWithoutSharedWire(service, node, path, problems)
    case 'local':
      if (node === service.balancer) return warnOtherPort(service, server, path, problems)
      return errorNotLocal(service, node, path, problems)
  }
}

function errorNotLocal(
  { balancer }: Forwarding,
  server: NodePlan,
  path: Path,
  problems: Problems,
): void {
  const cure = `write ${balancer.name} instead of ${server.name}`
  problems.error(path, `forward: local serves on the balancer; ${cure}`)
}

/** The reply has to pass the balancer; a server whose gateway is another is a lesson. */
function warnWithoutWayBack(
  { balancer }: Forwarding,
  server: NodePlan,
  path: Path,
  problems: Problems,
): void {
  if (balancer === server) return
  const passes = server.routes.some(({ via }) => via !== undefined && owns(balancer, via))
  if (passes) return
  const missed = `no route of ${server.name} leads through ${balancer.name}`
  const problem = `${missed}, so its replies will not be translated`
  problems.warn(path, problem, `with forward: dnat a server's gateway is the balancer`)
}

/** Replies go to the address of the pool: the server must find the balancer there. */
function warnPoolOutOfReach(
  { balancer, sources }: Forwarding,
  server: NodePlan,
  plan: Plan,
  path: Path,
  problems: Problems,
): void {
  for (const address of sources) {
    const shared = server.interfaces.some(
      ({ loopback, network }) =>
        !loopback &&
        plan.networks[network]!.subnets.some((subnet) => prefixHolds(subnet, address)) &&
        balancer.interfaces.some((own) => !own.loopback && own.network === network),
    )
    const routed = server.routes.some(
      ({ to, via }) => via !== undefined && owns(balancer, via) && prefixHolds(to, address),
    )
    if (shared || routed) continue
    const missed = `no route of ${server.name} leads to ${balancer.name} for`
    const problem = `${missed} ${formatAddress(address)}, so its replies get lost`
    problems.warn(path, problem, `take addresses of a network that both stand in`)
  }
}

const owns = (node: NodePlan, address: Address): boolean =>
  node.interfaces.some((iface) =>
    iface.addresses.some((prefix) => sameAddress(prefix.address, address)),
  )

/** The packet arrives with the virtual address as destination: the server must own it. */
function warnWithoutVip(
  { vips, forward }: Forwarding,
  server: NodePlan,
  path: Path,
  problems: Problems,
): void {
  const missing = vips.filter(({ address }) => !owns(server, address))
  if (missing.length === 0) return
  const { address } = missing[0]!
  const vip = `${formatAddress(address)}/${address.family === 4 ? 32 : 128}`
  problems.warn(
    path,
    `${server.name} does not own ${formatAddress(address)}, which stays the destination`,
    `with forward: ${forward} a server's lo carries the virtual address: lo: ${vip}`,
  )
}

/** Ports stay as they are; IPVS takes another one and says nothing. */
function warnOtherPort(
  { vips, forward }: Forwarding,
  { name, port }: ServerSheet,
  path: Path,
  problems: Problems,
): void {
  if (port === 0 || vips.some((vip) => vip.port <= port && port <= vip.lastPort)) return
  const { port: asked } = vips[0]!
  const problem = `forward: ${forward} changes no port: ${name} is asked at port ${asked}`
  problems.warn(path, problem, 'leave the port out, or forward by dnat or snat')
}

/** Through a router the packet would come back: its destination is the balancer's address. */
function warnWithoutSharedWire(
  { balancer, forward }: Forwarding,
  server: NodePlan,
  path: Path,
  problems: Problems,
): void {
  const networks = balancer.interfaces.filter((one) => !one.loopback).map((one) => one.network)
  if (server.interfaces.some((one) => !one.loopback && networks.includes(one.network))) return
  const apart = `${server.name} and ${balancer.name} share no network`
  const problem = `${apart}, so the packet comes back to ${balancer.name}`
  const hint = `forward: ${forward} reaches servers on the balancer's own wires only`
  problems.warn(path, problem, hint)
}
