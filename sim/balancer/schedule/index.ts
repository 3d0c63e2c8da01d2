import { roundRobin } from './round-robin.ts'
import type { Scheduler } from './scheduler.ts'

export type { Pool, Scheduler, Turn } from './scheduler.ts'

/** All schedulers, in the order in which they are listed. */
export const SCHEDULERS: readonly Scheduler[] = [roundRobin]
