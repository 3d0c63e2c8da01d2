import type { CablePlan } from '../../../topology/plan.ts'
import { assert } from '../../engine/assert.ts'
import { type Matcher, type Trouble, troubleStreams } from '../../link/faults.ts'
import type { Port } from '../../link/port.ts'
import { RECEIVED, SENT } from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import { FrameFilter } from '../expect/fields.ts'
import type { CableEnd, DropSheet, ImpairStep, Sheet } from '../sheet/types.ts'
import type { Network } from './machines.ts'
import { sharesOf } from './wires.ts'

/** One direction of one cable, with the trouble it is to have. */
interface Lane {
  readonly port: Port
  readonly trouble: Trouble
}

/** The `impair` steps of a sheet, ready before the run so that their filters have seen it all. */
export class Impairments {
  private readonly network: Network
  private readonly lanes = new Map<number, readonly Lane[]>()

  constructor(sheet: Sheet, network: Network) {
    this.network = network
    const times = new Map<string, number>()
    for (const step of sheet.steps) {
      if (step.verb !== 'impair') continue
      const nth = (times.get(step.target) ?? 0) + 1
      times.set(step.target, nth)
      this.lanes.set(step.index, this.lanesOf(step, sheet, nth))
    }
  }

  begin(step: ImpairStep): void {
    for (const { port, trouble } of this.lanes.get(step.index)!) port.impair(trouble)
  }

  end(step: ImpairStep): void {
    for (const { port, trouble } of this.lanes.get(step.index)!) port.relieve(trouble)
  }

  /** `nth`: it is the nth step with this target; each has streams of its own. */
  private lanesOf(step: ImpairStep, sheet: Sheet, nth: number): Lane[] {
    const drop = step.drop === undefined ? undefined : new Chosen(step.drop)
    const lanes: Lane[] = []
    for (const end of step.ends) {
      const { place } = this.interfaceAt(end)
      const name = `${sheet.plan.nodes[end.node]!.name}-${this.interfaceAt(end).name}`
      const title = nth === 1 ? `impair ${name}` : `impair ${name} ${nth}`
      const matcher = drop?.at(place, this.network)
      const add = (port: Port | undefined, way: 'out' | 'in'): void => {
        assert(port !== undefined, `${name} has no cable`)
        const streams = troubleStreams(this.network.world.chance, title, way)
        lanes.push({ port, trouble: { ...troubleOf(step.lane), place, streams, drop: matcher } })
      }
      if (step.out) add(this.interfaceAt(end).port, 'out')
      if (step.in) add(this.interfaceAt(end).port?.other, 'in')
    }
    return lanes
  }

  private interfaceAt({ node, iface }: CableEnd) {
    return this.network.hosts[node]!.interfaces[iface]!
  }
}

function troubleOf(lane: Partial<CablePlan>): Omit<Trouble, 'place' | 'streams' | 'drop'> {
  return {
    delayNs: lane.delayNs ?? 0,
    jitterNs: lane.jitterNs ?? 0,
    rateBps: lane.rateBps ?? Infinity,
    queueFrames: lane.queueFrames ?? Infinity,
    mtu: lane.mtu ?? Infinity,
    shares: sharesOf(lane),
  }
}

/** The `drop` of a step: counts what matches, on all its cables together. */
class Chosen {
  private readonly filter: FrameFilter
  private readonly nth: ReadonlySet<number> | undefined
  private count = 0

  constructor({ match, nth }: DropSheet) {
    this.filter = new FrameFilter(match)
    this.nth = nth === undefined ? undefined : new Set(nth)
  }

  /** What says of each frame at `place` whether it is meant. */
  at(place: number, { world }: Network): Matcher {
    const { filter } = this
    if (filter.needsConversations) {
      // Relative numbers count from the beginning of a connection, which may come before the step.
      const hear = (_t: number, _k: number, where: number, frame: Frame | undefined): void => {
        if (where === place && frame !== undefined) filter.test(frame, place)
      }
      world.trace.subscribe(SENT | RECEIVED, { event: hear })
    }
    return { matches: (frame) => this.isMeant(frame, place) }
  }

  private isMeant(frame: Frame, place: number): boolean {
    if (!this.filter.test(frame, place)) return false
    this.count++
    return this.nth?.has(this.count) ?? true
  }
}
