import { isLinkLocal } from '../wire/ipv6-scope.ts'
import type { Host } from './host.ts'
import { type Interface, maskOf } from './interface.ts'
import type { Ipv6Route } from './ipv6-routes.ts'
import type { Route } from './route.ts'

/**
 * An interface gets another MAC: what was known of its wire is forgotten (Linux neigh_changeaddr),
 * and with arp_notify or ndisc_notify its addresses are announced. Its link-local address stays the
 * one made from the old MAC, as in Linux while the interface is up.
 */
export function changeMac(host: Host, iface: Interface, mac: number): void {
  iface.macHi = Math.floor(mac / 0x1_0000_0000)
  iface.macLo = mac % 0x1_0000_0000
  host.neighbours.flush(iface)
  host.routes.changed()
  if (iface.settings.arpNotify) {
    for (const own of iface.addresses) host.neighbours.announce(iface, own.address, 'notify')
  }
  const forAll = host.sysctl.number('net.ipv6.conf.all.ndisc_notify')
  if (forAll !== 0 || host.ipv6.setting(iface, 'ndisc_notify') !== 0) host.ipv6.announce(iface)
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

/** The same for the IPv6 address that was written first; the link-local one stays. */
export function changeIpv6Address(
  host: Host,
  iface: Interface,
  number: number,
  prefixLen: number,
): readonly Ipv6Route[] {
  const { ipv6, routes } = host
  const link = ipv6.link(iface)
  const old = link.addresses.filter((own) => !own.isLinkLocal).at(-1)
  if (old !== undefined) {
    link.remove(old.number)
    if (!host.interfaces.some((each) => ipv6.link(each).has(old.number))) {
      routes.removeLocal(old.number)
    }
  }
  const isOnLink = (address: number): boolean =>
    isLinkLocal(host.addresses.word(address, 0)) || routes.ipv6.match(address)?.via === 0
  link.add(number, prefixLen)
  ipv6.reconnect(iface)
  const lost = routes.ipv6
    .list()
    .filter((route) => route.iface === iface && route.via !== 0 && !isOnLink(route.via))
  for (const route of lost) routes.ipv6.remove(route)
  routes.exceptions.clear()
  routes.changed()
  return lost
}
