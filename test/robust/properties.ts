import fc from 'fast-check'
import { garbage, survive } from './tcp/garbage.ts'
import { plan } from './tcp/plan.ts'
import { run } from './tcp/trial.ts'

/** Something that must hold for whatever chance makes; `value` is what a failure is told by. */
export interface Property<Value = unknown> {
  readonly name: string
  readonly made: fc.Arbitrary<Value>
  /** Sentences about what is not as it must be. */
  readonly check: (value: Value) => readonly string[]
}

const property = <Value>(one: Property<Value>): Property => one as unknown as Property

/** Everything that is tried for a short time by `npm test` and for long by `npm run soak`. */
export const PROPERTIES: readonly Property[] = [
  property({ name: 'tcp', made: plan, check: (value) => run(value).complaints }),
  property({ name: 'segments', made: garbage, check: survive }),
]

/** What a search found: the smallest case that fails, and what was wrong with it. */
export interface Found {
  readonly value: unknown
  readonly sentences: readonly string[]
  readonly runs: number
}

/** Tries `runs` cases; undefined when all hold. The same seed tries the same cases. */
export function search({ made, check }: Property, seed: number, runs: number): Found | undefined {
  const holds = (value: unknown): boolean => said(check, value).length === 0
  const tried = fc.check(fc.property(made, holds), { seed, numRuns: runs })
  if (!tried.failed) return undefined
  const value = tried.counterexample![0]
  return { value, sentences: said(check, value), runs: tried.numRuns }
}

/** An exception is a sentence as well. */
export function said(check: Property['check'], value: unknown): readonly string[] {
  try {
    return check(value)
  } catch (error) {
    return [`throws ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`]
  }
}
