import type { Plan } from '../../../topology/plan.ts'
import { type Sink, TURNED, UP } from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import { counted, showNs, within } from './bounds.ts'
import type { ReadDecision } from './decisions.ts'
import type { Ears, Misfit, Of, Watch } from './watch.ts'

/** Changes that are kept for the message. */
const KEPT = 20

/** `health`: exactly these changes of a server's state. */
export class HealthWatch implements Watch, Sink {
  readonly text: string
  private readonly sheet: Of<'health'>
  private readonly read: ReadDecision
  /** What happened: instant and whether up. */
  private readonly seen: { readonly atNs: number; readonly up: boolean }[] = []
  private count = 0

  constructor(sheet: Of<'health'>, plan: Plan, read: ReadDecision) {
    this.sheet = sheet
    this.read = read
    const name = plan.nodes[sheet.node]!.name
    const changes = sheet.changes.map(({ at, up }) => `${up ? 'up' : 'down'} at ${at.text}`)
    this.text = `health ${name}: ${changes.length === 0 ? 'no change' : changes.join(', ')}`
  }

  listen({ trace }: Ears): void {
    trace.subscribe(TURNED, this)
  }

  event(
    timeNs: number,
    _kind: number,
    place: number,
    _frame: Frame | undefined,
    code: number,
    a: number,
    b: number,
  ): void {
    const decision = this.read(place, code, a)
    if (decision === undefined || decision.node !== this.sheet.node) return
    const { service } = this.sheet
    if (service !== undefined && decision.service !== service) return
    this.count++
    if (this.seen.length < KEPT) this.seen.push({ atNs: timeNs, up: (b & UP) !== 0 })
  }

  misfit(): Misfit | undefined {
    const { changes } = this.sheet
    const wrong = changes.findIndex(({ at, up }, i) => {
      const seen = this.seen[i]
      return seen === undefined || seen.up !== up || !within(at, seen.atNs)
    })
    if (wrong < 0 && this.count === changes.length) return undefined
    const all = this.seen.map(({ atNs, up }) => `${up ? 'up' : 'down'} at ${showNs(atNs)}`)
    const list = all.length === 0 ? 'there was none' : all.join(', ')
    const more = this.count > all.length ? ', ...' : ''
    return { problem: `${counted(this.count, 'change', 'changes')}: ${list}${more}` }
  }
}
