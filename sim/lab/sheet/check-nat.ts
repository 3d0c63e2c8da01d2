import { ownerOf } from '../../../topology/owners.ts'
import type { NodePlan, Plan } from '../../../topology/plan.ts'
import {
  type Address,
  formatAddress,
  formatPrefix,
  type Prefix,
  prefixHolds,
  sameAddress,
} from '../../wire/address.ts'
import type { Problems } from './problems.ts'
import type { Path } from './source.ts'
import type { NatMatchSheet, NatRuleSheet, NatTargetSheet } from './types.ts'

/** Rules of `nat` that can never do what they say. */
export function checkNatRule(rule: NatRuleSheet, plan: Plan, path: Path, problems: Problems): void {
  const node = plan.nodes[rule.node]!
  const { action } = rule
  const at = (key: string): Path => [...path, key]
  checkFamilies(rule, path, problems)
  warnWithoutForwarding(rule, node, path, problems)
  checkComes(rule, plan, node, path, problems)
  if (action.kind === 'dnat') {
    for (const [i, target] of action.targets.entries()) {
      const key = action.targets.length === 1 ? at('dnat') : [...at('dnat'), i]
      const place = action.seed === undefined ? key : [...at('dnat'), 'to', i]
      checkTarget(target, rule, plan, node, place, problems)
    }
  } else if (action.kind === 'snat') {
    checkSource(action.address, plan, node, at('snat'), problems)
  } else if (action.kind === 'one-to-one') {
    checkSource(action.outside, plan, node, at('one-to-one'), problems)
    checkTarget(action.inside, rule, plan, node, at('from'), problems)
  } else {
    const iface = node.interfaces[rule.out!]!
    const { family } = rule.from.prefix?.address ?? rule.to.prefix?.address ?? { family: 4 }
    if (!iface.addresses.some(({ address }) => address.family === family)) {
      const problem = `${node.name}.${iface.name} has no IPv${family} address to masquerade as`
      problems.error(at('masquerade'), problem)
    }
  }
}

/** Nobody's packets but its own pass a machine that forwards nothing. */
function warnWithoutForwarding(
  { action, from, to }: NatRuleSheet,
  { name, sysctl }: NodePlan,
  path: Path,
  problems: Problems,
): void {
  if (action.kind === 'dnat') return
  const { family } = from.prefix?.address ?? to.prefix?.address ?? { family: 4 }
  const setting = family === 4 ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding'
  if ((sysctl[setting] ?? 0) !== 0) return
  const problem = `${name} forwards nothing, so the rule sees only what ${name} itself sends`
  problems.warn([...path, 'node'], problem, `write role: router, or ${setting}: 1`)
}

/** All addresses of a rule are of one family: nothing here turns IPv4 into IPv6. */
function checkFamilies(rule: NatRuleSheet, path: Path, problems: Problems): void {
  const { action, from, to } = rule
  const written: (readonly [string, Address])[] = []
  if (from.prefix !== undefined) written.push(['from', from.prefix.address])
  if (to.prefix !== undefined) written.push(['to', to.prefix.address])
  if (action.kind === 'dnat') {
    for (const { address } of action.targets) written.push(['dnat', address])
  } else if (action.kind === 'snat') written.push(['snat', action.address])
  else if (action.kind === 'one-to-one') written.push(['one-to-one', action.outside])
  const [first] = written
  const other = written.find(([, address]) => address.family !== first![1].family)
  if (other === undefined) return
  const [key, address] = other
  const problem = `${formatAddress(address)} is not of the family of ${formatAddress(first![1])}`
  problems.error([...path, key], problem, 'a rule is about IPv4 or about IPv6')
}

/** Whether packets that the rule speaks of can get to the machine at all. */
function checkComes(
  rule: NatRuleSheet,
  plan: Plan,
  node: NodePlan,
  path: Path,
  problems: Problems,
): void {
  const { from, to, action } = rule
  if (from.prefix !== undefined && action.kind !== 'one-to-one') {
    const { prefix } = from
    const known =
      plan.networks.some(({ subnets }) => subnets.some((subnet) => overlap(subnet, prefix))) ||
      addresses(plan.nodes).some((address) => prefixHolds(prefix, address))
    if (!known) {
      const problem = `the rule can never match: nobody has an address in ${shown(prefix)}`
      problems.error([...path, 'from'], problem)
    }
  }
  if (to.prefix === undefined || action.kind !== 'dnat') return
  const { prefix } = to
  const own = addresses([node])
  if (own.some((address) => prefixHolds(prefix, address))) return
  const routed = plan.nodes.some((other) =>
    other.routes.some(
      (route) =>
        route.via !== undefined &&
        own.some((address) => sameAddress(address, route.via!)) &&
        overlap(route.to, prefix),
    ),
  )
  if (routed) return
  const problem = `the rule can never match: no packet to ${shown(prefix)} comes to ${node.name}`
  const { name } = node
  const hint = `give ${name} the address, or another machine a route to it through ${name}`
  problems.error([...path, 'to'], problem, hint)
}

