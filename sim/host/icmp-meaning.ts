import * as icmp from '../wire/icmp.ts'
import * as icmpv6 from '../wire/icmpv6.ts'

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
export function meaningOf(family: number, type: number, code: number): Meaning {
  if (family === 4) {
    if (type === icmp.TIME_EXCEEDED) return EXPIRED
    if (type !== icmp.UNREACHABLE) return PASSING
    if (code === icmp.FRAGMENTATION_NEEDED) return TOO_BIG
    return code === icmp.PORT_UNREACHABLE || code === PROTOCOL_UNREACHABLE ? REFUSED : UNREACHABLE
  }
  if (type === icmpv6.PACKET_TOO_BIG) return TOO_BIG
  if (type === icmpv6.TIME_EXCEEDED) return EXPIRED
  if (type === icmpv6.UNREACHABLE) return code === icmpv6.PORT_UNREACHABLE ? REFUSED : UNREACHABLE
  return type === icmpv6.PARAMETER_PROBLEM ? UNREACHABLE : PASSING
}
