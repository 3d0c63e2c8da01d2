import type { Actor } from '../actor.ts'
import type { ReplayTap } from '../replay/tap.ts'
import type { Report } from '../report.ts'
import type { VerbSettings } from '../settings.ts'

/** What a verb may use. */
export interface Stage {
  /** By index of the machine. */
  readonly actors: readonly Actor[]
  readonly report: Report
  /** Connections that are open under the name of their step, by the step's number. */
  readonly held: Map<number, Held>
  /** Ports that replays hold, by the number of the machine. */
  readonly taps: Map<number, ReplayTap>
}

/** An open connection that a later step may go on with. */
export interface Held {
  /** Does more operations; `done` is called when they have ended. */
  goOn(step: number, settings: Extract<VerbSettings, { verb: 'continue' }>): void
}

/** Something a step can do: a file each. */
export interface Verb<V extends VerbSettings = VerbSettings> {
  /** The word a sheet writes. */
  readonly name: V['verb']
  readonly sentence: string
  /** Begins a step; it reports each repetition, and its end. */
  begin(stage: Stage, settings: V): void
}
