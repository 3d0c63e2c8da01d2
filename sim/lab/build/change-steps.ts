import { assert } from '../../engine/assert.ts'
import type { Host } from '../../host/host.ts'
import type { Interface } from '../../host/interface.ts'
import { changeAddress, changeMac } from '../../host/readdress.ts'
import type { Address } from '../../wire/address.ts'
import type { ChangeStep, ReaddressStep, SysctlStep } from '../sheet/types.ts'
import type { Network } from './machines.ts'

/** Does a step that changes a machine, at once. */
export function change(step: ChangeStep | SysctlStep, network: Network): void {
  const host = network.hosts[step.node]!
  if (step.verb === 'sysctl') return setSysctl(step, host)
  const iface = host.interfaces[step.iface]!
  if (step.verb === 'readdress') return readdress(step, host, iface)
  if (!host.down) host.announce(iface, step.as)
}

/** Machines read most settings when they are built; those that can change in a run are told. */
function setSysctl(step: SysctlStep, host: Host): void {
  for (const [name, value] of Object.entries(step.settings)) host.sysctl.set(name, value)
  host.configure()
}

function readdress(step: ReaddressStep, host: Host, iface: Interface): void {
  if (step.mac !== undefined) changeMac(host, iface, step.mac)
  if (step.to === undefined) return
  const lost = changeAddress(host, iface, ipv4Number(step.to.address), step.to.length)
  for (const route of lost) {
    const gateway = step.gateways.find(({ old }) => ipv4Number(old) === route.via)
    if (gateway !== undefined) host.routes.add({ ...route, via: ipv4Number(gateway.new) })
  }
}

function ipv4Number(address: Address): number {
  assert(address.family === 4, 'the sheet was let through with another family')
  return address.v4
}
