import type { NodePlan, Plan } from '../../../topology/plan.ts'
import { SYSCTL_DEFAULTS } from '../../host/sysctl.ts'
import { formatAddress } from '../../wire/address.ts'
import { nearest } from './nearest.ts'
import { notYetSentence } from './not-yet.ts'
import type { Problems } from './problems.ts'
import type { Path } from './source.ts'

/** What is right as a drawing and no machine of this version can be. */
export function checkPlan(plan: Plan, problems: Problems): void {
  for (const node of plan.nodes) {
    const path: Path = ['topology', 'nodes', node.name]
    checkSysctl(node.sysctl, node, [...path, 'sysctl'], problems)
    for (const iface of node.interfaces) {
      const late = iface.addresses.find(({ address }) => address.family === 6)?.address
      if (late === undefined) continue
      const text = `${notYetSentence('IPv6')}: ${formatAddress(late)}`
      problems.error([...path, 'interfaces', iface.name], text)
    }
    for (const [i, { to }] of node.routes.entries()) {
      if (to.address.family === 4 || to.length === 0) continue
      problems.error(
        [...path, 'routes', i],
        `${notYetSentence('IPv6')}: ${formatAddress(to.address)}`,
      )
    }
  }
}

/** Settings a kernel would not know are spelling mistakes: nothing would happen. */
export function checkSysctl(
  settings: Readonly<Record<string, number>>,
  node: NodePlan,
  path: Path,
  problems: Problems,
): void {
  for (const name of Object.keys(settings)) {
    if (isKnown(name, node)) continue
    const near = nearest(name, Object.keys(SYSCTL_DEFAULTS))
    const hint =
      near === undefined ? 'names are those of Linux, in full' : `did you mean '${near}'?`
    problems.keyError(
      [...path, name],
      `no machine of this version knows the sysctl '${name}'`,
      hint,
    )
  }
}

function isKnown(name: string, node: NodePlan): boolean {
  if (Object.hasOwn(SYSCTL_DEFAULTS, name) || name.startsWith('net.ipv6.')) return true
  const match = /^(net\.ipv4\.(?:conf|neigh)\.)([^.]+)(\..+)$/.exec(name)
  if (match === null || !node.interfaces.some((iface) => iface.name === match[2])) return false
  return Object.hasOwn(SYSCTL_DEFAULTS, `${match[1]}default${match[3]}`)
}
