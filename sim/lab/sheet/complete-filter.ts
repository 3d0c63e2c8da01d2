import type { NodePlan, Plan } from '../../../topology/plan.ts'
import { compile } from '../../filter/index.ts'
import { nodeIndex } from './complete-programs.ts'
import { suggestion } from './nearest.ts'
import type { Problems } from './problems.ts'
import type { RawFilterRule } from './schema/filter.ts'
import type { Path } from './source.ts'
import type { FilterRuleSheet } from './types.ts'

/** Rules of the packet filter with every reference resolved; undefined ones could not be read. */
export function completeFilter(
  raw: readonly (RawFilterRule | undefined)[],
  plan: Plan,
  problems: Problems,
): FilterRuleSheet[] {
  const rules: FilterRuleSheet[] = []
  for (const [i, each] of raw.entries()) {
    const rule = each && completeRule(each, ['filter', i], plan, problems)
    if (rule === undefined) continue
    const before = rules.find((earlier) => takesAll(earlier, rule))
    if (before !== undefined) {
      const all = `the rule of line ${before.line} takes all that could`
      problems.warn(['filter', i], `no packet comes as far as this rule: ${all}`)
    }
    rules.push(rule)
  }
  return rules
}

function completeRule(
  rule: RawFilterRule,
  path: Path,
  plan: Plan,
  problems: Problems,
): FilterRuleSheet | undefined {
  const { hook = 'forward', match, verdict } = rule
  const index = nodeIndex(plan, rule.node, [...path, 'node'], problems)
  const node = plan.nodes[index]
  checkMatch(match, hook, [...path, 'match'], problems)
  const odd = hook === 'output' ? 'in' : 'out'
  if (hook !== 'forward' && rule[odd] !== undefined) {
    const why = hook === 'output' ? 'begins at this machine' : 'ends at this machine'
    problems.keyError([...path, odd], `what passes the hook '${hook}' ${why}; leave '${odd}' out`)
  }
  if (node === undefined) return undefined
  const inIface = interfaceOf(rule.in, node, [...path, 'in'], problems)
  const outIface = interfaceOf(rule.out, node, [...path, 'out'], problems)
  return { ...problems.placeOf(path), node: index, hook, inIface, outIface, match, verdict }
}

function checkMatch(match: string | undefined, hook: string, path: Path, problems: Problems): void {
  if (match === undefined) return
  const filter = compile(match)
  if ('problem' in filter) {
    return problems.errorInside(path, filter.column, filter.problem, filter.hint)
  }
  if (filter.needsConversations) {
    const hint = 'tcp.flags and ports are in the packet itself'
    problems.error(path, `a packet filter knows no relative numbers or streams; ${hint}`)
  }
  const link = filter.fields.find((field) => field.startsWith('eth'))
  if (hook === 'output' && link !== undefined) {
    problems.error(path, `'${link}' is not known yet when a packet passes the hook 'output'`)
  }
}

/** Index of an interface of `node`; undefined: none is named, or it is missing and was reported. */
function interfaceOf(
  name: string | undefined,
  node: NodePlan,
  path: Path,
  problems: Problems,
): number | undefined {
  if (name === undefined) return undefined
  const index = node.interfaces.findIndex((each) => each.name === name)
  if (index >= 0) return index
  const known = node.interfaces.map((each) => each.name)
  problems.error(path, `${node.name} has no interface '${name}'${suggestion(name, known)}`)
  return undefined
}

/** Whether nothing is left for `other` once `one` has been asked. */
function takesAll(one: FilterRuleSheet, other: FilterRuleSheet): boolean {
  if (one.node !== other.node || one.hook !== other.hook) return false
  if (one.match !== undefined && one.match !== other.match) return false
  return covers(one.inIface, other.inIface) && covers(one.outIface, other.outIface)
}

function covers(one: number | undefined, other: number | undefined): boolean {
  return one === undefined || one === other
}
