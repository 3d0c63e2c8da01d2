import * as z from 'zod'
import { DURATION, FREQUENCY, parseUnit, RATE, SHARE, SIZE, type Unit } from '../units.ts'
import { type Chosen, choice } from './choice.ts'
import { formOf } from './form.ts'
import { LATER_WORDS } from '../not-yet.ts'
import { isMap, listOf, reading } from './shape.ts'

/** A value with a unit, in the unit's smallest step. */
export function united(unit: Unit): z.ZodType<number, unknown> {
  const units = Object.keys(unit.factors).join('|')
  const form = {
    type: 'string',
    pattern: `^\\d+(\\.\\d+)?(${units})$`,
    description: unit.words,
  }
  return reading(
    () => form,
    (value, { wrong }) => {
      if (typeof value !== 'string' && typeof value !== 'number') {
        wrong(`${unit.words} is needed here`)
        return undefined
      }
      const result = parseUnit(String(value), unit)
      if (typeof result === 'number') return result
      wrong(result)
      return undefined
    },
  )
}

/** Nanoseconds. */
export const duration: z.ZodType<number, unknown> = united(DURATION)
/** Octets. */
export const size: z.ZodType<number, unknown> = united(SIZE)
/** Bits per second, at least one. */
export const rate: z.ZodType<number, unknown> = reading(
  () => formOf(united(RATE)),
  (value, { part, wrong }) => {
    const read = part(united(RATE), value)
    if (read === 0)
      wrong("a rate of nothing carries nothing; a step that takes a cable out is 'cut'")
    return read
  },
)
/** Per second. */
export const frequency: z.ZodType<number, unknown> = united(FREQUENCY)

/** 0 to 1, written in per cent. */
export const share: z.ZodType<number, unknown> = reading(
  () => formOf(united(SHARE)),
  (value, { part, wrong }) => {
    const read = part(united(SHARE), value)
    if (read !== undefined && read > 1) wrong(`${String(value)} is more than all; write up to 100%`)
    return read
  },
)

/** A duration, size or gap that may be drawn at random. */
export type RawGenerator =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'uniform'; readonly from: number; readonly to: number }
  | { readonly kind: 'exponential'; readonly mean: number }
  | { readonly kind: 'list'; readonly values: readonly number[] }

export function generator(value: z.ZodType<number, unknown>): z.ZodType<RawGenerator, unknown> {
  const pair = z.tuple([value, value], { error: 'two bounds are needed here: [10ms, 30ms]' })
  const kinds = {
    uniform: { settings: pair },
    exponential: { settings: value },
    list: { settings: listOf(value) },
  }
  const drawn = choice(kinds, LATER_WORDS.generator)
  return reading(
    () => ({ anyOf: [formOf(value), formOf(drawn)] }),
    (raw, { part }): RawGenerator | undefined => {
      if (!isMap(raw)) return { kind: 'constant', value: part(value, raw) ?? 0 }
      const chosen: Chosen | undefined = part(drawn, raw)
      if (chosen === undefined) return undefined
      const { kind, settings } = chosen
      if (kind === 'uniform') {
        const [from, to] = settings as [number, number]
        return { kind, from, to }
      }
      if (kind === 'exponential') return { kind, mean: settings as number }
      return { kind: 'list', values: settings as number[] }
    },
  )
}
