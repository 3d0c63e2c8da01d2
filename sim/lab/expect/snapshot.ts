import type { ReadTable } from './table.ts'
import type { Watch } from './watch.ts'

/** Connections of a server of a service now, as `ipvsadm -L` counts them. */
export interface ConnectionCounts {
  readonly node: number
  readonly active: number
  readonly inactive: number
}

/** What can be looked up in a run that stands still. */
export interface Sight {
  readonly table: ReadTable
  /** Servers of the service with this number, each as often as the sheet names it. */
  connections(service: number): readonly ConnectionCounts[]
}

/** A watch that does not listen: it looks once, at an instant or at the end of the run. */
export interface Snapshot extends Watch {
  /** When the run has to stop for `take`; undefined: at its end. */
  readonly atNs: number | undefined
  /** Looks; later calls change nothing. */
  take(sight: Sight): void
}

export function isSnapshot(watch: Watch): watch is Snapshot {
  return 'take' in watch
}
