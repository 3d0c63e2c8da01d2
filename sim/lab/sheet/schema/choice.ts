import type * as z from 'zod'
import { FOREIGN, nearest } from '../nearest.ts'
import { notYetSentence } from '../not-yet.ts'
import { type Form, formOf } from './form.ts'
import { isMap, reading } from './shape.ts'

/** One word of a list. Foreign words are answered by ours, those of `later` by patience. */
export function word<const W extends readonly [string, ...string[]]>(
  words: W,
  later: readonly string[] = [],
): z.ZodType<W[number], unknown> {
  return reading(
    () => ({ enum: [...words] }),
    (value, { wrong }) => {
      const problem = wordProblem(value, words, later)
      if (problem !== undefined) wrong(problem)
      return value as W[number]
    },
  )
}

function wordProblem(
  value: unknown,
  words: readonly string[],
  later: readonly string[],
): string | undefined {
  if (typeof value !== 'string') return `one of these words is needed here: ${words.join(', ')}`
  if (words.includes(value)) return undefined
  if (later.includes(value)) return `${notYetSentence(value)}; now: ${words.join(', ')}`
  const known = [...words, ...later]
  const ours = Object.hasOwn(FOREIGN, value) ? FOREIGN[value]! : ''
  if (known.includes(ours)) return `unknown word '${value}'; write '${ours}'`
  const [first = ''] = /[a-z][a-z0-9-]*/.exec(ours) ?? []
  if (known.includes(first)) return `unknown word '${value}'; write ${ours}`
  const near = nearest(value, known)
  if (near !== undefined) return `unknown word '${value}'; did you mean '${near}'?`
  return `unknown word '${value}'; known: ${words.join(', ')}`
}

/** A word that may have settings some day: today a map with it as only key is one mistake. */
export function onlyWord<const W extends readonly [string, ...string[]]>(
  words: W,
  later: readonly string[],
): z.ZodType<W[number], unknown> {
  return reading(
    () => ({ enum: [...words] }),
    (value, { wrong }) => {
      const chosen = isMap(value) ? Object.keys(value)[0] : value
      const problem = wordProblem(chosen, words, later)
      if (problem !== undefined) wrong(problem)
      else if (isMap(value)) wrong(`'${chosen}' has no settings; write the word alone`)
      return chosen as W[number]
    },
  )
}

/** What a choice came to: its word and its settings. */
export interface Chosen {
  readonly kind: string
  readonly settings: unknown
}

/** What stands behind a word of a choice. `bare`: it has no settings, or may do without. */
export interface Kind {
  readonly settings?: z.ZodType<unknown, unknown>
  readonly bare?: boolean
}

/** A choice: a word, or a map with that word as its only key and its settings below. */
export function choice(
  kinds: Readonly<Record<string, Kind>>,
  later: readonly string[] = [],
  form: () => Form = () => choiceForm(kinds),
): z.ZodType<Chosen, unknown> {
  const words = Object.keys(kinds)
  return reading(form, (value, { part, wrong }): Chosen | undefined => {
    const keys = isMap(value) ? Object.keys(value) : []
    if (isMap(value) && keys.length !== 1) {
      wrong(`one of these words is needed as only key: ${words.join(', ')}`)
      return undefined
    }
    const kind = isMap(value) ? keys[0] : value
    const problem = wordProblem(kind, words, later)
    if (problem !== undefined || typeof kind !== 'string') {
      wrong(problem ?? '')
      return undefined
    }
    const { settings, bare = false } = kinds[kind]!
    if (!isMap(value)) {
      if (!bare) wrong(`'${kind}' needs settings: { ${kind}: ... }`)
      return { kind, settings: undefined }
    }
    if (settings !== undefined) return { kind, settings: part(settings, value[kind], [kind]) }
    wrong(`'${kind}' has no settings; write the word alone`)
    return undefined
  })
}

/** A choice as JSON Schema: its words, and a map for each that has settings. */
export function choiceForm(kinds: Readonly<Record<string, Kind>>): Form {
  const words = Object.keys(kinds).filter((kind) => kinds[kind]!.bare === true)
  const maps = Object.entries(kinds).flatMap(([kind, { settings }]): Form[] =>
    settings === undefined ? [] : [onlyKey(kind, formOf(settings))],
  )
  return { anyOf: words.length === 0 ? maps : [{ enum: words }, ...maps] }
}

export function onlyKey(key: string, form: Form): Form {
  return {
    type: 'object',
    properties: { [key]: form },
    required: [key],
    additionalProperties: false,
  }
}

/** A plain value as short form of the map with `key` alone. */
export function either(
  key: string,
  plain: z.ZodType<unknown, unknown>,
  map: z.ZodType<unknown, unknown>,
): z.ZodType<unknown, unknown> {
  return reading(
    () => ({ anyOf: [formOf(plain), formOf(map)] }),
    (value, { part }) => (isMap(value) ? part(map, value) : { [key]: part(plain, value) }),
  )
}
