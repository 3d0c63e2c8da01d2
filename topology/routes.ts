import {
  type Address,
  formatAddress,
  parseAddress,
  type Prefix,
  prefixHolds,
} from '../sim/wire/address.ts'
import type { Drawing, DrawingProblems, NodeDrawing } from './drawing.ts'
import { firstAddress } from './owners.ts'
import type { InterfacePlan, NeighbourPlan, ResolverPlan, RoutePlan } from './plan.ts'

/** One machine among all, while what it says of others is looked up. */
export interface Context {
  readonly drawing: Drawing
  readonly names: readonly string[]
  readonly interfaces: readonly (readonly InterfacePlan[])[]
  readonly problems: DrawingProblems
  readonly name: string
  readonly own: readonly InterfacePlan[]
}

/** Routes as written, then default routes by `gateway`; connected ones follow from addresses. */
export function completeRoutes(context: Context, node: NodeDrawing): RoutePlan[] {
  const { name, own, problems } = context
  const routes: RoutePlan[] = []
  const onLink = onLinkRoutes(context, node)
  for (const [i, route] of (node.routes ?? []).entries()) {
    const path = ['nodes', name, 'routes', i]
    const found =
      route.via === undefined
        ? []
        : nextHops(context, route.via, [...path, 'via'], onLink, route.dev)
    const hop = found.find((candidate) => candidate.via.family === route.to.address.family)
    const dev = own.findIndex((iface) => iface.name === route.dev)
    if (route.dev !== undefined && dev < 0) {
      const known = own.map((iface) => iface.name).join(', ')
      problems.error([...path, 'dev'], `${name} has no interface '${route.dev}'; known: ${known}`)
    } else if (hop === undefined && dev < 0) {
      if (route.via === undefined) problems.error(path, `a route needs 'via' or 'dev'`)
    } else routes.push({ to: route.to, via: hop?.via, iface: dev < 0 ? hop!.iface : dev })
  }
  for (const [i, gateway] of (node.gateway ?? []).entries()) {
    for (const { via, iface } of nextHops(
      context,
      gateway,
      ['nodes', name, 'gateway', i],
      onLink,
    )) {
      const zero: Address =
        via.family === 4 ? { family: 4, v4: 0 } : { family: 6, words: [0, 0, 0, 0] }
      routes.push({ to: { address: zero, length: 0 }, via, iface })
    }
  }
  return routes
}

interface Hop {
  readonly via: Address
  readonly iface: number
}

interface OnLink {
  readonly to: Prefix
  readonly iface: number
}

/** What the drawing says to be on a wire although no address of ours has it in its subnet. */
function onLinkRoutes({ own }: Context, node: NodeDrawing): OnLink[] {
  return (node.routes ?? []).flatMap(({ to, via, dev }) => {
    const iface = own.findIndex((each) => each.name === dev)
    return via === undefined && iface >= 0 ? [{ to, iface }] : []
  })
}

/**
 * Addresses by which `target` (a machine or an address) can be reached in one of our subnets, or by
 * one of the routes `onLink`.
 */
function nextHops(
  context: Context,
  target: string,
  path: readonly (string | number)[],
  onLink: readonly OnLink[] = [],
  dev?: string,
): Hop[] {
  const { names, interfaces, own, problems, name } = context
  const address = parseAddress(target)
  if (address !== undefined && isLinkLocal(address)) return onWire(context, address, path, dev)
  const candidates: Address[] = []
  if (address !== undefined) candidates.push(address)
  else {
    const index = names.indexOf(target)
    if (index < 0) {
      problems.error(path, `there is no machine '${target}'; known: ${names.join(', ')}`)
      return []
    }
    for (const iface of interfaces[index]!) {
      if (!iface.loopback) candidates.push(...iface.addresses.map((prefix) => prefix.address))
    }
  }
  const hops: Hop[] = []
  for (const via of candidates) {
    const subnet = own.findIndex(
      (candidate) =>
        !candidate.loopback && candidate.addresses.some((prefix) => prefixHolds(prefix, via)),
    )
    const routed = onLink.find(({ to }) => prefixHolds(to, via))?.iface ?? -1
    const iface = subnet >= 0 ? subnet : routed
    const sameFamily = hops.some((hop) => hop.via.family === via.family)
    if (iface >= 0 && !sameFamily) hops.push({ via, iface })
  }
  if (hops.length === 0) {
    problems.error(path, `${name} has no address in a subnet of '${target}'`)
  }
  return hops
}

/** A link-local next hop is on every wire: `dev` tells which, or that there is only one does. */
function onWire(
  { own, problems, name }: Context,
  via: Address,
  path: readonly (string | number)[],
  dev: string | undefined,
): Hop[] {
  const speaking = own.filter(
    (iface) =>
      !iface.loopback &&
      (dev === undefined || iface.name === dev) &&
      iface.addresses.some(({ address }) => address.family === 6),
  )
  if (speaking.length === 1) return [{ via, iface: speaking[0]!.index }]
  const text = formatAddress(via)
  if (speaking.length === 0) {
    problems.error(path, `${name} has no IPv6 address on a wire where ${text} could be`)
  } else {
    const known = speaking.map((iface) => iface.name).join(', ')
    problems.error(path, `${text} may be on ${known}; a route says which by 'dev'`)
  }
  return []
}

/** fe80::/10 (RFC 4291 §2.5.6). */
const isLinkLocal = (address: Address): boolean =>
  address.family === 6 && address.words[0] >>> 22 === 0x3fa

/** Neighbours that are known at 0s. */
export function completeNeighbours(context: Context, node: NodeDrawing): NeighbourPlan[] {
  return Object.entries(node.neighbours ?? {}).flatMap(([target, mac]) =>
    nextHops(context, target, ['nodes', context.name, 'neighbours', target]).map((hop) => ({
      iface: hop.iface,
      address: hop.via,
      mac,
    })),
  )
}

/** The name server that a machine asks. */
export function completeResolver(context: Context, node: NodeDrawing): ResolverPlan | undefined {
  const { resolver } = node
  if (resolver === undefined) return undefined
  const { cache = true, ttl = 'obey', use = 'first' } = resolver
  const address = parseAddress(resolver.server)
  if (address !== undefined) return { server: address, cache, ttl, use }
  const index = context.names.indexOf(resolver.server)
  const first = index < 0 ? undefined : firstAddress(context.interfaces[index]!)
  if (first === undefined) {
    const path = ['nodes', context.name, 'resolver', 'server']
    const known = context.names.join(', ')
    context.problems.error(path, `there is no machine '${resolver.server}'; known: ${known}`)
    return undefined
  }
  return { server: first, cache, ttl, use }
}
