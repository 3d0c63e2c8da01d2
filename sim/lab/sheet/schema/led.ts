import type * as z from 'zod'
import { nearest } from '../nearest.ts'
import { notYetSentence } from '../not-yet.ts'
import { formOf } from './form.ts'
import { isMap, reading } from './shape.ts'

/** How to speak of the key that leads: a step's verb, an expectation's kind. */
export interface Leader {
  /** `a step`, `an expectation`. */
  readonly whole: string
  /** `verb`, `kind`. */
  readonly part: string
  /** `verb`, `kind of expectation`: what a wrong key is not. */
  readonly singular: string
  /** Words of later versions. */
  readonly later: readonly string[]
  /** Settings, which are no misspelt leaders. */
  readonly settings: readonly string[]
}

/** What a map came to: the key that leads, and the whole map read by that key's schema. */
export interface Led {
  readonly leader: string
  readonly fields: object
}

/** A map of which exactly one key says what it is. */
export function ledBy(
  kinds: Readonly<Record<string, z.ZodType<object, unknown>>>,
  words: Leader,
): z.ZodType<Led, unknown> {
  const names = Object.keys(kinds)
  return reading(
    () => ({ anyOf: Object.values(kinds).map((kind) => formOf(kind)) }),
    (value, { part, wrong, wrongKey }): Led | undefined => {
      if (!isMap(value)) {
        wrong(`a map is needed here: ${words.whole} with one ${words.part} and its settings`)
        return undefined
      }
      const keys = Object.keys(value)
      const leaders = names.filter((name) => keys.includes(name))
      const later = words.later.find((name) => keys.includes(name))
      const leader = leaders[0]
      if (leader !== undefined && leaders.length === 1) {
        const fields = part(kinds[leader]!, value)
        return fields === undefined ? undefined : { leader, fields }
      }
      if (leader === undefined && later !== undefined) wrongKey(notYetSentence(later), later)
      else wrong(...problem(leaders, keys, names, words))
      return undefined
    },
  )
}

function problem(
  leaders: readonly string[],
  keys: readonly string[],
  names: readonly string[],
  words: Leader,
): [message: string] {
  const { whole, part } = words
  if (leaders.length > 1) return [`${whole} has one ${part}, and here are ${leaders.join(' and ')}`]
  for (const key of keys) {
    const near = words.settings.includes(key) ? undefined : nearest(key, [...names, ...words.later])
    if (near !== undefined) return [`'${key}' is no ${words.singular}; did you mean '${near}'?`]
  }
  return [`${whole} needs one ${part}: ${names.join(', ')}`]
}
