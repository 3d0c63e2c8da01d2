import type { Actor } from '../actor.ts'
import type { ProgramSettings } from '../settings.ts'

/** A kind of program that listens: a file each. */
export interface ProgramKind {
  /** The word a sheet writes. */
  readonly name: string
  readonly sentence: string
  /** Begins to listen on the machine. */
  start(actor: Actor, settings: ProgramSettings): void
}
