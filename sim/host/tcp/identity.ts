import { isIpv6 } from '../../wire/address-book.ts'
import * as tcp from '../../wire/tcp.ts'
import { familyOf } from '../ip.ts'
import { hashOf } from './demux.ts'
import type { Stack } from './stack.ts'

/** MSS that this machine offers towards an address: what fits the path without options. */
export function advertised(t: Stack, remote: number): number {
  const { ip } = t.host
  const mtu = ip.mtuTowards(remote) || 1500
  return Math.min(65495, mtu - ip.headerLen(familyOf(remote)) - tcp.MIN_LEN)
}

/**
 * Mixes two addresses, ports and a secret into 32 bits that can be seen on the wire: of an IPv6
 * address its words count, not its number.
 */
export function hashOfAddresses(
  t: Stack,
  local: number,
  remote: number,
  ports: number,
  secret: number,
): number {
  const { addresses } = t.host
  return hashOf(addresses.mix(local), addresses.mix(remote), ports, secret)
}

/** RFC 6528: a hash of the four numbers and a secret, and a clock of 64 ns. */
export function initialSequence(t: Stack, local: number, remote: number, ports: number): number {
  const hash = hashOfAddresses(t, local, remote, ports, t.isnSecret)
  return (hash + Math.floor(t.now / 64)) >>> 0
}

/** RFC 7323 §7.1: where the timestamps towards a peer begin. */
export const timestampOffset = (t: Stack, local: number, remote: number): number =>
  hashOfAddresses(t, local, remote, 0, t.tsSecret)

/**
 * A flow label for the packets of one connection (RFC 6437 §3): Linux draws it, and draws again
 * when it sends for want of an answer, so that the packets may find another way. 0 for IPv4.
 */
export const drawFlowLabel = (t: Stack, remote: number): number =>
  isIpv6(remote) ? t.host.flowLabels.draw() : 0
