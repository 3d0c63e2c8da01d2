import type { Plan } from '../../../topology/plan.ts'
import type { Bound } from '../sheet/types.ts'
import { within } from './bounds.ts'
import type { ConnectionCounts, Sight, Snapshot } from './snapshot.ts'
import type { Misfit, Of } from './watch.ts'

/** `connections`: active and inactive connections of servers, as `ipvsadm -L` shows them. */
export class ConnectionsWatch implements Snapshot {
  readonly text: string
  readonly atNs: number | undefined
  private readonly sheet: Of<'connections'>
  private readonly plan: Plan
  /** Numbers of the services that count. */
  private readonly services: readonly number[]
  private counts: readonly ConnectionCounts[] | undefined

  /** `services`: how many the sheet has. */
  constructor(sheet: Of<'connections'>, plan: Plan, services: number) {
    this.sheet = sheet
    this.plan = plan
    this.atNs = sheet.atNs
    const all = Array.from({ length: services }, (_, number) => number)
    this.services = sheet.service === undefined ? all : [sheet.service]
    const wanted = sheet.servers.map(({ node, active, inactive }) => {
      const bounds = [shown(active, 'active'), shown(inactive, 'inactive')]
      return `${plan.nodes[node]!.name} ${bounds.filter((text) => text !== '').join(' ')}`
    })
    this.text = `connections ${wanted.join(', ')}`
  }

  listen(): void {
    // Nothing passes by: the balancer is asked at its instant.
  }

  take(sight: Sight): void {
    this.counts ??= this.services.flatMap((service) => sight.connections(service))
  }

  misfit(): Misfit | undefined {
    const wrong = this.sheet.servers.flatMap(({ node, active, inactive }) => {
      const mine = (this.counts ?? []).filter((each) => each.node === node)
      const sum = (of: 'active' | 'inactive'): number => mine.reduce((all, one) => all + one[of], 0)
      return [
        ...differs(active, sum('active'), 'active'),
        ...differs(inactive, sum('inactive'), 'inactive'),
      ].map((problem) => `${this.plan.nodes[node]!.name} has ${problem}`)
    })
    return wrong.length === 0 ? undefined : { problem: wrong.join('; ') }
  }
}

function shown(bound: Bound | undefined, word: string): string {
  return bound === undefined ? '' : `${bound.text} ${word}`
}

function differs(bound: Bound | undefined, count: number, word: string): string[] {
  if (bound === undefined || within(bound, count)) return []
  return [`${count} ${word}, not ${bound.text}`]
}
