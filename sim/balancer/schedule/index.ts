import { destinationHash } from './destination-hash.ts'
import { failOver } from './fail-over.ts'
import { fastest } from './fastest.ts'
import { leastConnections } from './least-connections.ts'
import { locality, localityReplicated } from './locality.ts'
import { maglev } from './maglev.ts'
import { neverQueue } from './never-queue.ts'
import { observed } from './observed.ts'
import { overflow } from './overflow.ts'
import { predictive } from './predictive.ts'
import { random } from './random.ts'
import { rendezvous } from './rendezvous.ts'
import { ringHash } from './ring-hash.ts'
import { roundRobin } from './round-robin.ts'
import type { Scheduler } from './scheduler.ts'
import { shortestDelay } from './shortest-delay.ts'
import { smoothRoundRobin } from './smooth-round-robin.ts'
import { sourceHash } from './source-hash.ts'
import { twoChoices } from './two-choices.ts'
import { weightedLeastConnections } from './weighted-least-connections.ts'
import { weightedRoundRobin } from './weighted-round-robin.ts'

export type {
  Dice,
  Pool,
  Scheduler,
  ScheduleSettings,
  Surroundings,
  Turn,
} from './scheduler.ts'

/** All schedulers, in the order in which they are listed. */
export const SCHEDULERS: readonly Scheduler[] = [
  roundRobin,
  weightedRoundRobin,
  leastConnections,
  weightedLeastConnections,
  shortestDelay,
  neverQueue,
  sourceHash,
  destinationHash,
  maglev,
  locality,
  localityReplicated,
  failOver,
  overflow,
  twoChoices,
  random,
  smoothRoundRobin,
  fastest,
  observed,
  predictive,
  ringHash,
  rendezvous,
]
