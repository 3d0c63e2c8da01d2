import { connect, goOn } from './connect.ts'
import { datagram } from './datagram.ts'
import { get, post } from './get.ts'
import { load } from './load.ts'
import { ping } from './ping.ts'
import { replay } from './replay.ts'
import { resolve } from './resolve.ts'
import { synFlood } from './syn-flood.ts'
import type { Verb } from './verb.ts'

export type { Stage, Verb } from './verb.ts'

/** All verbs that make traffic, in the order in which they are listed. */
export const VERBS: readonly Verb[] = [
  get,
  post,
  connect,
  goOn,
  datagram,
  ping,
  resolve,
  load,
  synFlood,
  replay,
]
