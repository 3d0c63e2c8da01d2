import type { Host } from '../../host/host.ts'
import type { Interface } from '../../host/interface.ts'
import { changeAddress, changeIpv6Address, changeMac } from '../../host/readdress.ts'
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
  const { routes, addresses } = host
  const { address, length } = step.to
  const number = addresses.number(address)
  const gatewayOf = (via: number): number | undefined => {
    const moved = step.gateways.find(({ old }) => addresses.number(old) === via)
    return moved === undefined ? undefined : addresses.number(moved.new)
  }
  if (address.family === 4) {
    for (const route of changeAddress(host, iface, number, length)) {
      const via = gatewayOf(route.via)
      if (via !== undefined) routes.add({ ...route, via })
    }
    return
  }
  for (const route of changeIpv6Address(host, iface, number, length)) {
    const via = gatewayOf(route.via)
    if (via !== undefined) routes.ipv6.add({ ...route, via })
  }
  routes.changed()
}
