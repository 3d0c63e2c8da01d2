import type { Packet } from '../hook/hook.ts'
import * as icmp from '../wire/icmp.ts'
import * as icmpv6 from '../wire/icmpv6.ts'
import * as ipv4 from '../wire/ipv4.ts'
import { ICMPV6 } from '../wire/ipv6.ts'

/**
 * Messages of ICMP and ICMPv6 as translation sees them (RFC 792, RFC 4443; Linux
 * net/netfilter/nf_conntrack_proto_icmp.c and nf_conntrack_proto_icmpv6.c): echoes make flows,
 * errors belong to the flow that they quote, all others pass.
 */

/**
 * What stands for the other port of an echo, type x 256 + code of the request: an echo request has
 * the ports identifier and this, its reply has them the other way round.
 */
const ECHO_V4 = icmp.ECHO_REQUEST << 8
const ECHO_V6 = icmpv6.ECHO_REQUEST << 8

export function isIcmp(protocol: number): boolean {
  return protocol === ipv4.ICMP || protocol === ICMPV6
}

/** Whether the packet is an echo, asked or answered. */
export function isEcho({ protocol, frame, transport, end }: Packet): boolean {
  if (end - transport < icmp.HEADER_LEN) return false
  const type = icmp.type(frame.view, transport)
  if (protocol === ipv4.ICMP) return type === icmp.ECHO_REQUEST || type === icmp.ECHO_REPLY
  return protocol === ICMPV6 && (type === icmpv6.ECHO_REQUEST || type === icmpv6.ECHO_REPLY)
}

/** Whether the packet is an ICMP message that quotes the packet it is about. */
export function isError({ protocol, frame, transport, end }: Packet): boolean {
  if (end - transport < icmp.HEADER_LEN) return false
  const type = icmp.type(frame.view, transport)
  if (protocol === ipv4.ICMP) {
    return (
      type === icmp.UNREACHABLE || type === icmp.TIME_EXCEEDED || type === icmp.PARAMETER_PROBLEM
    )
  }
  // RFC 4443 §2.1: error messages are those below 128.
  return protocol === ICMPV6 && type < 128
}

/** Whether the packet is a redirect of IPv4: it quotes a packet and is no error. */
export function isRedirect({ protocol, frame, transport, end }: Packet): boolean {
  if (protocol !== ipv4.ICMP || end - transport < icmp.HEADER_LEN) return false
  return icmp.type(frame.view, transport) === icmp.REDIRECT
}

/** The ports of the echo message at `at`, source x 65536 + destination; -1 for another message. */
export function echoPorts(view: DataView, at: number, protocol: number): number {
  const type = icmp.type(view, at)
  const ident = icmp.ident(view, at)
  if (protocol === ipv4.ICMP) {
    if (type === icmp.ECHO_REQUEST) return ident * 0x1_0000 + ECHO_V4
    return type === icmp.ECHO_REPLY ? ECHO_V4 * 0x1_0000 + ident : -1
  }
  if (type === icmpv6.ECHO_REQUEST) return ident * 0x1_0000 + ECHO_V6
  return type === icmpv6.ECHO_REPLY ? ECHO_V6 * 0x1_0000 + ident : -1
}

/** Whether ports of `echoPorts` are those of a request. */
export function asksEcho(ports: number, protocol: number): boolean {
  return (ports & 0xffff) === (protocol === ipv4.ICMP ? ECHO_V4 : ECHO_V6)
}
