import type { Agenda } from '../engine/agenda.ts'
import { assert } from '../engine/assert.ts'
import type { StepSheet } from './sheet/types.ts'

/**
 * Lets the steps of a sheet begin: at their instants, or so long after the end of another. Steps of
 * one instant begin in the order in which they stand.
 */
export class Steps {
  private readonly agenda: Agenda
  private readonly steps: readonly StepSheet[]
  private readonly handler: number
  private readonly hasEnded: Uint8Array
  private left: number
  /** When the latest of those that have ended did so. */
  lastEndNs = 0

  /** `begin` is called once for each step, in an event of its own. */
  constructor(agenda: Agenda, steps: readonly StepSheet[], begin: (step: number) => void) {
    this.agenda = agenda
    this.steps = steps
    this.hasEnded = new Uint8Array(steps.length)
    this.left = steps.length
    this.handler = agenda.register(begin)
    for (const step of steps) {
      if (step.after === undefined) agenda.schedule(step.atNs ?? 0, this.handler, step.index, 0)
    }
  }

  /** Steps that have not ended yet. */
  get unfinished(): readonly StepSheet[] {
    return this.steps.filter((step) => this.hasEnded[step.index] === 0)
  }

  get allEnded(): boolean {
    return this.left === 0
  }

  /** A step has ended, with all its repetitions; those that wait for it get their turn. */
  end(index: number): void {
    assert(this.hasEnded[index] === 0, `step ${index} has ended twice`)
    this.hasEnded[index] = 1
    this.left--
    this.lastEndNs = this.agenda.now
    for (const step of this.steps) {
      if (step.after !== index) continue
      this.agenda.schedule(this.agenda.now + step.waitNs, this.handler, step.index, 0)
    }
  }
}
