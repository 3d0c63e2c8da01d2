import * as z from 'zod'
import { NOT_YET, notYetSentence } from '../not-yet.ts'
import { type Form, withForm } from './form.ts'

/** The pieces the sheet's schema is made of. Messages are sentences that stand behind a place. */

/** Begins the message of an unknown key; known ones follow, then `|` and those of later. */
export const UNKNOWN_KEY = 'unknown key; known: '

/** A map with exactly these keys; `later` are those that this version does not run yet. */
export function shape<S extends z.core.$ZodLooseShape>(
  fields: S,
  later: readonly string[] = [],
): z.ZodObject<S, z.core.$strict> {
  const known = Object.keys(fields).join(' ')
  const all = { ...fields, ...Object.fromEntries(later.map((key) => [key, notYet(key)])) }
  return z.strictObject(all as S, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') return `${UNKNOWN_KEY}${known}|${later.join(' ')}`
      if (issue.code === 'invalid_type') return `a map is needed here, with keys such as ${known}`
      return undefined
    },
  })
}

/** A key that belongs to the language and that this version does not run. */
function notYet(key: string): z.ZodType<undefined, unknown> {
  const schema = z.unknown().superRefine((value, ctx) => {
    if (value === undefined) return
    const message = notYetSentence(key)
    ctx.addIssue({ code: 'custom', message, params: { atKey: true } })
  })
  const described = withForm(schema, () => ({ not: {}, description: NOT_YET }))
  return described.optional() as unknown as z.ZodType<undefined, unknown>
}

/** What a schema with code of its own uses to say what is wrong. */
export interface Reading {
  /** A mistake in the value, or in what is at `path` below it. */
  wrong(message: string, path?: readonly (string | number)[]): void
  /** As `wrong`, and the mistake is the key itself. */
  wrongKey(message: string, key: string): void
  /** Reads a part below `path` by its schema; undefined when that was wrong. */
  part<T>(schema: z.ZodType<T, unknown>, value: unknown, path?: readonly string[]): T | undefined
}

/** A schema with code of its own; whatever `read` returns after a mistake is not used. */
export function reading<T>(
  form: () => Form,
  read: (value: unknown, reading: Reading) => T | undefined,
): z.ZodType<T, unknown> {
  const schema = z.unknown().transform((value, ctx): T => {
    let mistakes = 0
    const wrong: Reading['wrong'] = (message, path = []) => {
      mistakes++
      ctx.addIssue({ code: 'custom', message, path: [...path] })
    }
    const wrongKey: Reading['wrongKey'] = (message, key) => {
      mistakes++
      ctx.addIssue({ code: 'custom', message, path: [key], params: { atKey: true } })
    }
    const part: Reading['part'] = (inner, raw, path = []) => {
      const result = inner.safeParse(raw)
      if (result.success) return result.data
      mistakes++
      passOn(result.error, ctx, path)
      return undefined
    }
    const result = read(value, { wrong, wrongKey, part })
    return mistakes > 0 ? z.NEVER : (result as T)
  })
  return withForm(schema, form)
}

/** Adds the issues of an inner parse below `path`. */
function passOn(error: z.ZodError, ctx: z.RefinementCtx, path: readonly string[]): void {
  for (const issue of error.issues) {
    const { message } = issue
    const full = [...path, ...(issue.path as (string | number)[])]
    const params = paramsOf(issue)
    ctx.addIssue({ code: 'custom', message, path: full, ...(params && { params }) })
  }
}

function paramsOf(issue: z.core.$ZodIssue): Record<string, unknown> | undefined {
  if (issue.code === 'custom') return issue.params
  return issue.code === 'unrecognized_keys' ? { keys: issue.keys } : undefined
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

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

/** A text that `parse` understands; it returns the value or the problem as an Error. */
export function parsed<T>(
  parse: (text: string) => T | Error,
  words: string,
): z.ZodType<T, unknown> {
  const form = (): Form => ({ type: 'string', description: words })
  return reading(form, (value, { wrong }): T | undefined => {
    if (typeof value === 'string') {
      const result = parse(value)
      if (!(result instanceof Error)) return result
      wrong(result.message)
    } else wrong(`${words} is needed here${numberHint(value)}`)
    return undefined
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

/** A list, or one item that stands for a list of one. */
export function oneOrMore<T>(
  item: z.ZodType<T, unknown>,
  form: () => Form,
): z.ZodType<T[], unknown> {
  const both = (): Form => ({ anyOf: [form(), { type: 'array', items: form(), minItems: 1 }] })
  return reading(both, (value, { part, wrong }) => {
    if (!Array.isArray(value)) return [part(item, value) as T]
    if (value.length === 0) wrong('at least one entry is needed here')
    return value.map((one, i) => part(item, one, [String(i)]) as T)
  })
}

/** A map from names to `item`. */
export function named<T extends z.ZodType>(item: T): z.ZodRecord<z.ZodString, T> {
  return z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9-]*$/), item, {
    error: recordError('a map of names is needed here', NAME),
  })
}

const NAME = 'a name begins with a letter; letters, digits and hyphens may follow'

/** Messages of a map with free keys: for what is no map, and for a key that must not be. */
export function recordError(words: string, keyWords: string): z.core.$ZodErrorMap {
  return (issue) => (issue.code === 'invalid_key' ? keyWords : words)
}
