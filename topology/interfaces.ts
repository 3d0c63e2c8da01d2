import { formatAddress, formatPrefix, type Prefix, prefixHolds } from '../sim/wire/address.ts'
import type { Drawing, DrawingProblems, InterfaceDrawing } from './drawing.ts'
import type { InterfacePlan } from './plan.ts'

/** 02:00:00:00:HH:II by order of machines (from 1) and their interfaces. */
const FIRST_MAC = 0x0200_0000_0000
const LO_MTU = 65536

/** What an interface must know of a network to be plugged in. */
export interface Network {
  readonly name: string
  readonly index: number
  readonly subnets: readonly Prefix[]
}

/** The interfaces of one machine, `lo` first, each in the network that its address tells. */
export function completeInterfaces(
  drawing: Drawing,
  name: string,
  nodeIndex: number,
  networks: readonly Network[],
  problems: DrawingProblems,
): InterfacePlan[] {
  const written = drawing.nodes[name]!.interfaces
  const lo: InterfacePlan = {
    name: 'lo',
    index: 0,
    loopback: true,
    network: -1,
    addresses: [
      { address: { family: 4, v4: 0x7f000001 }, length: 8 },
      ...(written['lo']?.addresses ?? []),
    ],
    mac: 0,
    mtu: LO_MTU,
  }
  const list = [lo]
  for (const [ifaceName, iface] of Object.entries(written)) {
    if (ifaceName === 'lo') continue
    const path = ['nodes', name, 'interfaces', ifaceName]
    const number = list.length - 1
    list.push({
      name: ifaceName,
      index: list.length,
      loopback: false,
      network: chooseNetwork(iface, networks, path, problems),
      addresses: iface.addresses ?? [],
      mac: iface.mac ?? FIRST_MAC + (nodeIndex + 1) * 256 + number,
      mtu: iface.mtu ?? 0,
    })
  }
  if (list.length === 1) problems.warn(['nodes', name], `'${name}' has no interface with a cable`)
  return list
}

function chooseNetwork(
  iface: InterfaceDrawing,
  networks: readonly Network[],
  path: readonly string[],
  problems: DrawingProblems,
): number {
  if (iface.network !== undefined) {
    const named = networks.find((network) => network.name === iface.network)
    if (named !== undefined) return named.index
    const known = networks.map((network) => network.name).join(', ')
    problems.error([...path, 'network'], `there is no network '${iface.network}'; known: ${known}`)
    return -1
  }
  const first = iface.addresses?.[0]
  if (first === undefined) {
    problems.error(path, 'an interface without an address must name its network')
    return -1
  }
  const holding = networks.filter((network) =>
    network.subnets.some((subnet) => prefixHolds(subnet, first.address)),
  )
  if (holding.length === 1) return holding[0]!.index
  const text = formatAddress(first.address)
  if (holding.length === 0) {
    const known = networks.flatMap((network) =>
      network.subnets.map((subnet) => formatPrefix(subnet)),
    )
    problems.error(path, `${text} lies in no network`, `networks: ${known.join(', ')}`)
  } else {
    const both = holding.map((network) => network.name).join(' and ')
    problems.error(path, `${text} lies in ${both}; say which by 'network'`)
  }
  return -1
}

/** The same address twice on one wire, or the same MAC anywhere, is a mistake and no lesson yet. */
export function checkAddresses(
  names: readonly string[],
  interfaces: readonly (readonly InterfacePlan[])[],
  problems: DrawingProblems,
): void {
  const addresses = new Map<string, string>()
  const macs = new Map<number, string>()
  for (const [i, list] of interfaces.entries()) {
    for (const iface of list) {
      if (iface.loopback) continue
      const own = `${names[i]}.${iface.name}`
      const path = ['nodes', names[i]!, 'interfaces', iface.name]
      for (const { address } of iface.addresses) {
        const key = `${iface.network} ${formatAddress(address)}`
        const other = addresses.get(key)
        if (other !== undefined) {
          problems.error(path, `${formatAddress(address)} is the address of ${other} already`)
        }
        addresses.set(key, own)
      }
      const twin = macs.get(iface.mac)
      if (twin !== undefined) problems.error(path, `this MAC is the one of ${twin} already`)
      macs.set(iface.mac, own)
    }
  }
}
