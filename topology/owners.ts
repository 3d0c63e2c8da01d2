import { type Address, sameAddress } from '../sim/wire/address.ts'
import type { InterfacePlan, NodePlan, Plan } from './plan.ts'

/** First address that is not on `lo`, of one family when given. */
export function firstAddress(
  interfaces: readonly InterfacePlan[],
  family?: 4 | 6,
): Address | undefined {
  for (const iface of interfaces) {
    if (iface.loopback) continue
    for (const { address } of iface.addresses) {
      if (family === undefined || address.family === family) return address
    }
  }
  return undefined
}

/** Machine that owns `address`, or undefined. */
export function ownerOf(plan: Plan, address: Address): NodePlan | undefined {
  return plan.nodes.find((node) =>
    node.interfaces.some((iface) =>
      iface.addresses.some((prefix) => sameAddress(prefix.address, address)),
    ),
  )
}
