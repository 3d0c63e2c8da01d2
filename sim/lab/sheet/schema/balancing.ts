import type * as z from 'zod'
import { word } from './choice.ts'
import { reconfigurable, serverBounds, serverRank } from './services.ts'
import { shape, text } from './shape.ts'

/** Verbs that change a service while it runs (sheet language §1.7). */

const service = text.optional().describe('Which service, when there are several')

/** The verbs with their keys; `instant` are the keys of every step. */
export function balancingVerbs<I extends z.core.$ZodLooseShape>(instant: I) {
  return {
    add: shape({
      ...instant,
      add: text.describe('MACHINE:PORT becomes a server of a service'),
      ...serverBounds,
      ...serverRank,
      service,
      place: word(['first', 'last'])
        .optional()
        .describe('Where it stands in the scan order; first, as ipvsadm -a does, when left out'),
    }),
    remove: shape({
      ...instant,
      remove: text.describe('MACHINE:PORT is a server no longer; its connections lead nowhere'),
      service,
    }),
    set: shape({
      ...instant,
      set: text.describe('MACHINE:PORT gets another weight or other thresholds'),
      ...serverBounds,
      service,
    }),
    reconfigure: shape({
      ...instant,
      reconfigure: text.describe(
        'This service gets other settings; connections that are there go on as they began',
      ),
      ...reconfigurable,
    }),
  } as const
}
