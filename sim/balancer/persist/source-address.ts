import { type AddressBook, isIpv6 } from '../../wire/address-book.ts'
import type { Persistence } from './persistence.ts'

/** The first `bits` of an address, the others 0; -1 keeps all. */
export function masked(address: number, bits: number, addresses: AddressBook): number {
  if (bits < 0) return address
  if (!isIpv6(address)) return (address & maskOf(bits)) >>> 0
  const word = (i: number): number => {
    return (addresses.word(address, i) & maskOf(Math.min(32, Math.max(0, bits - 32 * i)))) >>> 0
  }
  return addresses.numberOf(word(0), word(1), word(2), word(3))
}

function maskOf(bits: number): number {
  return bits === 0 ? 0 : -1 << (32 - bits)
}

export const sourceAddress: Persistence = {
  name: 'source-address',
  sentence: 'connections from one address, or one network, meet the server of the first one',
  source: 'Linux net/netfilter/ipvs/ip_vs_core.c, ip_vs_sched_persist',
  elsewhere: ['-p and -M (ipvsadm)', 'stick-table type ip (HAProxy)', 'source_addr (F5)'],
  of: 'client',
  keyOf: ({ client }, { mask }, addresses) => masked(client, mask, addresses),
}
