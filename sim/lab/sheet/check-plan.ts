import type { Plan } from '../../../topology/plan.ts'
import { formatAddress } from '../../wire/address.ts'
import { checkSysctl } from './check-sysctl.ts'
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