/** A new destination is somewhere the machine can send to. */
function checkTarget(
  target: NatTargetSheet,
  rule: NatRuleSheet,
  plan: Plan,
  node: NodePlan,
  path: Path,
  problems: Problems,
): void {
  const { address } = target
  const near = node.interfaces.some((iface) =>
    iface.addresses.some((own) => prefixHolds(own, address)),
  )
  const routed = near || node.routes.some((route) => prefixHolds(route.to, address))
  if (!routed) {
    problems.error(path, `${node.name} has no route to ${formatAddress(address)}`)
  } else if (near && ownerOf(plan, address) === undefined) {
    problems.error(path, `no machine has the address ${formatAddress(address)}`)
  }
  const { port, lastPort } = rule.to
  const length = target.lastPort - target.port
  if (length > 0 && (port === undefined || lastPort! - port !== length)) {
    const problem = `${length + 1} ports here need as many in 'to'`
    problems.error(path, problem, "write one port, or a range of the same length in 'to'")
  }
}

/** A new source brings the answers back to the machine that translates. */
function checkSource(
  address: Address,
  plan: Plan,
  node: NodePlan,
  path: Path,
  problems: Problems,
): void {
  const owner = ownerOf(plan, address)
  if (owner !== undefined && owner !== node) {
    const whose = `is an address of ${owner.name}, which would get the answers`
    const problem = `${formatAddress(address)} ${whose}`
    problems.error(path, problem, `take an address of ${node.name}`)
    return
  }
  if (owner === node) return
  const iface = node.interfaces.find((one) =>
    one.addresses.some((own) => prefixHolds(own, address)),
  )
  if (iface === undefined) return
  const problem = `nobody answers ARP for ${formatAddress(address)}, so answers will not come back`
  problems.error(path, problem, `give the address to ${node.name}.${iface.name} as well`)
}

/** An earlier rule of the same machine takes everything that this one could. */
export function checkShadowed(
  rule: NatRuleSheet,
  earlier: readonly NatRuleSheet[],
  path: Path,
  problems: Problems,
): void {
  for (const other of earlier) {
    if (other.node !== rule.node || !takesAll(other, rule)) continue
    const whose = other.name === undefined ? `of line ${other.line}` : `'${other.name}'`
    const problem = `the rule can never match: the rule ${whose} takes all that it could`
    problems.error(path, problem, 'the first rule that fits decides; put the narrower one first')
    return
  }
}

function takesAll(other: NatRuleSheet, rule: NatRuleSheet): boolean {
  const one = other.action.kind === 'one-to-one'
  if (one || rule.action.kind === 'one-to-one') return false
  if ((other.action.kind === 'dnat') !== (rule.action.kind === 'dnat')) return false
  if (other.startsNs > rule.startsNs) return false
  if (other.in !== undefined && other.in !== rule.in) return false
  if (other.out !== undefined && other.out !== rule.out) return false
  if (other.onlyTranslated && !rule.onlyTranslated) return false
  // What `only: translated` sees of services, the other sees only when they are tracked.
  if (rule.onlyTranslated && !other.onlyTranslated) return false
  return wider(other.from, rule.from) && wider(other.to, rule.to)
}

function wider(one: NatMatchSheet, other: NatMatchSheet): boolean {
  if (one.prefix !== undefined) {
    if (other.prefix === undefined || other.prefix.length < one.prefix.length) return false
    if (!prefixHolds(one.prefix, other.prefix.address)) return false
  }
  if (one.protocol !== undefined && one.protocol !== other.protocol) return false
  if (one.port === undefined) return true
  return other.port !== undefined && one.port <= other.port && one.lastPort! >= other.lastPort!
}

function overlap(one: Prefix, other: Prefix): boolean {
  return prefixHolds(one, other.address) || prefixHolds(other, one.address)
}

function addresses(nodes: readonly NodePlan[]): Address[] {
  return nodes.flatMap((node) =>
    node.interfaces.flatMap((iface) => iface.addresses.map(({ address }) => address)),
  )
}

/** A prefix, or the address when it is one machine's. */
function shown(prefix: Prefix): string {
  const whole = prefix.address.family === 4 ? 32 : 128
  return prefix.length === whole ? formatAddress(prefix.address) : formatPrefix(prefix)
}
