import type { Ended } from '../../app/report.ts'
import type { Plan } from '../../../topology/plan.ts'
import type { Bound, StepSheet } from '../sheet/types.ts'
import type { Outcome } from '../verdict.ts'
import { counted, showNs, within } from './bounds.ts'
import type { Misfit, Of, Watch } from './watch.ts'

const LONGEST_SHOWN = 60

/** `response`: every repetition of a step ended like this. */
export class ResponseWatch implements Watch {
  readonly text: string
  /** Index of the step it speaks of. */
  readonly step: number
  /** Whether it has to be known which machine answered. */
  readonly wantsServer: boolean
  /** Whether the body has to be kept. */
  readonly wantsBody: boolean
  private readonly sheet: Of<'response'>
  private readonly plan: Plan
  /** Repetitions that the sheet asks for; undefined when that is not known (load). */
  private readonly times: number | undefined
  private readonly counts = new Map<Outcome, number>()
  private total = 0
  private first: string | undefined

  constructor(sheet: Of<'response'>, step: StepSheet, plan: Plan) {
    this.sheet = sheet
    this.plan = plan
    this.step = sheet.step
    this.wantsServer = sheet.server !== undefined
    this.wantsBody = sheet.body !== undefined || sheet.contains !== undefined
    this.times = step.verb !== 'load' && 'times' in step ? step.times : undefined
    this.text = `response ${step.name}`
  }

  listen(): void {
    // Answers are told to it one by one.
  }

  /** One repetition has ended; `server` is the machine that answered, -1 when none did. */
  ended(answer: Ended, server: number): void {
    this.total++
    this.counts.set(answer.outcome, (this.counts.get(answer.outcome) ?? 0) + 1)
    if (this.first !== undefined) return
    const wrong = this.wrong(answer, server)
    if (wrong === undefined) return
    this.first = this.times === 1 ? wrong : `repetition ${this.total}: ${wrong}`
  }

  misfit(): Misfit | undefined {
    if (this.total === 0) return { problem: 'it has not ended' }
    if (this.times !== undefined && this.total < this.times) {
      return { problem: `${this.total} of ${counted(this.times, 'repetition')} had ended` }
    }
    const { outcome } = this.sheet
    if (typeof outcome === 'object') {
      for (const [name, bound] of outcome) {
        const problem = this.share(name, bound)
        if (problem !== undefined) return { problem }
      }
    }
    return this.first === undefined ? undefined : { problem: this.first }
  }

  private share(name: string, bound: Bound): string | undefined {
    const count = this.counts.get(name as Outcome) ?? 0
    if (within(bound, bound.percent ? (count * 100) / this.total : count)) return undefined
    const all = [...this.counts].map(([each, number]) => `${number} ${each}`)
    return `${count} ended ${name}, not ${bound.text} (${all.join(', ')})`
  }

  /** What does not fit, or undefined. */
  private wrong(answer: Ended, answerer: number): string | undefined {
    const { outcome = 'ok', status, server } = this.sheet
    if (typeof outcome === 'string' && answer.outcome !== outcome) {
      return `it ended ${answer.outcome}, not ${outcome}`
    }
    if (typeof outcome !== 'string' && answer.outcome !== 'ok') return undefined
    if (status !== undefined && answer.status !== status) {
      return `the status was ${answer.status ?? 'none'}, not ${status}`
    }
    if (server !== undefined && answerer !== server) {
      const who = this.plan.nodes[answerer]?.name ?? 'nobody'
      return `${who} answered, not ${this.plan.nodes[server]!.name}`
    }
    return this.wrongHeader(answer) ?? this.wrongBody(answer)
  }

  private wrongHeader(answer: Ended): string | undefined {
    for (const [name, value] of this.sheet.headers) {
      const found = answer.headers.filter(([each]) => each.toLowerCase() === name.toLowerCase())
      const values = found.map(([, each]) => each)
      if (value === 'none' ? values.length === 0 : values.includes(value)) continue
      return `the header ${name} was ${values.join(', ') || 'not there'}, not ${value}`
    }
    return undefined
  }

  private wrongBody(answer: Ended): string | undefined {
    const { body, contains, bytes, took } = this.sheet
    if (body !== undefined && answer.body !== body) {
      return `the body was ${quote(answer.body)}, not ${quote(body)}`
    }
    if (contains !== undefined && answer.body?.includes(contains) !== true) {
      return `the body was ${quote(answer.body)}, which does not contain ${quote(contains)}`
    }
    if (bytes !== undefined && !within(bytes, answer.bytes)) {
      return `${counted(answer.bytes, 'octet')} came, not ${bytes.text}`
    }
    if (took !== undefined && !within(took, answer.tookNs)) {
      return `it took ${showNs(answer.tookNs)}, not ${took.text}`
    }
    return undefined
  }
}

function quote(text: string | undefined): string {
  if (text === undefined) return 'not there'
  const cut = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}...` : text
  return JSON.stringify(cut)
}
