import type { Host } from './host.ts'
import type { Interface } from './interface.ts'
import { judgeSource } from './reverse-path.ts'

/**
 * The settings that decide who speaks ARP for which address (ip-sysctl.rst: arp_ignore,
 * arp_filter, arp_announce). Direct routing lives and dies by them.
 */

/**
 * Whether `sender` may ask us for an address of ours: 0.0.0.0 (who looks whether an address is
 * taken), or one whose packets we would take, too.
 */
export function isAsker(host: Host, iface: Interface, sender: number): boolean {
  if (sender === 0) return true
  if (sender >>> 24 === 0 || sender >>> 28 >= 0xe) return false
  if (sender >>> 24 === 127 && !iface.settings.routeLocalnet) return false
  return judgeSource(host, iface, sender, undefined) >= 0
}

/** Whether a request for `target`, an address of ours, is answered on this interface. */
export function answersArp(host: Host, iface: Interface, sender: number, target: number): boolean {
  const { arpIgnore, arpFilter } = iface.settings
  if (ignores(arpIgnore, iface, sender, target)) return false
  return !arpFilter || sender === 0 || host.routes.find(sender)?.iface === iface
}

/** arp_ignore: 0 answers always, 8 never; 4 to 7 are reserved and mean 0. */
function ignores(mode: number, iface: Interface, sender: number, target: number): boolean {
  if (mode === 8) return true
  if (mode === 3) return target >>> 24 === 127
  if (mode !== 1 && mode !== 2) return false
  const own = iface.addresses.find((candidate) => candidate.address === target)
  if (own === undefined) return true
  return mode === 2 && ((own.address ^ sender) & own.mask) !== 0
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
  const { arpAnnounce } = iface.settings
  if (packetSource !== 0 && arpAnnounce < 2 && host.routes.isLocal(packetSource)) {
    if (arpAnnounce === 0 || iface.sharesSubnet(target, packetSource)) return packetSource
  }
  return iface.addressTowards(target)?.address ?? anyAddress(host)
}

/** An interface without an address borrows another's. */
function anyAddress(host: Host): number {
  const lender = host.interfaces.find((each) => !each.loopback && each.addresses.length > 0)
  return lender?.addresses[0]?.address ?? 0
}
