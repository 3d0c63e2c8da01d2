import type * as z from 'zod'
import { duration, share } from './amount.ts'
import { word } from './choice.ts'
import { formOf } from './form.ts'
import { flag, isMap, reading, shape, text, whole } from './shape.ts'

/** Keys of a service about servers that fail and return (sheet language §1.5). */

const groups = shape({
  'min-active': whole(1, 65535)
    .describe('servers that a group needs to be enough; 1 when left out')
    .optional(),
  'when-below': word(['replace', 'join'])
    .describe('whether the next group takes the place of one that is too small, or joins it')
    .optional(),
  preempt: flag
    .describe('whether a better group takes its place back at once; true when left out')
    .optional(),
})
export type RawGroups = z.output<typeof groups>

const quorumMap = shape({
  weight: whole(1, 1_000_000).describe('weight of servers that has to be up'),
  hysteresis: whole(0, 1_000_000)
    .describe('how far below it may fall, and how far above it has to rise again; 0')
    .optional(),
})
export type RawQuorum = z.output<typeof quorumMap>
const quorumWeight = whole(1, 1_000_000)

const quorum: z.ZodType<RawQuorum, unknown> = reading(
  () => ({ anyOf: [formOf(quorumWeight), formOf(quorumMap)] }),
  (value, { part }) => {
    if (isMap(value)) return part(quorumMap, value)
    const weight = part(quorumWeight, value)
    return weight === undefined ? undefined : { weight }
  },
)

const passiveMap = shape({
  failures: whole(1, 1000).describe('failures in a row that take a server out; 5').optional(),
  eject: duration.describe('how long it is out, times the times in a row; 30s').optional(),
  longest: duration.describe('the longest that it is out; 300s').optional(),
  'at-most': share
    .describe('share of the servers beyond which no other is taken out; 10%, one always may')
    .optional(),
})
export type RawPassive = z.output<typeof passiveMap>
const none = word(['none'])

const passive: z.ZodType<RawPassive | 'none', unknown> = reading(
  () => ({ anyOf: [{ enum: ['none'] }, formOf(passiveMap)] }),
  (value, { part }) => (isMap(value) ? part(passiveMap, value) : part(none, value)),
)

/** Those that may change while the service runs. */
export const changingKeys = {
  groups: groups.optional().describe('How servers of different priority step in for each other'),
  'when-down': word(['keep', 'reset', 'drop'])
    .optional()
    .describe(
      'Open connections of a server that goes down: they go on, both ends are reset, or their ' +
        'packets are dropped; keep',
    ),
  quorum: quorum
    .optional()
    .describe('Weight of servers that has to be up, or the sorry server takes what is new; 1'),
  panic: share.optional().describe('Share of healthy servers below which health is ignored; 0%'),
  'slow-start': duration
    .optional()
    .describe('How long a server that has come back, or is new, takes to its whole weight'),
  passive: passive
    .optional()
    .describe('What connections that fail tell about a server: it is taken out for a while'),
} as const

export const sorry: z.ZodOptional<z.ZodString> = text
  .optional()
  .describe('MACHINE:PORT of last resort: it takes what is new while there is no quorum')
