/** What is wrong with the text of a filter. */
export interface Mistake {
  readonly problem: string
  /** Where, counted in characters from 1. */
  readonly column: number
  readonly hint?: string
}

/** Carries a mistake out of the parser; `compile` catches it and returns the mistake. */
export class FilterError extends Error {
  override name = 'FilterError'
  readonly mistake: Mistake

  constructor(problem: string, column: number, hint?: string) {
    super(problem)
    this.mistake = hint === undefined ? { problem, column } : { problem, column, hint }
  }
}
