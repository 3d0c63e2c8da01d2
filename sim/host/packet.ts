import type { Packet } from '../hook/hook.ts'
import type { Frame } from '../wire/frame.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as ipv6 from '../wire/ipv6.ts'

/** A packet object for a hook table to work on. */
export function newPacket(frame: Frame): Packet {
  return {
    frame,
    family: 4,
    src: 0,
    dst: 0,
    hook: 0,
    network: 0,
    transport: 0,
    end: 0,
    protocol: 0,
    inPlace: -1,
    outPlace: -1,
    reason: 0,
    icmp: 0,
    flow: -1,
    nextHop: 0,
    balanced: false,
  }
}

/** Makes `packet` speak of an IPv4 frame that no hook has seen yet. */
export function fillPacket(packet: Packet, frame: Frame, protocol: number): void {
  packet.frame = frame
  packet.family = 4
  packet.src = ipv4.src(frame.view, frame.network)
  packet.dst = ipv4.dst(frame.view, frame.network)
  packet.nextHop = 0
  packet.network = frame.network
  packet.transport = frame.network + ipv4.headerLen(frame.view, frame.network)
  packet.end = frame.end
  packet.protocol = protocol
  packet.flow = -1
  packet.balanced = false
}

/**
 * Makes `packet` speak of an IPv6 frame that no hook has seen yet. `walked`: what `ipv6.walk` says
 * of its headers.
 */
export function fillPacket6(
  packet: Packet,
  frame: Frame,
  src: number,
  dst: number,
  walked: number,
): void {
  packet.frame = frame
  packet.family = 6
  packet.src = src
  packet.dst = dst
  packet.nextHop = 0
  packet.network = frame.network
  packet.transport = ipv6.walkOffset(walked)
  packet.end = frame.end
  packet.protocol = ipv6.walkProtocol(walked)
  packet.flow = -1
  packet.balanced = false
}
