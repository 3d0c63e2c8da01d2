import * as z from 'zod'
import { nearest } from '../nearest.ts'
import { duration, flag, listOf, NOT_YET, passOn, shape, size, text, whole } from './shape.ts'
import type { Bound, During } from '../types.ts'

/** `expect` (sheet language §1.9): one kind key, its settings, and why. */

/** A bound in `unit`: an exact value, { min, max } or { about, within }. */
function bound(unit: z.ZodType<number, unknown>, share = false): z.ZodType<Bound, unknown> {
  return z.unknown().transform((value, ctx): Bound => {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
    const read = (part: unknown, path: (string | number)[]): number => {
      const percent = share && typeof part === 'string' ? /^(\d+(?:\.\d+)?)%$/.exec(part) : null
      if (percent !== null) return Number(percent[1])
      const result = unit.safeParse(part)
      if (result.success) return result.data
      passOn(result.error, ctx, path)
      return 0
    }
    const percent = share && JSON.stringify(value).includes('%"')
    if (!isMap) {
      const exact = read(value, [])
      return { min: exact, max: exact, text: String(value), percent }
    }
    const map = value as Record<string, unknown>
    const keys = Object.keys(map)
    if ('about' in map && 'within' in map && keys.length === 2) {
      return { ...about(map, read), text: `${map['about']} within ${map['within']}`, percent }
    }
    if (keys.length === 0 || keys.some((key) => key !== 'min' && key !== 'max')) {
      const message = 'a bound is a value, { min, max } or { about: X, within: Y }'
      ctx.addIssue({ code: 'custom', message })
      return z.NEVER
    }
    const min = 'min' in map ? read(map['min'], ['min']) : Number.NEGATIVE_INFINITY
    const max = 'max' in map ? read(map['max'], ['max']) : Number.POSITIVE_INFINITY
    const words = keys.map((key) => `${key === 'min' ? 'at least' : 'at most'} ${map[key]}`)
    if (min > max) ctx.addIssue({ code: 'custom', message: 'min is above max, so nothing can fit' })
    return { min, max, text: words.join(' and '), percent }
  })
}

function about(
  map: Record<string, unknown>,
  read: (part: unknown, path: (string | number)[]) => number,
): { min: number; max: number } {
  const middle = read(map['about'], ['about'])
  const within = map['within']
  const share = typeof within === 'string' ? /^(\d+(?:\.\d+)?)%$/.exec(within) : null
  const isShareOfShare = typeof map['about'] === 'string' && map['about'].endsWith('%')
  if (share !== null && !isShareOfShare) {
    const reach = (middle * Number(share[1])) / 100
    return { min: middle - reach, max: middle + reach }
  }
  const reach = read(within, ['within'])
  return { min: middle - reach, max: middle + reach }
}

const count = bound(whole(0, Number.MAX_SAFE_INTEGER))
const when = bound(duration)

const during = z
  .tuple([duration, duration], { error: 'two instants are needed here: [A, B]' })
  .transform(([fromNs, toNs]): During => ({ fromNs, toNs }))

const withFields = z.record(z.string(), z.union([z.string(), z.number()]), {
  error: 'a map of fields is needed here, such as { ip.ttl: 62 }',
})
const why = { why: text.optional() }
const cell = z.union([z.string(), z.number(), z.boolean()]).transform((value) => String(value))
const row = z.record(z.string(), cell, { error: 'a map of columns is needed here' })

const where = z.unknown().transform((value, ctx): string[] => {
  const list = Array.isArray(value) ? value : [value]
  if (list.length > 0 && list.every((item) => typeof item === 'string')) return list as string[]
  ctx.addIssue({
    code: 'custom',
    message: 'a place such as lb.inside, or a list of them, is needed here',
  })
  return z.NEVER
})

const OUTCOMES = ['ok', 'refused', 'reset', 'timeout', 'unreachable', 'closed'] as const

const outcome = z.unknown().transform((value, ctx): string | [string, Bound][] => {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
  const words = isMap ? Object.keys(value) : [value]
  const wrong = words.find((item) => !(OUTCOMES as readonly unknown[]).includes(item))
  if (wrong !== undefined || words.length === 0) {
    const near = nearest(String(wrong), OUTCOMES)
    const hint = near === undefined ? '' : `; did you mean '${near}'?`
    const message = `unknown outcome '${wrong}'; known: ${OUTCOMES.join(', ')}${hint}`
    ctx.addIssue({ code: 'custom', message })
    return z.NEVER
  }
  if (!isMap) return value as string
  return Object.entries(value).map(([name, raw]): [string, Bound] => {
    const result = count.safeParse(raw)
    if (result.success) return [name, result.data]
    passOn(result.error, ctx, [name])
    return [name, { min: 0, max: 0, text: '', percent: false }]
  })
})

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
  dropped: shape({
    ...why,
    dropped: text,
    where: text.optional(),
    times: count.optional(),
    during: during.optional(),
  }),
} as const

export type KindName = keyof typeof KINDS
export const KIND_NAMES: readonly KindName[] = Object.keys(KINDS) as KindName[]
const LATER_KINDS = ['health', 'connections', 'vrrp', 'metric']

export type RawExpectation = {
  [K in KindName]: { readonly kind: K } & z.output<(typeof KINDS)[K]>
}[KindName]

/** `service` and `during` may stand beside other kinds; a kind key is one that leads. */
export const expectation: z.ZodType<RawExpectation, unknown> = z
  .unknown()
  .transform((value, ctx): RawExpectation => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      ctx.addIssue({ code: 'custom', message: 'a map is needed here: one kind, its settings, why' })
      return z.NEVER
    }
    const keys = Object.keys(value)
    const kinds = KIND_NAMES.filter((kind) => keys.includes(kind))
    const later = LATER_KINDS.find((kind) => keys.includes(kind))
    if (kinds.length === 0 && later !== undefined) {
      ctx.addIssue({ code: 'custom', message: `'${later}' ${NOT_YET}`, path: [later] })
      return z.NEVER
    }
    if (kinds.length !== 1) {
      ctx.addIssue({ code: 'custom', message: kindProblem(kinds, keys) })
      return z.NEVER
    }
    const kind = kinds[0]!
    const result = KINDS[kind].safeParse(value)
    if (result.success) return { kind, ...result.data } as RawExpectation
    passOn(result.error, ctx, [])
    return z.NEVER
  })

function kindProblem(kinds: readonly string[], keys: readonly string[]): string {
  if (kinds.length > 1) return `an expectation has one kind, and here are ${kinds.join(' and ')}`
  for (const key of keys) {
    const near = key === 'why' ? undefined : nearest(key, KIND_NAMES)
    if (near !== undefined) return `'${key}' is no kind of expectation; did you mean '${near}'?`
  }
  return `an expectation needs one kind: ${KIND_NAMES.join(', ')}`
}
