import type { Trace } from '../../trace/index.ts'
import type { ExpectationSheet } from '../sheet/types.ts'
import type { Inquiry } from './inquiry.ts'
import type { Lookout } from './lookout.ts'

/** What an expectation may listen to; given once, before the run. */
export interface Ears {
  readonly trace: Trace
  readonly lookout: Lookout
}

/**
 * An expectation, compiled before the run. It keeps counts and a first match, never what grows with
 * the length of the run.
 */
export interface Watch {
  /** What is expected, in one line. */
  readonly text: string
  listen(ears: Ears): void
  /** After the run: undefined when it holds. */
  misfit(): Misfit | undefined
  /**
   * In a second run, before it begins: how to find the frame that explains a misfit of the first.
   * Undefined when no frame does.
   */
  inquiry?(clue: number): Inquiry | undefined
}

/** Why an expectation does not hold. */
export interface Misfit {
  /** One sentence. */
  readonly problem: string
  /** What should have been there. */
  readonly expected?: string
  /** What `inquiry` needs to know of it, such as the number of the line that was not met. */
  readonly clue?: number
}

/** An expectation of one kind. */
export type Of<Kind extends ExpectationSheet['kind']> = Extract<
  ExpectationSheet,
  { readonly kind: Kind }
>
