import type * as z from 'zod'
import type { Bound } from '../types.ts'
import { type Form, formOf } from './form.ts'
import { isMap, reading } from './shape.ts'

const PERCENT = /^(\d+(?:\.\d+)?)%$/

/**
 * A bound in `unit`: an exact value, `{ min, max }` or `{ about, within }`. With `share`, values
 * may be written in per cent.
 */
export function bound(unit: z.ZodType<number, unknown>, share = false): z.ZodType<Bound, unknown> {
  return reading(
    () => boundForm(unit),
    (value, { part, wrong }): Bound | undefined => {
      const read = (raw: unknown, path: string[]): number => {
        const percent = share ? percentOf(raw) : undefined
        return percent ?? part(unit, raw, path) ?? 0
      }
      if (!isMap(value)) {
        const exact = read(value, [])
        const percent = share && percentOf(value) !== undefined
        return { min: exact, max: exact, text: said(value), percent }
      }
      const keys = Object.keys(value)
      const percent = share && Object.values(value).some((one) => percentOf(one) !== undefined)
      if (keys.length === 2 && 'about' in value && 'within' in value) {
        return {
          ...about(value, read),
          text: `${said(value['about'])} within ${said(value['within'])}`,
          percent,
        }
      }
      if (keys.length === 0 || keys.some((key) => key !== 'min' && key !== 'max')) {
        wrong('a bound is a value, { min, max } or { about: X, within: Y }')
        return undefined
      }
      const min = 'min' in value ? read(value['min'], ['min']) : Number.NEGATIVE_INFINITY
      const max = 'max' in value ? read(value['max'], ['max']) : Number.POSITIVE_INFINITY
      const words = keys.map(
        (key) => `${key === 'min' ? 'at least' : 'at most'} ${said(value[key])}`,
      )
      if (min > max) wrong('min is above max, so nothing can fit')
      return { min, max, text: words.join(' and '), percent }
    },
  )
}

/** `within` is in the unit of `about`, or a percentage of it; of a share, it is in points. */
function about(
  map: Readonly<Record<string, unknown>>,
  read: (part: unknown, path: string[]) => number,
): { min: number; max: number } {
  const middle = read(map['about'], ['about'])
  const share = percentOf(map['within'])
  const ofValue = share !== undefined && percentOf(map['about']) === undefined
  const reach = ofValue ? (middle * share) / 100 : read(map['within'], ['within'])
  return { min: middle - reach, max: middle + reach }
}

/** As it was written, for messages. */
function said(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function percentOf(value: unknown): number | undefined {
  const match = typeof value === 'string' ? PERCENT.exec(value) : null
  return match === null ? undefined : Number(match[1])
}

function boundForm(unit: z.ZodType): Form {
  const one = formOf(unit)
  const map = (properties: Form, required: readonly string[]): Form => ({
    type: 'object',
    properties,
    required,
    additionalProperties: false,
  })
  const percent = { type: 'string', pattern: '%$' }
  const near = { about: one, within: { anyOf: [one, percent] } }
  return { anyOf: [one, percent, map({ min: one, max: one }, []), map(near, ['about', 'within'])] }
}
