import type { Host } from './host.ts'
import type { Interface } from './interface.ts'
import { maskOf } from './interface.ts'

/**
 * The two settings that decide who speaks ARP for which address (ip-sysctl.rst: arp_ignore,
 * arp_announce). Direct routing lives and dies by them.
 */

/** Whether a request for `target`, an address of ours, is answered on this interface. */
export function answersArp(host: Host, iface: Interface, sender: number, target: number): boolean {
  const mode = host.sysctl.largest(iface.name, 'arp_ignore')
  if (mode === 0) return true
  if (mode === 8) return false
  const own = iface.addresses.find((candidate) => candidate.address === target)
  if (mode === 1) return own !== undefined
  if (mode === 2) return own !== undefined && ((own.address ^ sender) & own.mask) === 0
  return true
}

/**
 * Sender address of a request for `target` while a packet from `packetSource` (0: none) waits:
 * its own source if that is local (arp_announce 0), if it also shares a subnet with the target (1),
 * or always the interface's address towards the target (2).
 */
export function requestSource(
  host: Host,
  iface: Interface,
  target: number,
  packetSource: number,
): number {
  const mode = host.sysctl.largest(iface.name, 'arp_announce')
  if (packetSource !== 0 && mode < 2 && host.routes.isLocal(packetSource)) {
    if (mode === 0) return packetSource
    const own = host.interfaces
      .flatMap((candidate) => candidate.addresses)
      .find((candidate) => candidate.address === packetSource)
    if (own !== undefined && ((packetSource ^ target) & maskOf(own.prefixLen)) === 0) {
      return packetSource
    }
  }
  return iface.addressTowards(target)?.address ?? 0
}
