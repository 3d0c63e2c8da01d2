/**
 * Values with a unit: one number, one unit, no blank. Parsed exactly, in integers where it matters.
 */

const DURATIONS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1_000,
  ms: 1_000_000,
  s: 1_000_000_000,
  min: 60_000_000_000,
  h: 3_600_000_000_000,
  d: 86_400_000_000_000,
}
const SIZES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
}
const RATES: Readonly<Record<string, number>> = {
  'bit/s': 1,
  'kbit/s': 1_000,
  'Mbit/s': 1_000_000,
  'Gbit/s': 1_000_000_000,
}
const SHARES: Readonly<Record<string, number>> = { '%': 0.01 }
const FREQUENCIES: Readonly<Record<string, number>> = { '/s': 1, '/min': 1 / 60 }

export interface Unit {
  /** `a duration such as 20ms`. */
  readonly words: string
  readonly factors: Readonly<Record<string, number>>
  /** Whether the value in the smallest unit must be whole. */
  readonly whole: boolean
}

export const DURATION: Unit = { words: 'a duration such as 20ms', factors: DURATIONS, whole: true }
export const SIZE: Unit = { words: 'a size such as 100B or 64KiB', factors: SIZES, whole: true }
export const RATE: Unit = { words: 'a rate such as 1Gbit/s', factors: RATES, whole: true }
export const FREQUENCY: Unit = {
  words: 'a frequency such as 1000/s',
  factors: FREQUENCIES,
  whole: false,
}

export const SHARE: Unit = { words: 'a share such as 0.5%', factors: SHARES, whole: false }

/** Value in the unit with factor 1, or the problem as a sentence. */
export function parseUnit(text: string, unit: Unit): number | string {
  const match = /^(\d+)(?:\.(\d+))?([A-Za-z/%]+)$/.exec(text)
  const units = Object.keys(unit.factors).join(' ')
  if (match === null) {
    if (/^\d+(\.\d+)?$/.test(text))
      return `the unit is missing; write one of ${units} behind ${text}`
    return `'${text}' is not ${unit.words}`
  }
  const [, whole, fraction = '', name] = match
  const factor = Object.hasOwn(unit.factors, name!) ? unit.factors[name!] : undefined
  if (factor === undefined) return `unknown unit '${name}'; known: ${units}`
  const value = Number(whole) * factor + (Number(fraction) * factor) / scale(fraction.length)
  const rounded = Math.round(value)
  if (unit.whole && Math.abs(value - rounded) > 1e-6)
    return `'${text}' is finer than the smallest unit`
  if (value > Number.MAX_SAFE_INTEGER) return `'${text}' is too large`
  return unit.whole ? rounded : value
}

function scale(digits: number): number {
  let power = 1
  for (let i = 0; i < digits; i++) power *= 10
  return power
}

/** `20ms` for a number of nanoseconds: the largest unit that keeps it short. */
export function formatDuration(ns: number): string {
  for (const name of ['d', 'h', 'min', 's', 'ms', 'us']) {
    const factor = DURATIONS[name]!
    if (ns >= factor && ns % (factor / 1000 >= 1 ? Math.floor(factor / 1000) : 1) === 0) {
      return `${ns / factor}${name}`
    }
  }
  return `${ns}ns`
}
