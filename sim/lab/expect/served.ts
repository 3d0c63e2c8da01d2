import { DECIDED, type Sink } from '../../trace/index.ts'
import type { Plan } from '../../../topology/plan.ts'
import type { Frame } from '../../wire/frame.ts'
import { counted, inTime, within } from './bounds.ts'
import type { ReadDecision } from './decisions.ts'
import type { Ears, Misfit, Of, Watch } from './watch.ts'

/** `served`: connections given to each server. */
export class ServedWatch implements Watch, Sink {
  readonly text: string
  private readonly sheet: Of<'served'>
  private readonly plan: Plan
  private readonly read: ReadDecision
  private readonly counts: Float64Array
  private total = 0

  constructor(sheet: Of<'served'>, plan: Plan, read: ReadDecision) {
    this.sheet = sheet
    this.plan = plan
    this.read = read
    this.counts = new Float64Array(plan.nodes.length)
    const wanted = sheet.servers.map(({ node, bound }) => `${plan.nodes[node]!.name} ${bound.text}`)
    this.text = `served ${wanted.join(', ')}`
  }

  listen({ trace }: Ears): void {
    trace.subscribe(DECIDED, this)
  }

  event(
    timeNs: number,
    _kind: number,
    place: number,
    _frame: Frame | undefined,
    code: number,
    a: number,
  ): void {
    if (!inTime(this.sheet.during, timeNs)) return
    const decision = this.read(place, code, a)
    if (decision === undefined) return
    const { service } = this.sheet
    if (service !== undefined && decision.service !== service) return
    this.counts[decision.node]!++
    this.total++
  }

  misfit(): Misfit | undefined {
    const wrong = this.sheet.servers.filter(({ node, bound }) => {
      const count = this.counts[node]!
      const share = this.total === 0 ? 0 : (count * 100) / this.total
      return !within(bound, bound.percent ? share : count)
    })
    if (wrong.length === 0) return undefined
    const parts = wrong.map(({ node, bound }) => {
      const given = this.shown(node, bound.percent)
      return `${this.plan.nodes[node]!.name} was given ${given}, not ${bound.text}`
    })
    return { problem: `${parts.join('; ')} (${this.total} in all)` }
  }

  private shown(node: number, percent: boolean): string {
    const count = this.counts[node]!
    if (!percent) return String(count)
    return `${this.total === 0 ? 0 : Math.round((count * 1000) / this.total) / 10}%`
  }
}

/** `sequence`: the servers given, in their order. */
export class SequenceWatch implements Watch, Sink {
  readonly text: string
  private readonly sheet: Of<'sequence'>
  private readonly plan: Plan
  private readonly read: ReadDecision
  private count = 0
  /** The first choice that differs from the sheet: its turn and the machine. */
  private wrong: { readonly turn: number; readonly node: number } | undefined

  constructor(sheet: Of<'sequence'>, plan: Plan, read: ReadDecision) {
    this.sheet = sheet
    this.plan = plan
    this.read = read
    this.text = `sequence ${sheet.servers.map((node) => plan.nodes[node]!.name).join(', ')}`
  }

  listen({ trace }: Ears): void {
    trace.subscribe(DECIDED, this)
  }

  event(
    timeNs: number,
    _kind: number,
    place: number,
    _frame: Frame | undefined,
    code: number,
    a: number,
  ): void {
    if (!inTime(this.sheet.during, timeNs)) return
    const decision = this.read(place, code, a)
    if (decision === undefined) return
    const { service, servers } = this.sheet
    if (service !== undefined && decision.service !== service) return
    if (this.wrong === undefined && servers[this.count] !== decision.node) {
      this.wrong = { turn: this.count, node: decision.node }
    }
    this.count++
  }

  misfit(): Misfit | undefined {
    const { servers } = this.sheet
    if (this.wrong !== undefined) {
      const { turn, node } = this.wrong
      const got = this.plan.nodes[node]!.name
      const wanted = servers[turn] === undefined ? 'nobody' : this.plan.nodes[servers[turn]]!.name
      return { problem: `choice ${turn + 1} was ${got}, not ${wanted} (of ${this.count})` }
    }
    if (this.count === servers.length) return undefined
    const made = counted(this.count, 'choice was', 'choices were')
    return { problem: `${made} made, not ${servers.length}` }
  }
}
