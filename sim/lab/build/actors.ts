import type { NodePlan, Plan } from '../../../topology/plan.ts'
import type { Actor } from '../../app/actor.ts'
import { PROGRAMS } from '../../app/programs/index.ts'
import { Resolver } from '../../app/resolver.ts'
import { Timers } from '../../host/timers.ts'
import { VERBS } from '../../app/verbs/index.ts'
import type { Stage } from '../../app/verbs/verb.ts'
import { assert } from '../../engine/assert.ts'
import type { Address } from '../../wire/address.ts'
import type { Outcomes } from '../outcomes.ts'
import type { ProgramSheet, Sheet } from '../sheet/types.ts'
import { change } from './change-steps.ts'
import type { Network } from './machines.ts'
import type { Tables } from './tables.ts'

/** Programs on machines, and who does the steps. */
export class Actors {
  private readonly sheet: Sheet
  private readonly network: Network
  private readonly tables: Tables
  private readonly outcomes: Outcomes
  private readonly stage: Stage

  /** The programs begin to listen: before everything that happens at `0s`. */
  constructor(sheet: Sheet, network: Network, tables: Tables, outcomes: Outcomes) {
    this.sheet = sheet
    this.network = network
    this.tables = tables
    this.outcomes = outcomes
    const timers = new Timers(network.world.agenda)
    const names = namesOf(sheet.plan)
    const actors = network.hosts.map((host, node): Actor => {
      const { cores, resolver } = sheet.plan.nodes[node] as NodePlan
      return { host, timers, cores, resolver: new Resolver(host, timers, names, resolver) }
    })
    this.stage = { actors, report: outcomes, held: new Map() }
    this.startPrograms(actors)
  }

  /** A step's turn has come. */
  begin(index: number): void {
    const step = this.sheet.steps[index]
    assert(step !== undefined, `there is no step ${index}`)
    if (step.verb === 'flush') {
      if (!this.tables.flush(step.table)) {
        this.outcomes.notes.push(`step ${step.name}: no such table can be flushed in this version`)
      }
      return this.outcomes.finished(index)
    }
    if (step.verb === 'sysctl' || step.verb === 'announce' || step.verb === 'readdress') {
      change(step, this.network)
      return this.outcomes.finished(index)
    }
    const verb = VERBS.find(({ name }) => name === step.verb)
    assert(verb !== undefined, `nobody knows the verb ${step.verb}`)
    verb.begin(this.stage, step)
  }

  /** Those that do not start at once begin to listen in an event of their own. */
  private startPrograms(actors: readonly Actor[]): void {
    const { agenda } = this.network.world
    const { programs } = this.sheet
    const later = agenda.register((index) => startProgram(programs[index]!, actors))
    for (const [index, program] of programs.entries()) {
      if (program.startsNs > 0) agenda.schedule(program.startsNs, later, index, 0)
      else startProgram(program, actors)
    }
  }
}

function startProgram(program: ProgramSheet, actors: readonly Actor[]): void {
  const kind = PROGRAMS.find(({ name }) => name === program.run.kind)
  assert(kind !== undefined, `nobody knows the program ${program.run.kind}`)
  for (const node of program.nodes) kind.start(actors[node]!, program)
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
