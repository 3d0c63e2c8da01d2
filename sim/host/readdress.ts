import type { Host } from './host.ts'
import { type Interface, maskOf } from './interface.ts'
import type { Route } from './route.ts'

/**
 * An interface gets another MAC: what was known of its wire is forgotten (Linux neigh_changeaddr),
 * and with arp_notify its addresses are announced.
 */
export function changeMac(host: Host, iface: Interface, mac: number): void {
  iface.macHi = Math.floor(mac / 0x1_0000_0000)
  iface.macLo = mac % 0x1_0000_0000
  host.neighbours.flush(iface)
  host.routes.changed()
  if (iface.settings.arpNotify) host.announce(iface, 'notify')
}

/**
 * The first IPv4 address of an interface is replaced; others, such as virtual ones, stay. Returns
 * the routes that are lost because their gateway is no neighbour any more. Connections keep the old
 * address, to which nobody answers now.
 */
export function changeAddress(
  host: Host,
  iface: Interface,
  address: number,
  prefixLen: number,
): readonly Route[] {
  const old = iface.addresses[0]
  iface.addresses[0] = { address, prefixLen, mask: maskOf(prefixLen) }
  return host.routes.readdress(iface, old)
}
