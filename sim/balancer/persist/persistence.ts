import type { AddressBook } from '../../wire/address-book.ts'
import type { Arrival } from '../service.ts'

/** What makes two connections belong together: a file each. */
export interface Persistence {
  /** The word a sheet writes. */
  readonly name: string
  readonly sentence: string
  readonly source: string
  readonly elsewhere: readonly string[]
  /** Whose address a choice is remembered under. */
  readonly of: 'client' | 'virtual'
  /** Address number of a connection, equal for those that belong together. */
  keyOf(arrival: Arrival, settings: PersistSettings, addresses: AddressBook): number
}

export interface PersistSettings {
  /** How long after the last new connection the choice is remembered. */
  readonly timeoutNs: number
  /** Bits of the address that count; -1 for all. */
  readonly mask: number
}
