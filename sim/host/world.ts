import type { Agenda } from '../engine/agenda.ts'
import type { Chance } from '../engine/chance.ts'
import type { Places, Trace } from '../trace/index.ts'
import type { FramePool } from '../wire/frame.ts'

/** What all machines of a run share. */
export interface World {
  readonly agenda: Agenda
  readonly chance: Chance
  readonly trace: Trace
  readonly pool: FramePool
  readonly places: Places
}
