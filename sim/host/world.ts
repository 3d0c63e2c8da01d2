import type { Agenda } from '../engine/agenda.ts'
import type { Chance } from '../engine/chance.ts'
import type { Places, Trace } from '../trace/index.ts'
import type { AddressBook } from '../wire/address-book.ts'
import type { FramePool } from '../wire/frame.ts'

/** What all machines of a run share. */
export interface World {
  readonly agenda: Agenda
  readonly chance: Chance
  readonly trace: Trace
  readonly pool: FramePool
  readonly places: Places
  /** Numbers of the IPv6 addresses of this run. */
  readonly addresses: AddressBook
  /** Milliseconds from midnight, universal time, to the beginning of the run; 0 when left out. */
  readonly midnightMs?: number
}
