import * as z from 'zod'
import { nearest } from '../nearest.ts'
import { LATER_WORDS } from '../not-yet.ts'
import type { Bound, During } from '../types.ts'
import { duration, size } from './amount.ts'
import { bound } from './bound.ts'
import { word } from './choice.ts'
import { formOf } from './form.ts'
import { ledBy } from './led.ts'
import { flag, isMap, listOf, oneOrMore, reading, shape, text, whole } from './shape.ts'

/** `expect` (sheet language §1.9): one kind key, its settings, and why. */

const count = bound(whole(0, Number.MAX_SAFE_INTEGER))
const when = bound(duration)

const during = z
  .tuple([duration, duration], { error: 'two instants are needed here: [A, B]' })
  .transform(([fromNs, toNs]): During => ({ fromNs, toNs }))

const PLAIN = 'a text or a number is needed here'

const withFields = z.record(z.string(), z.union([z.string(), z.number()], { error: PLAIN }), {
  error: 'a map of fields is needed here, such as { ip.ttl: 62 }',
})
const why = { why: text.optional() }
const cell = z
  .union([z.string(), z.number(), z.boolean()], { error: PLAIN })
  .transform((value) => String(value))
const row = z.record(z.string(), cell, { error: 'a map of columns is needed here' })

const connectionCounts = shape({
  active: count.describe('connections that are open or opening').optional(),
  inactive: count.describe('all others that the balancer remembers').optional(),
})

const place = z.string({ error: 'a place such as lb.inside is needed here' })
const where = oneOrMore(place, () => ({ type: 'string' }))

const OUTCOMES = ['ok', 'refused', 'reset', 'timeout', 'unreachable', 'too-big', 'closed'] as const

const outcome: z.ZodType<string | [string, Bound][], unknown> = reading(
  () => ({ anyOf: [{ enum: [...OUTCOMES] }, { type: 'object' }] }),
  (value, { part, wrong }) => {
    const words: readonly unknown[] = isMap(value) ? Object.keys(value) : [value]
    const unknown = words.find((item) => !(OUTCOMES as readonly unknown[]).includes(item))
    if (unknown !== undefined || words.length === 0) {
      const text = typeof unknown === 'object' ? '' : String(unknown ?? '')
      const near = nearest(text, OUTCOMES)
      const hint = near === undefined ? `known: ${OUTCOMES.join(', ')}` : `did you mean '${near}'?`
      wrong(
        text === '' ? `an outcome is needed here; ${hint}` : `unknown outcome '${text}'; ${hint}`,
      )
      return undefined
    }
    if (!isMap(value)) return String(value)
    return Object.entries(value).map(([name, raw]) => [name, part(count, raw, [name]) as Bound])
  },
)

/** Each kind of this version with its keys. */
export const KINDS = {
  path: shape({
    ...why,
    path: listOf(text),
    nth: whole(1, 1_000_000).optional(),
    complete: flag.optional(),
  }),
  packet: shape({
    ...why,
    packet: text,
    with: withFields.optional(),
    at: when.optional(),
    times: count.optional(),
    during: during.optional(),
  }),
  never: shape({ ...why, never: text, with: withFields.optional(), during: during.optional() }),
  order: shape({ ...why, order: listOf(text), only: text.optional() }),
  count: shape({ ...why, count, where, filter: text.optional(), during: during.optional() }),
  served: shape({
    ...why,
    served: z.record(z.string(), bound(whole(0, Number.MAX_SAFE_INTEGER), true), {
      error: 'a map of servers is needed here, such as { rs1: 1 }',
    }),
    service: text.optional(),
    during: during.optional(),
  }),
  sequence: shape({
    ...why,
    sequence: z.array(text, { error: 'a list of servers is needed here' }),
    service: text.optional(),
    during: during.optional(),
  }),
  health: shape({
    ...why,
    health: text,
    service: text.optional(),
    changes: z.array(shape({ at: when, to: word(['up', 'down']) }), {
      error: 'a list of changes is needed here, such as [{ at: 26s, to: down }]',
    }),
  }),
  response: shape({
    ...why,
    response: text,
    status: whole(100, 599).optional(),
    server: text.optional(),
    body: text.optional(),
    contains: text.optional(),
    headers: row.optional(),
    bytes: bound(size).optional(),
    took: when.optional(),
    outcome: outcome.optional(),
  }),
  table: shape({
    ...why,
    table: text,
    at: duration.optional(),
    match: row.optional(),
    rows: count.optional(),
    has: z.array(row, { error: 'a list of rows is needed here' }).optional(),
  }),
  connections: shape({
    ...why,
    connections: z.record(z.string(), connectionCounts, {
      error: 'a map of servers is needed here, such as { rs1: { active: 1, inactive: 0 } }',
    }),
    service: text.optional(),
    at: duration.optional(),
  }),
  dropped: shape({
    ...why,
    dropped: text,
    where: text.optional(),
    times: count.optional(),
    during: during.optional(),
  }),
} as const

export type KindName = keyof typeof KINDS
export type RawExpectation = {
  [K in KindName]: { readonly kind: K } & z.output<(typeof KINDS)[K]>
}[KindName]

const led = ledBy(KINDS, {
  whole: 'an expectation',
  part: 'kind',
  singular: 'kind of expectation',
  later: LATER_WORDS.expectation,
  settings: ['why', 'at', 'during', 'where', 'filter', 'times', 'with', 'service'],
})

export const expectation: z.ZodType<RawExpectation, unknown> = reading(
  () => formOf(led),
  (value, { part }) => {
    const read = part(led, value)
    return read === undefined
      ? undefined
      : ({ kind: read.leader, ...read.fields } as RawExpectation)
  },
)
