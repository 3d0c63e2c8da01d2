import * as z from 'zod'
import { FOREIGN, nearest } from '../nearest.ts'
import { DURATION, FREQUENCY, parseUnit, RATE, SIZE, type Unit } from '../units.ts'

/** The pieces the sheet's schema is made of. Messages are sentences that stand behind a place. */

/** Begins the message of an unknown key; the known ones follow, separated by blanks. */
export const UNKNOWN_KEY = 'unknown key; known: '

/** A map with exactly these keys. Keys of later versions are `notYet()`. */
export function shape<S extends z.core.$ZodLooseShape>(fields: S): z.ZodObject<S, z.core.$strict> {
  const known = Object.keys(fields).join(' ')
  return z.strictObject(fields, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') return UNKNOWN_KEY + known
      if (issue.code === 'invalid_type') return `a map is needed here, with keys such as ${known}`
      return undefined
    },
  })
}

/** A key that belongs to the language and that this version does not run. */
export function notYet(): z.ZodOptional<z.ZodUnknown> {
  return z
    .unknown()
    .superRefine((value, ctx) => {
      if (value !== undefined) ctx.addIssue({ code: 'custom', message: NOT_YET })
    })
    .optional() as unknown as z.ZodOptional<z.ZodUnknown>
}

export const NOT_YET = 'is part of the language and not in this version yet'

export const text: z.ZodString = z.string({
  error: 'a text is needed here; quote it if it looks like something else',
})

/** A count, port, weight or id: a whole number without unit. */
export function whole(min: number, max: number): z.ZodNumber {
  const message = `a whole number from ${min} to ${max} is needed here`
  return z.int({ error: message }).min(min, { error: message }).max(max, { error: message })
}

export const port: z.ZodNumber = whole(1, 65535)
export const flag: z.ZodBoolean = z.boolean({ error: 'true or false is needed here' })

/** One word of a list. Foreign words are answered by ours. */
export function word<const W extends readonly [string, ...string[]]>(
  words: W,
  later: readonly string[] = [],
): z.ZodType<W[number], unknown> {
  return z.unknown().transform((value, ctx) => {
    const problem = wordProblem(value, words, later)
    if (problem === undefined) return value as W[number]
    ctx.addIssue({ code: 'custom', message: problem })
    return z.NEVER
  })
}

function wordProblem(
  value: unknown,
  words: readonly string[],
  later: readonly string[],
): string | undefined {
  if (typeof value !== 'string') return `one of these words is needed here: ${words.join(', ')}`
  if (words.includes(value)) return undefined
  if (later.includes(value)) return `'${value}' ${NOT_YET}; now: ${words.join(', ')}`
  const known = [...words, ...later]
  const ours = FOREIGN[value]
  if (ours !== undefined && known.includes(ours)) return `unknown word '${value}'; write '${ours}'`
  const near = nearest(value, known)
  const hint = near === undefined ? '' : `; did you mean '${near}'?`
  return `unknown word '${value}'; known: ${words.join(', ')}${hint}`
}

/** A value with a unit, in the unit's smallest step. */
function united(unit: Unit): z.ZodType<number, unknown> {
  return z.unknown().transform((value, ctx) => {
    if (typeof value !== 'string' && typeof value !== 'number') {
      ctx.addIssue({ code: 'custom', message: `${unit.words} is needed here` })
      return z.NEVER
    }
    const parsed = parseUnit(String(value), unit)
    if (typeof parsed === 'number') return parsed
    ctx.addIssue({ code: 'custom', message: parsed })
    return z.NEVER
  })
}

/** Nanoseconds. */
export const duration: z.ZodType<number, unknown> = united(DURATION)
/** Octets. */
export const size: z.ZodType<number, unknown> = united(SIZE)
/** Bits per second. */
export const rate: z.ZodType<number, unknown> = united(RATE)
/** Per second. */
export const frequency: z.ZodType<number, unknown> = united(FREQUENCY)

/** A text that `parse` understands; it returns the value or the problem as an Error. */
export function parsed<T>(
  parse: (text: string) => T | Error,
  words: string,
): z.ZodType<T, unknown> {
  return z.unknown().transform((value, ctx): T => {
    if (typeof value !== 'string') {
      ctx.addIssue({ code: 'custom', message: `${words} is needed here${numberHint(value)}` })
      return z.NEVER
    }
    const result = parse(value)
    if (!(result instanceof Error)) return result
    ctx.addIssue({ code: 'custom', message: result.message })
    return z.NEVER
  })
}

