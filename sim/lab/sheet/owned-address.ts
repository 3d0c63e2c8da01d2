import type { InterfacePlan, Plan } from '../../../topology/plan.ts'
import { type Address, formatAddress, prefixHolds, sameAddress } from '../../wire/address.ts'
import type { Problems } from './problems.ts'
import type { Path } from './source.ts'

/**
 * The drawing in which a balancer owns an address of its services. `wanted`: the interface that
 * should own it; `path`: of the service, `at`: of the address.
 */
export function withAddress(
  plan: Plan,
  node: number,
  address: Address,
  wanted: string | undefined,
  path: Path,
  at: Path,
  problems: Problems,
): Plan {
  const balancer = plan.nodes[node]!
  const owned = balancer.interfaces.some((iface) =>
    iface.addresses.some((prefix) => sameAddress(prefix.address, address)),
  )
  if (owned) return plan
  const other = plan.nodes.find(
    (candidate) =>
      candidate.index !== node &&
      candidate.interfaces.some(
        (iface) =>
          !iface.loopback && iface.addresses.some((prefix) => sameAddress(prefix.address, address)),
      ),
  )
  if (other !== undefined) {
    problems.error(at, `${formatAddress(address)} is an address of ${other.name}`)
  }
  const iface = chooseInterface(plan, balancer.interfaces, address, wanted)
  if (iface === undefined) {
    const known = balancer.interfaces.map((candidate) => candidate.name).join(', ')
    const problem =
      wanted === undefined
        ? `no interface of ${balancer.name} can own ${formatAddress(address)}`
        : `${balancer.name} has no interface '${wanted}'; known: ${known}`
    problems.error(wanted === undefined ? at : [...path, 'interface'], problem)
    return plan
  }
  const length = address.family === 4 ? 32 : 128
  const interfaces = balancer.interfaces.map((candidate) =>
    candidate === iface
      ? { ...candidate, addresses: [...candidate.addresses, { address, length }] }
      : candidate,
  )
  const nodes = plan.nodes.map((one) => (one === balancer ? { ...one, interfaces } : one))
  return { ...plan, nodes }
}

/** The one named; else the one whose network holds the address; else the one to the gateway. */
function chooseInterface(
  plan: Plan,
  interfaces: readonly InterfacePlan[],
  address: Address,
  wanted: string | undefined,
): InterfacePlan | undefined {
  if (wanted !== undefined) return interfaces.find((iface) => iface.name === wanted)
  const holding = interfaces.find(
    (iface) =>
      !iface.loopback &&
      plan.networks[iface.network]?.subnets.some((subnet) => prefixHolds(subnet, address)) === true,
  )
  if (holding !== undefined) return holding
  const node = plan.nodes.find((candidate) => candidate.interfaces === interfaces)
  const gateway = node?.routes.find((route) => route.to.length === 0)
  return interfaces[gateway?.iface ?? 1]
}
