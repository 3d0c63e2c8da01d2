import type { Trace } from '../trace/index.ts'
import type { Ended, Report } from '../app/report.ts'
import { Answerers } from './answerers.ts'
import type { Setting } from './expect/addresses.ts'
import { ResponseWatch } from './expect/response.ts'
import type { Watch } from './expect/watch.ts'
import type { Sheet } from './sheet/types.ts'
import type { ResponseResult } from './verdict.ts'

/** Answers that the verdict lists. */
const KEPT = 100

/**
 * Hears how every repetition of every step ended, and passes it on to the expectations about that
 * step. Keeps the first hundred for the verdict.
 */
export class Outcomes implements Report {
  readonly responses: ResponseResult[] = []
  /** Steps that could not be done, a sentence each. */
  readonly notes: string[] = []
  private readonly sheet: Sheet
  private readonly watches: ResponseWatch[][]
  private readonly repetitions: Float64Array
  private readonly answerers: Answerers
  private readonly stepEnded: (step: number) => void

  /** `stepEnded` is called when a step has ended with all its repetitions. */
  constructor(
    sheet: Sheet,
    { places, addresses }: Pick<Setting, 'places' | 'addresses'>,
    watches: readonly Watch[],
    stepEnded: (step: number) => void,
  ) {
    this.sheet = sheet
    this.stepEnded = stepEnded
    this.watches = sheet.steps.map(() => [])
    this.repetitions = new Float64Array(sheet.steps.length)
    const askers = new Set<number>()
    for (const watch of watches) {
      if (!(watch instanceof ResponseWatch)) continue
      this.watches[watch.step]!.push(watch)
      const step = sheet.steps[watch.step]!
      if ('timeoutNs' in step && step.verb !== 'load') askers.add(step.node)
      if ('timeoutNs' in step && watch.wantsServer) askers.add(step.node)
    }
    this.answerers = new Answerers(places, addresses, askers)
  }

  listen(trace: Trace): void {
    this.answerers.listen(trace)
  }

  /** Whether anybody wants to see the body of this step's answers. */
  wantsBody(step: number): boolean {
    return this.watches[step]!.some((watch) => watch.wantsBody)
  }

  /** One repetition of a step has ended. */
  ended(step: number, ended: Ended): void {
    const repetition = ++this.repetitions[step]!
    const server = this.answerers.of(ended)
    for (const watch of this.watches[step]!) watch.ended(ended, server)
    if (this.responses.length >= KEPT) return
    this.responses.push({
      step: this.sheet.steps[step]!.name,
      repetition,
      outcome: ended.outcome,
      status: ended.status,
      server: this.sheet.plan.nodes[server]?.name,
      bytes: ended.bytes,
      tookNs: ended.tookNs,
    })
  }

  /** A step has ended with all its repetitions. */
  finished(step: number): void {
    this.stepEnded(step)
  }
}
