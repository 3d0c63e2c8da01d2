import type { NodePlan, Plan } from '../../../topology/plan.ts'
import type { Actor } from '../../app/actor.ts'
import { failed } from '../../app/report.ts'
import { Resolver } from '../../app/resolver.ts'
import { Timers } from '../../host/timers.ts'
import { VERBS } from '../../app/verbs/index.ts'
import type { Stage } from '../../app/verbs/verb.ts'
import { assert } from '../../engine/assert.ts'
import type { Address } from '../../wire/address.ts'
import type { Outcomes } from '../outcomes.ts'
import type { Sheet, StepSheet } from '../sheet/types.ts'
import type { ServiceChanger } from './balancing-steps.ts'
import { change } from './change-steps.ts'
import { FaultSteps } from './fault-steps.ts'
import type { Network } from './machines.ts'
import { Programs } from './programs.ts'
import type { Tables } from './tables.ts'

/** Programs on machines, and who does the steps. */
export class Actors {
  private readonly sheet: Sheet
  private readonly network: Network
  private readonly changer: ServiceChanger
  private readonly tables: Tables
  private readonly outcomes: Outcomes
  private readonly names: ReadonlyMap<string, readonly Address[]>
  private readonly actors: Actor[]
  private readonly stage: Stage
  private readonly programs: Programs
  private readonly faults: FaultSteps
  /** Steps of traffic that have begun and not ended. */
  private readonly running = new Set<number>()

  /** The programs begin to listen: before everything that happens at `0s`. */
  constructor(
    sheet: Sheet,
    network: Network,
    changer: ServiceChanger,
    tables: Tables,
    outcomes: Outcomes,
  ) {
    this.sheet = sheet
    this.changer = changer
    this.network = network
    this.tables = tables
    this.outcomes = outcomes
    this.names = namesOf(sheet.plan)
    this.actors = network.hosts.map((_, node) => this.actorAt(node))
    const report = {
      wantsBody: (step: number) => outcomes.wantsBody(step),
      ended: outcomes.ended.bind(outcomes),
      finished: (step: number) => this.finished(step),
    }
    this.stage = { actors: this.actors, report, held: new Map(), taps: new Map() }
    this.programs = new Programs(sheet, this.actors, network.world.agenda)
    const over = (step: number): void => outcomes.finished(step)
    const crashed = (node: number): void => this.crashed(node)
    this.faults = new FaultSteps(sheet, network, this.programs, crashed, over)
    network.atBoot.push((node) => {
      this.actors[node] = this.actorAt(node)
      this.programs.booted(node)
    })
  }

  /** A step's turn has come. */
  begin(index: number): void {
    const step = this.sheet.steps[index]
    assert(step !== undefined, `there is no step ${index}`)
    switch (step.verb) {
      case 'flush':
        if (!this.tables.flush(step.table)) {
          const problem = 'no such table can be flushed in this version'
          this.outcomes.notes.push(`step ${step.name}: ${problem}`)
        }
        return this.outcomes.finished(index)
      case 'sysctl':
      case 'announce':
      case 'readdress':
        change(step, this.network)
        return this.outcomes.finished(index)
      case 'add':
      case 'remove':
      case 'set':
      case 'reconfigure':
        this.changer.change(step)
        return this.outcomes.finished(index)
      case 'impair':
      case 'cut':
      case 'crash':
      case 'stop':
      case 'hang':
        if (this.faults.begin(step)) this.outcomes.finished(index)
        return
      default: {
        const verb = VERBS.find(({ name }) => name === step.verb)
        assert(verb !== undefined, `nobody knows the verb ${step.verb}`)
        this.running.add(index)
        if (this.actors[this.nodeOf(step)]!.host.down) return this.breakOff(index)
        verb.begin(this.stage, step)
      }
    }
  }

  private actorAt(node: number): Actor {
    const host = this.network.hosts[node]!
    const { cores, resolver } = this.sheet.plan.nodes[node] as NodePlan
    // Timers of its own: those of a machine that crashes are forgotten.
    const timers = new Timers(this.network.world.agenda)
    return { host, timers, cores, resolver: new Resolver(host, timers, this.names, resolver) }
  }

  private finished(step: number): void {
    this.running.delete(step)
    this.outcomes.finished(step)
  }

  /** The programs of a machine are gone with its power, and with them what they were doing. */
  private crashed(node: number): void {
    this.actors[node]!.timers.clear()
    this.programs.crashed(node)
    for (const index of [...this.stage.held.keys()]) {
      if (this.nodeOf(this.sheet.steps[index]!) === node) this.stage.held.delete(index)
    }
    for (const index of [...this.running]) {
      if (this.nodeOf(this.sheet.steps[index]!) === node) this.breakOff(index)
    }
  }

  /** Ends a step whose machine is down: what it was doing ended as `closed`. */
  private breakOff(index: number): void {
    this.outcomes.ended(index, failed('tcp', 'closed', 0, 0))
    this.finished(index)
  }

  /** Machine whose programs do a step of traffic, -1 for other steps. */
  private nodeOf(step: StepSheet): number {
    if (step.verb === 'continue') return this.nodeOf(this.sheet.steps[step.step]!)
    return 'timeoutNs' in step ? step.node : -1
  }
}

/** The host file that every machine has. */
function namesOf(plan: Plan): Map<string, Address[]> {
  const names = new Map<string, Address[]>()
  for (const { name, address } of plan.names) {
    const key = name.toLowerCase()
    names.set(key, [...(names.get(key) ?? []), address])
  }
  return names
}
