import type { Server } from '../service.ts'

/** A rule by which a service chooses the server of a new connection: a file each. */
export interface Scheduler {
  /** The word a sheet writes. */
  readonly name: string
  /** What it does, in one sentence. */
  readonly sentence: string
  /** Where the rule comes from. */
  readonly source: string
  /** What other balancers call it. */
  readonly elsewhere: readonly string[]
  /** Begins the turn of one service. */
  start(pool: Pool): Turn
}

/** The servers to choose from. */
export interface Pool {
  /** Those present, in scan order; after each change another array. */
  readonly scan: readonly Server[]
}

/** A scheduler at work for one service. */
export interface Turn {
  /** The server for a new connection from this address and port, or undefined for none. */
  choose(client: number, clientPort: number): Server | undefined
  /** Servers were added, removed or given other weights. */
  changed(): void
}
