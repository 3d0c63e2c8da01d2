import { dnat } from './dnat.ts'
import type { Forwarder } from './forwarder.ts'

export type { Forwarder } from './forwarder.ts'

/** All forwarders, in the order in which they are listed. */
export const FORWARDERS: readonly Forwarder[] = [dnat]
