import type * as z from 'zod'
import { isMap } from './merge.ts'
import { nearest } from './nearest.ts'
import { expectation, type RawExpectation } from './schema/expect.ts'
import { filterRule, type RawFilterRule } from './schema/filter.ts'
import { natRule, type RawNatRule } from './schema/nat.ts'
import { program, type RawProgram } from './schema/programs.ts'
import { type RawService, service } from './schema/services.ts'
import { type RawStep, step } from './schema/steps.ts'

/**
 * A step that could not be read. Its name still counts, so that others may speak of it: undefined
 * for none, '' when its key is misspelt.
 */
export interface BrokenStep {
  readonly verb: 'broken'
  readonly name: string | undefined
}

/** What the checks after the schema look at. */
export interface Sections {
  readonly programs: Readonly<Record<string, RawProgram>>
  readonly services: Readonly<Record<string, RawService>>
  /** Services that could not be read. */
  readonly brokenServices: readonly string[]
  /** Undefined: could not be read. */
  readonly nat: readonly (RawNatRule | undefined)[]
  readonly filter: readonly (RawFilterRule | undefined)[]
  readonly steps: readonly (RawStep | BrokenStep)[]
  /** Undefined: could not be read. */
  readonly expect: readonly (RawExpectation | undefined)[]
}

/**
 * The parts of a wrong sheet that can be read, so that their mistakes are found in the same go as
 * those of the other parts.
 */
export function salvage(sheet: Readonly<Record<string, unknown>>): Sections {
  const services = readable(sheet['services'], service)
  const written = isMap(sheet['services']) ? Object.keys(sheet['services']) : []
  return {
    programs: readable(sheet['programs'], program),
    services,
    brokenServices: written.filter((name) => !Object.hasOwn(services, name)),
    filter: listOf(sheet['filter']).map((one) => {
      const result = filterRule.safeParse(one)
      return result.success ? result.data : undefined
    }),
    nat: listOf(sheet['nat']).map((one) => {
      const result = natRule.safeParse(one)
      return result.success ? result.data : undefined
    }),
    steps: listOf(sheet['steps']).map((one): RawStep | BrokenStep => {
      const result = step.safeParse(one)
      if (result.success) return result.data
      return { verb: 'broken', name: nameOf(one) }
    }),
    expect: listOf(sheet['expect']).map((one) => {
      const result = expectation.safeParse(one)
      return result.success ? result.data : undefined
    }),
  }
}

function nameOf(step: unknown): string | undefined {
  if (!isMap(step)) return undefined
  const { name } = step
  if (typeof name === 'string') return name
  return Object.keys(step).some((key) => nearest(key, ['name']) !== undefined) ? '' : undefined
}

function readable<T>(map: unknown, schema: z.ZodType<T, unknown>): Record<string, T> {
  const result: Record<string, T> = {}
  if (!isMap(map)) return result
  for (const [name, value] of Object.entries(map)) {
    const read = schema.safeParse(value)
    if (read.success) result[name] = read.data
  }
  return result
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/**
 * A drawing without the keys and settings that `issues` name, or undefined when what is wrong is
 * something that others speak of: a machine, an interface, a network, an address.
 */
export function withoutWrong(drawing: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  let result = drawing
  for (const issue of issues) {
    const path = issue.path as (string | number)[]
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : unknownKeys(issue)
    if (keys !== undefined) {
      for (const key of keys) result = without(result, [...path, key])
      continue
    }
    const spokenOf = path.some((part) => ['interfaces', 'subnets', 'names'].includes(String(part)))
    if (spokenOf || path.length < 3) return undefined
    result = without(result, path.slice(0, 3))
  }
  return result
}

function unknownKeys(issue: z.core.$ZodIssue): readonly string[] | undefined {
  const keys = issue.code === 'custom' ? issue.params?.['keys'] : undefined
  return keys as readonly string[] | undefined
}

function without(value: unknown, path: readonly (string | number)[]): unknown {
  const [first, ...rest] = path
  if (first === undefined || !isMap(value)) return value
  const copy = { ...value }
  if (rest.length === 0) delete copy[first]
  else copy[first] = without(copy[first], rest)
  return copy
}
