import type { NodePlan, Plan } from '../../../topology/plan.ts'
import { SYSCTL_DEFAULTS } from '../../host/sysctl.ts'
import { formatAddress } from '../../wire/address.ts'
import { nearest } from './nearest.ts'
import type { Problems } from './problems.ts'
import type { Path } from './source.ts'

/** Every link that speaks IPv6 carries this much (RFC 8200 §5). */
const IPV6_MIN_MTU = 1280

/** What is right as a drawing and no machine can be. */
export function checkPlan(plan: Plan, problems: Problems): void {
  for (const node of plan.nodes) {
    const path: Path = ['topology', 'nodes', node.name]
    checkSysctl(node.sysctl, node, [...path, 'sysctl'], problems)
    for (const { name, addresses, mtu } of node.interfaces) {
      const six = addresses.find(({ address }) => address.family === 6)?.address
      if (six === undefined || mtu >= IPV6_MIN_MTU) continue
      problems.error(
        [...path, 'interfaces', name],
        `an MTU of ${mtu} is too small for IPv6 (${formatAddress(six)})`,
        `every link that speaks IPv6 carries at least ${IPV6_MIN_MTU} octets`,
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
  if (Object.hasOwn(SYSCTL_DEFAULTS, name)) return true
  const match = /^(net\.ipv[46]\.(?:conf|neigh)\.)([^.]+)(\..+)$/.exec(name)
  if (match === null || !node.interfaces.some((iface) => iface.name === match[2])) return false
  return Object.hasOwn(SYSCTL_DEFAULTS, `${match[1]}default${match[3]}`)
}
