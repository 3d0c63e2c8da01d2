import type { TrackRow } from '../../nat/conntrack.ts'
import type { AddressBook } from '../../wire/address-book.ts'
import * as ipv4 from '../../wire/ipv4.ts'
import { ICMPV6 } from '../../wire/ipv6.ts'
import type { Row } from '../expect/table.ts'

const NS_PER_S = 1_000_000_000

const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [ipv4.TCP, 'tcp'],
  [ipv4.UDP, 'udp'],
  [ipv4.ICMP, 'icmp'],
  [ICMPV6, 'icmpv6'],
])

/**
 * A flow as `conntrack -L` prints it. The tuple of the answers has the same names there as that of
 * the requests; here they begin with `reply-`. An echo has an identifier and no ports.
 */
export function conntrackRow(row: TrackRow, nowNs: number, addresses: AddressBook): Row {
  const { protocol, state, expiresNs, unreplied, assured } = row
  const marks = [unreplied ? 'UNREPLIED' : '', assured ? 'ASSURED' : ''].filter(Boolean)
  return {
    protocol: PROTOCOLS.get(protocol) ?? 'unknown',
    timeout: String(Math.max(0, Math.floor((expiresNs - nowNs) / NS_PER_S))),
    ...(state !== '' && { state }),
    ...tuple(row.original, protocol, '', false, addresses),
    ...tuple(row.reply, protocol, 'reply-', true, addresses),
    status: marks.length === 0 ? 'none' : marks.join(','),
  }
}

function tuple(
  [src, srcPort, dst, dstPort]: TrackRow['original'],
  protocol: number,
  before: string,
  reply: boolean,
  addresses: AddressBook,
): Row {
  const ends = { [`${before}src`]: addresses.format(src), [`${before}dst`]: addresses.format(dst) }
  if (protocol === ipv4.TCP || protocol === ipv4.UDP) {
    return { ...ends, [`${before}sport`]: String(srcPort), [`${before}dport`]: String(dstPort) }
  }
  if (protocol !== ipv4.ICMP && protocol !== ICMPV6) return ends
  return { ...ends, [`${before}id`]: String(reply ? dstPort : srcPort) }
}
