import type { Sink, Trace } from '../trace/index.ts'
import type { InvariantName } from './definitions.ts'

/** A frame as the trace shows it. */
export type Seen = NonNullable<Parameters<Sink['event']>[3]>

/** Where an invariant was broken first. */
export interface Breach {
  readonly timeNs: number
  /** Number of the place; -1 where it is none. */
  readonly place: number
  /** Id of the frame, 0 for none. */
  readonly frameId: number
  /** What is wrong, one sentence part: `tcp-bad-checksum`. */
  readonly detail: string
}

/** How an invariant stands. */
export interface InvariantVerdict {
  readonly name: InvariantName
  /** How often it was broken. */
  readonly broken: number
  readonly first?: Breach
}

/** One thing that always holds, watched during a run. */
export interface Invariant {
  readonly name: InvariantName
  /** Call before the run: some subscribe, the others are shown frames by a patrol. */
  listen(trace: Trace): void
  /** How it stands now; at the end of the run, the verdict. */
  verdict(): InvariantVerdict
}

/** Makes a verdict; `first` is left out when there is none. */
export function standing(
  name: InvariantName,
  broken: number,
  first: Breach | undefined,
): InvariantVerdict {
  return first === undefined ? { name, broken } : { name, broken, first }
}
