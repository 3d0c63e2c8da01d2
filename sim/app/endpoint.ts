import type { Host } from '../host/host.ts'
import type { Address } from '../wire/address.ts'
import { isIpv6 } from '../wire/address-book.ts'

/** Address number of what a sheet names; 0, the machine's own choice, when it names nothing. */
export const numberOf = (host: Host, address: Address | undefined): number =>
  address === undefined ? 0 : host.addresses.number(address)

/** Text of an address number as it stands before a port: IPv6 in brackets. */
export function bracketed(host: Host, address: number): string {
  const text = host.addresses.format(address)
  return isIpv6(address) ? `[${text}]` : text
}

/** Whether a machine has an address of the family for talks with others. */
export function speaks(host: Host, family: 4 | 6): boolean {
  const others = host.interfaces.filter((iface) => !iface.loopback)
  if (family === 4) return others.some((iface) => iface.addresses.length > 0)
  return others.some((iface) => host.ipv6.link(iface).isEnabled)
}
