import * as ipv4 from '../../wire/ipv4.ts'
import * as tcp from '../../wire/tcp.ts'
import { hashOf } from './demux.ts'
import type { Stack } from './stack.ts'

/** MSS that this machine offers towards an address: what fits the path without options. */
export function advertised(t: Stack, remote: number): number {
  const mtu = t.host.ipv4.mtuTowards(remote) || 1500
  return Math.min(65495, mtu - ipv4.MIN_LEN - tcp.MIN_LEN)
}

/** RFC 6528: a hash of the four numbers and a secret, and a clock of 64 ns. */
export function initialSequence(t: Stack, local: number, remote: number, ports: number): number {
  return (hashOf(local, remote, ports, t.isnSecret) + Math.floor(t.now / 64)) >>> 0
}
