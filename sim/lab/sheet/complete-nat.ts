import { ownerOf } from '../../../topology/owners.ts'
import type { InterfacePlan, NodePlan, Plan } from '../../../topology/plan.ts'
import { formatEndpoint } from '../../wire/address.ts'
import { checkNatRule, checkShadowed } from './check-nat.ts'
import { nodeIndex } from './complete-programs.ts'
import type { NatEnd } from './nat-end.ts'
import { suggestion } from './nearest.ts'
import type { Problems } from './problems.ts'
import type { RawNatRule } from './schema/nat.ts'
import type { Path } from './source.ts'
import type {
  NatAction,
  NatMatchSheet,
  NatRuleSheet,
  NatTargetSheet,
  ServiceSheet,
} from './types.ts'

/** Rules of `nat` with every reference resolved; those that can do nothing are told. */
export function completeNat(
  raw: readonly (RawNatRule | undefined)[],
  plan: Plan,
  serviceNames: readonly string[],
  problems: Problems,
): NatRuleSheet[] {
  const names = new Set(serviceNames)
  const rules: NatRuleSheet[] = []
  for (const [index, one] of raw.entries()) {
    if (one === undefined) continue
    const path: Path = ['nat', index]
    if (one.name !== undefined && names.has(one.name)) {
      problems.error([...path, 'name'], `'${one.name}' is the name of another rule or service`)
    }
    if (one.name !== undefined) names.add(one.name)
    const node = nodeIndex(plan, one.node, [...path, 'node'], problems)
    if (node < 0) continue
    const rule = completeRule(one, plan, plan.nodes[node]!, path, problems)
    if (rule === undefined) continue
    checkNatRule(rule, plan, path, problems)
    checkShadowed(rule, rules, path, problems)
    rules.push(rule)
  }
  return rules
}

/** What chooses among servers: a service, or a rule of `nat`. */
export interface Chooser {
  /** Undefined for a rule without a name. */
  readonly name: string | undefined
  readonly servers: readonly { readonly node: number }[]
}

/** Services and, behind them, rules of `nat`: DECIDED events number them so. */
export function choosersOf(
  services: readonly ServiceSheet[],
  rules: readonly NatRuleSheet[],
): readonly Chooser[] {
  const byRules = rules.map(({ name, action }): Chooser => {
    const targets = action.kind === 'dnat' ? action.targets : []
    return {
      name,
      servers: targets.flatMap(({ node }) => (node === undefined ? [] : [{ node }])),
    }
  })
  return [...services, ...byRules]
}

function completeRule(
  raw: RawNatRule,
  plan: Plan,
  node: NodePlan,
  path: Path,
  problems: Problems,
): NatRuleSheet | undefined {
  const action = actionOf(raw, plan, path, problems)
  checkKeys(raw, path, problems)
  const inside = interfaceOf('in', raw, node, path, problems)
  const outside = interfaceOf('out', raw, node, path, problems)
  const masked = interfaceOf('masquerade', raw, node, path, problems)
  if (action === undefined) return undefined
  if (raw.masquerade !== undefined && masked === undefined) return undefined
  return {
    ...problems.placeOf(path),
    name: raw.name,
    text: textOf(raw, plan),
    node: node.index,
    in: inside?.index,
    out: (masked ?? outside)?.index,
    from: matchOf(raw.from),
    to: matchOf(raw.to),
    onlyTranslated: raw.only === 'translated',
    startsNs: raw.starts ?? 0,
    action,
  }
}

/** Keys that say nothing where the rule acts. */
function checkKeys(raw: RawNatRule, path: Path, problems: Problems): void {
  const changesSource = raw.snat !== undefined || raw.masquerade !== undefined
  if (raw.in !== undefined && changesSource) {
    const hint = 'say where packets come from with `from`, and which way they leave with `out`'
    const problem = "'in' is for dnat: a source is changed as packets leave"
    problems.keyError([...path, 'in'], problem, hint)
  }
  if (raw.out !== undefined && raw.dnat !== undefined) {
    const hint = 'say which way packets come in with `in`'
    problems.keyError([...path, 'out'], "'out' is not known yet where dnat acts", hint)
  }
  if (raw.out !== undefined && raw.masquerade !== undefined) {
    problems.keyError(
      [...path, 'out'],
      "'masquerade' names the interface already; leave 'out' away",
    )
  }
  if (raw.only !== undefined && !changesSource) {
    problems.keyError([...path, 'only'], "'only: translated' is for rules that change the source")
  }
}

