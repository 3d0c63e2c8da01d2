import type { Bound, During } from '../sheet/types.ts'

export function within(bound: Bound, value: number): boolean {
  return value >= bound.min && value <= bound.max
}

/** Whether an instant lies in `during`: from <= t < to. */
export function inTime(during: During | undefined, timeNs: number): boolean {
  return during === undefined || (timeNs >= during.fromNs && timeNs < during.toNs)
}

const UNITS: readonly (readonly [string, number])[] = [
  ['s', 1_000_000_000],
  ['ms', 1_000_000],
  ['us', 1_000],
  ['ns', 1],
]

/** A duration or instant in the largest unit that leaves at most three decimals. */
export function showNs(timeNs: number): string {
  if (timeNs === 0) return '0s'
  for (const [unit, size] of UNITS) {
    const thousandths = (timeNs * 1000) / size
    if (Math.abs(timeNs) >= size && Number.isInteger(thousandths)) return `${timeNs / size}${unit}`
  }
  for (const [unit, size] of UNITS) {
    if (Math.abs(timeNs) >= size) return `${Math.round((timeNs * 1000) / size) / 1000}${unit}`
  }
  return `${timeNs}ns`
}

/** `1 frame`, `2 frames`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
