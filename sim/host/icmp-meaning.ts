import * as icmp from '../wire/icmp.ts'

/**
 * What an ICMP error of either family tells a socket (Linux icmp_err_convert, icmpv6_err_convert).
 */
export const PASSING = 0
/** The packet was larger than a link on its way. */
export const TOO_BIG = 1
/** Nobody listens there. */
export const REFUSED = 2
/** No way leads there. */
export const UNREACHABLE = 3
/** The packet has died of old age. */
export const EXPIRED = 4
export type Meaning = 0 | 1 | 2 | 3 | 4

const PROTOCOL_UNREACHABLE = 2
/** ICMPv6 types and codes: RFC 4443 §3. */
const V6_UNREACHABLE = 1
const V6_TOO_BIG = 2
const V6_EXPIRED = 3
const V6_PARAMETER_PROBLEM = 4
const V6_PORT_UNREACHABLE = 4

export function meaningOf(family: number, type: number, code: number): Meaning {
  if (family === 4) {
    if (type === icmp.TIME_EXCEEDED) return EXPIRED
    if (type !== icmp.UNREACHABLE) return PASSING
    if (code === icmp.FRAGMENTATION_NEEDED) return TOO_BIG
    return code === icmp.PORT_UNREACHABLE || code === PROTOCOL_UNREACHABLE ? REFUSED : UNREACHABLE
  }
  if (type === V6_TOO_BIG) return TOO_BIG
  if (type === V6_EXPIRED) return EXPIRED
  if (type === V6_UNREACHABLE) return code === V6_PORT_UNREACHABLE ? REFUSED : UNREACHABLE
  return type === V6_PARAMETER_PROBLEM ? UNREACHABLE : PASSING
}