function actionOf(
  raw: RawNatRule,
  plan: Plan,
  path: Path,
  problems: Problems,
): NatAction | undefined {
  if (raw.dnat !== undefined) {
    const { targets, seed } = raw.dnat
    return { kind: 'dnat', targets: targets.map((end) => targetOf(end, plan)), seed }
  }
  if (raw.masquerade !== undefined) return { kind: 'masquerade' }
  if (raw.snat !== undefined) {
    const { address, port = 0, lastPort = 0 } = raw.snat
    return { kind: 'snat', address, firstPort: port, lastPort }
  }
  const outside = raw['one-to-one']
  if (outside === undefined) return undefined
  const inside = raw.from
  if (inside === undefined || inside.length !== undefined || inside.port !== undefined) {
    const problem = 'one to one needs the one machine inside: from: ADDRESS'
    problems.error(inside === undefined ? path : [...path, 'from'], problem)
    return undefined
  }
  return {
    kind: 'one-to-one',
    outside: outside.address,
    inside: targetOf(inside, plan),
  }
}

function targetOf(end: NatEnd, plan: Plan): NatTargetSheet {
  const { address, port = 0, lastPort = 0 } = end
  const owner = ownerOf(plan, address)
  return { address, port, lastPort, node: owner?.index, name: owner?.name ?? endText(end) }
}

function interfaceOf(
  key: 'in' | 'out' | 'masquerade',
  raw: RawNatRule,
  node: NodePlan,
  path: Path,
  problems: Problems,
): InterfacePlan | undefined {
  const name = raw[key]
  if (name === undefined) return undefined
  const plain = name.startsWith(`${node.name}.`) ? name.slice(node.name.length + 1) : name
  const found = node.interfaces.find((iface) => iface.name === plain && !iface.loopback)
  if (found !== undefined && plain === name) return found
  const known = node.interfaces.filter((iface) => !iface.loopback).map((iface) => iface.name)
  const hint = found === undefined ? suggestion(name, known) : `; write '${plain}'`
  problems.error([...path, key], `${node.name} has no interface '${name}'${hint}`)
  return undefined
}

function matchOf(end: NatEnd | undefined): NatMatchSheet {
  if (end === undefined) {
    return { prefix: undefined, port: undefined, lastPort: undefined, protocol: undefined }
  }
  const { address, port, lastPort, protocol } = end
  const whole = address.family === 4 ? 32 : 128
  return { prefix: { address, length: end.length ?? whole }, port, lastPort, protocol }
}

/** The rule in words, as it stands behind what it has changed. */
function textOf(raw: RawNatRule, plan: Plan): string {
  const { dnat, snat, masquerade } = raw
  const whose = raw.name === undefined ? 'nat' : `nat ${raw.name}`
  if (masquerade !== undefined) return `${whose}: masquerade as ${masquerade}`
  if (snat !== undefined) return `${whose}: snat to ${endText(snat)}`
  if (dnat === undefined) {
    return `${whose}: ${endText(raw.from)} is ${endText(raw['one-to-one'])} outside`
  }
  const one = dnat.targets.length === 1
  const [first] = dnat.targets
  if (one) return `${whose}: dnat to ${targetOf(first!, plan).name}`
  return `${whose}: dnat ${dnat.seed === undefined ? 'in turn' : 'by source'}`
}

/** `172.16.20.1:80`, as a person writes it. */
export function endText(end: NatEnd | undefined): string {
  return end === undefined ? 'anything' : formatEndpoint(end)
}
