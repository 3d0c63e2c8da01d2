import { isIpv6 } from '../wire/address-book.ts'
import * as ipv4 from '../wire/ipv4.ts'
import type { Host } from './host.ts'

/** When packets of a socket forbid that they are cut on the way (Linux IP_MTU_DISCOVER). */
export type DontFragment = 'when-it-fits' | 'always' | 'never'

/** The same as a number: DF on what the path is known to carry, or may be asked to learn. */
export const DF_WANTED = 0
/** DF on everything: what is too large is not sent. */
export const DF_ALWAYS = 1
/** DF on nothing. */
export const DF_NEVER = 2

/** Beside DF: set it even where the path's MTU is not believed. A bit that no header carries. */
export const FIRM = 0x8000

const MODES: Readonly<Record<DontFragment, number>> = {
  'when-it-fits': DF_WANTED,
  always: DF_ALWAYS,
  never: DF_NEVER,
}

/** What a program asks for; one that asks for nothing special goes by ip_no_pmtu_disc. */
export function modeOf(host: Host, asked: DontFragment = 'when-it-fits'): number {
  if (asked === 'when-it-fits' && host.ipv4.noPathMtu) return DF_NEVER
  return MODES[asked]
}

/** Flags for `Ip.send` of a packet of `octets` in all. */
export function flagsFor(mode: number, fits: boolean): number {
  if (mode === DF_ALWAYS) return ipv4.DF | FIRM
  return mode === DF_WANTED && fits ? ipv4.DF : 0
}

/** Whether the path is known to carry a packet of so many octets whole. */
export function fitsPath(host: Host, remote: number, octets: number): boolean {
  return octets <= host.ip.mtuTowards(remote)
}

/** Whether a program may not send so much at once: it would have to be cut, and must not be. */
export function isTooBig(host: Host, mode: number, remote: number, octets: number): boolean {
  if (mode !== DF_ALWAYS || isIpv6(remote)) return false
  // Without a route something else is wrong.
  const mtu = host.ip.mtuTowards(remote)
  return mtu !== 0 && octets > mtu
}