function numberHint(value: unknown): string {
  return typeof value === 'number' ? `, and this is the number ${value}` : ''
}

/** A list of at least one. */
export function listOf<T extends z.ZodType>(item: T): z.ZodArray<T> {
  return z
    .array(item, { error: 'a list is needed here, such as [a, b]' })
    .min(1, { error: 'at least one entry is needed here' })
}

/** A map from names to `item`. */
export function named<T extends z.ZodType>(item: T): z.ZodRecord<z.ZodString, T> {
  return z.record(
    z.string().regex(/^[A-Za-z][A-Za-z0-9-]*$/, {
      error: 'a name begins with a letter; letters, digits and hyphens may follow',
    }),
    item,
    { error: 'a map of names is needed here' },
  )
}

/** What a choice came to: its word and its settings. */
export interface Chosen {
  readonly kind: string
  readonly settings: unknown
}

/**
 * A choice: a word, or a map with that word as its only key and its settings below. `bare` words
 * have no settings, or may do without.
 */
export function choice(
  kinds: Readonly<Record<string, { readonly settings?: z.ZodType; readonly bare?: boolean }>>,
  later: readonly string[] = [],
): z.ZodType<Chosen, unknown> {
  const words = Object.keys(kinds)
  return z.unknown().transform((value, ctx): Chosen => {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
    const keys = isMap ? Object.keys(value) : []
    const kind = isMap ? keys[0] : value
    if (isMap && keys.length !== 1) {
      ctx.addIssue({
        code: 'custom',
        message: `one of these words is needed as only key: ${words.join(', ')}`,
      })
      return z.NEVER
    }
    const problem = wordProblem(kind, words, later)
    if (problem !== undefined) {
      ctx.addIssue({ code: 'custom', message: problem })
      return z.NEVER
    }
    const chosen = kinds[kind as string]!
    if (!isMap) {
      if (chosen.bare === true) return { kind: kind as string, settings: undefined }
      ctx.addIssue({ code: 'custom', message: `'${kind}' needs settings: { ${kind}: ... }` })
      return z.NEVER
    }
    const settings = (value as Record<string, unknown>)[kind as string]
    if (chosen.settings === undefined) {
      ctx.addIssue({ code: 'custom', message: `'${kind}' has no settings; write the word alone` })
      return z.NEVER
    }
    const inner = chosen.settings.safeParse(settings)
    if (inner.success) return { kind: kind as string, settings: inner.data }
    passOn(inner.error, ctx, [kind as string])
    return z.NEVER
  })
}

/** Adds the issues of an inner parse below `path`. */
export function passOn(
  error: z.ZodError,
  ctx: z.core.ParsePayload | z.RefinementCtx,
  path: readonly (string | number)[],
): void {
  for (const issue of error.issues) {
    const message = issue.message
    const full = [...path, ...(issue.path as (string | number)[])]
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : undefined
    ;(ctx as z.RefinementCtx).addIssue({
      code: 'custom',
      message,
      path: full,
      ...(keys === undefined ? {} : { params: { keys } }),
    })
  }
}

/** A duration, size or gap that may be drawn at random. */
export type RawGenerator =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'uniform'; readonly from: number; readonly to: number }
  | { readonly kind: 'exponential'; readonly mean: number }
  | { readonly kind: 'list'; readonly values: readonly number[] }

export function generator(value: z.ZodType<number, unknown>): z.ZodType<RawGenerator, unknown> {
  const drawn = choice(
    {
      uniform: {
        settings: z.tuple([value, value], { error: 'two bounds are needed here: [10ms, 30ms]' }),
      },
      exponential: { settings: value },
      list: { settings: listOf(value) },
    },
    ['pareto'],
  )
  return z.unknown().transform((raw, ctx): RawGenerator => {
    const isMap = typeof raw === 'object' && raw !== null
    const result = isMap ? drawn.safeParse(raw) : value.safeParse(raw)
    if (!result.success) {
      passOn(result.error, ctx, [])
      return z.NEVER
    }
    if (!isMap) return { kind: 'constant', value: result.data as number }
    const { kind, settings } = result.data as Chosen
    if (kind === 'uniform') {
      const [from, to] = settings as [number, number]
      return { kind, from, to }
    }
    if (kind === 'exponential') return { kind, mean: settings as number }
    return { kind: 'list', values: settings as number[] }
  })
}
