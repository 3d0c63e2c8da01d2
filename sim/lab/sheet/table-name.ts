import type { Plan } from '../../../topology/plan.ts'
import { suggestion } from './nearest.ts'
import { LATER_WORDS, notYetSentence } from './not-yet.ts'
import type { Problems } from './problems.ts'
import type { Path } from './source.ts'
import type { TableName } from './types.ts'

const TABLES = [
  'neighbours',
  'routes',
  'conntrack',
  'connections',
  'templates',
  'servers',
  'sockets',
  'fdb',
] as const

/** `router.neighbours`, `router.eth1.neighbours` or `lan.fdb`. */
export function readTableName(text: string, plan: Plan, path: Path, problems: Problems): TableName {
  const parts = text.split('.')
  const table = parts[parts.length - 1] as (typeof TABLES)[number]
  const owner = parts[0]!
  const nothing = {
    node: undefined,
    network: undefined,
    iface: undefined,
    table: 'routes',
  } as const
  const later: readonly string[] = LATER_WORDS.table
  if (parts.length === 2 && later.includes(table)) {
    problems.error(path, notYetSentence(table))
    return nothing
  }
  if (parts.length < 2 || parts.length > 3 || !TABLES.includes(table)) {
    const hint = suggestion(table, TABLES, 'tables')
    problems.error(path, `'${text}' is no table; write MACHINE.TABLE${hint}`)
    return nothing
  }
  if (table === 'fdb') {
    const network = plan.networks.findIndex((candidate) => candidate.name === owner)
    const known = plan.networks.map((candidate) => candidate.name).join(', ')
    if (network < 0) problems.error(path, `there is no network '${owner}'; known: ${known}`)
    else if (plan.networks[network]!.wire !== 'switch')
      problems.error(path, `'${owner}' is no switch`)
    return { ...nothing, network: Math.max(network, 0), table }
  }
  const node = plan.nodes.find((candidate) => candidate.name === owner)
  if (node === undefined) {
    const known = plan.nodes.map((candidate) => candidate.name)
    const hint = suggestion(owner, known)
    problems.error(path, `there is no machine '${owner}'${hint}`)
    return nothing
  }
  if (parts.length === 2) return { ...nothing, node: node.index, table }
  const iface = node.interfaces.find((candidate) => candidate.name === parts[1])
  if (iface === undefined || table !== 'neighbours') {
    const known = node.interfaces.map((candidate) => candidate.name).join(', ')
    problems.error(path, `${owner} has no such table of '${parts[1]}'; interfaces: ${known}`)
    return { ...nothing, node: node.index, table }
  }
  return { ...nothing, node: node.index, iface: iface.index, table }
}
