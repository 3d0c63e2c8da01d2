import { direct } from './direct.ts'
import { dnat } from './dnat.ts'
import type { Forwarder } from './forwarder.ts'
import { l2 } from './l2.ts'
import { local } from './local.ts'
import { snat } from './snat.ts'

export type { Forwarder } from './forwarder.ts'

/** All forwarders, in the order in which they are listed. */
export const FORWARDERS: readonly Forwarder[] = [dnat, snat, direct, l2, local]
