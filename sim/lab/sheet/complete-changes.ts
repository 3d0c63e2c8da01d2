import type { InterfacePlan, NodePlan, Plan } from '../../../topology/plan.ts'
import {
  type Address,
  formatAddress,
  type Prefix,
  prefixHolds,
  sameAddress,
} from '../../wire/address.ts'
import type { ChangeStep } from './change-steps.ts'
import { suggestion } from './nearest.ts'
import type { Problems } from './problems.ts'
import type { RawStep } from './schema/steps.ts'
import type { Path } from './source.ts'
import type { StepBase } from './types.ts'

/** Steps that change an interface. */
export type RawChange = Extract<RawStep, { verb: 'announce' | 'readdress' }>

/** A change with its interface resolved. */
export function completeChange(
  step: RawChange,
  base: StepBase,
  plan: Plan,
  path: Path,
  problems: Problems,
): ChangeStep {
  const name = step.verb === 'announce' ? step.announce : step.readdress
  const found = findInterface(name, plan, [...path, step.verb], problems)
  const [node, iface] = found ?? [undefined, undefined]
  const end = { node: node?.index ?? 0, iface: iface?.index ?? 0 }
  if (step.verb === 'announce') {
    if (iface !== undefined && iface.addresses.length === 0) {
      problems.error([...path, 'announce'], `${name} has no address to announce`)
    }
    return { ...base, ...end, verb: 'announce', as: step.as ?? 'request' }
  }
  const { to, mac } = step
  if (to === undefined && mac === undefined) {
    problems.error(path, `'readdress' changes nothing here`, `give it 'to' or 'mac'`)
  }
  if (iface !== undefined && to !== undefined) checkAddress(to, iface, plan, path, problems)
  if (iface !== undefined && mac !== undefined) checkMac(mac, iface, plan, path, problems)
  const gateways = node === undefined || to === undefined ? [] : moved(node, to, plan)
  return { ...base, ...end, verb: 'readdress', to, mac, gateways }
}

/** `client.eth0`: an interface with a cable in it. */
function findInterface(
  text: string,
  plan: Plan,
  path: Path,
  problems: Problems,
): [NodePlan, InterfacePlan] | undefined {
  const [nodeName = '', ifaceName = '', more] = text.split('.')
  const node = plan.nodes.find(({ name }) => name === nodeName)
  if (node === undefined) {
    const known = plan.nodes.map(({ name }) => name)
    problems.error(path, `there is no machine '${nodeName}'${suggestion(nodeName, known)}`)
    return undefined
  }
  const cabled = node.interfaces.filter(({ loopback }) => !loopback)
  const iface = cabled.find(({ name }) => name === ifaceName)
  if (iface !== undefined && more === undefined) return [node, iface]
  const known = cabled.map(({ name }) => `${node.name}.${name}`).join(', ')
  problems.error(path, `'${text}' is no interface with a cable; known: ${known}`)
  return undefined
}

function checkAddress(
  to: Prefix,
  iface: InterfacePlan,
  plan: Plan,
  path: Path,
  problems: Problems,
): void {
  const text = formatAddress(to.address)
  const owner = ownerOf(to.address, plan)
  if (owner !== undefined && owner.iface !== iface) {
    const name = `${owner.node.name}.${owner.iface.name}`
    problems.warn([...path, 'to'], `${name} has ${text} already: both will answer for it`)
  }
  const network = plan.networks[iface.network]
  if (network === undefined || network.subnets.some((each) => prefixHolds(each, to.address))) return
  problems.warn([...path, 'to'], `${text} is in no subnet of network '${network.name}'`)
}

function checkMac(
  mac: number,
  iface: InterfacePlan,
  plan: Plan,
  path: Path,
  problems: Problems,
): void {
  for (const node of plan.nodes) {
    for (const other of node.interfaces) {
      if (other.loopback || other === iface || other.mac !== mac) continue
      problems.warn([...path, 'mac'], `${node.name}.${other.name} has this MAC already`)
    }
  }
}

function ownerOf(
  address: Address,
  plan: Plan,
): { node: NodePlan; iface: InterfacePlan } | undefined {
  for (const node of plan.nodes) {
    for (const iface of node.interfaces) {
      if (iface.loopback) continue
      if (iface.addresses.some((own) => sameAddress(own.address, address))) return { node, iface }
    }
  }
  return undefined
}

/** A machine that was the gateway is the gateway still, by its address in the new subnet. */
function moved(node: NodePlan, to: Prefix, plan: Plan): { old: Address; new: Address }[] {
  return node.routes.flatMap(({ via }) => {
    if (via === undefined || prefixHolds(to, via)) return []
    const gateway = ownerOf(via, plan)?.node
    const own = gateway?.interfaces
      .flatMap(({ addresses }) => addresses)
      .find(({ address }) => prefixHolds(to, address))
    return own === undefined ? [] : [{ old: via, new: own.address }]
  })
}
