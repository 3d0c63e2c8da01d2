import type { Packet } from '../hook/hook.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as tcp from '../wire/tcp.ts'
import * as udp from '../wire/udp.ts'
import { echoPorts, isEcho, isError, isIcmp, isRedirect } from './messages.ts'

/** What connection tracking reads of a packet at a hook. */

/** Whether the packet is of a kind that is tracked, with all octets that tracking reads. */
export function isTracked(packet: Packet): boolean {
  const { family, protocol, frame, network, transport, end } = packet
  if (family === 4 && (ipv4.fragment(frame.view, network) & 0x1fff) !== 0) return false
  if (protocol === ipv4.TCP) return end - transport >= tcp.MIN_LEN
  if (protocol === ipv4.UDP) return end - transport >= udp.HEADER_LEN
  if (isIcmp(protocol)) return isEcho(packet) || isError(packet) || isRedirect(packet)
  return true
}

/** Source x 65536 + destination port; of an echo as `echoPorts` has them; 0 without ports. */
export function portsOf({ protocol, frame, transport }: Packet): number {
  if (protocol === ipv4.TCP || protocol === ipv4.UDP) return tcp.ports(frame.view, transport)
  return isIcmp(protocol) ? echoPorts(frame.view, transport, protocol) : 0
}
