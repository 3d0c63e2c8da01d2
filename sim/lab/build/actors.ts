import { assert } from '../../engine/assert.ts'
import type { Outcomes } from '../outcomes.ts'
import type { Sheet, SysctlStep } from '../sheet/types.ts'
import type { Network } from './machines.ts'
import type { Tables } from './tables.ts'

/** Programs on machines, and who does the steps. */
export class Actors {
  private readonly sheet: Sheet
  private readonly network: Network
  private readonly tables: Tables
  private readonly outcomes: Outcomes

  constructor(sheet: Sheet, network: Network, tables: Tables, outcomes: Outcomes) {
    this.sheet = sheet
    this.network = network
    this.tables = tables
    this.outcomes = outcomes
  }

  /** A step's turn has come. */
  begin(index: number): void {
    const step = this.sheet.steps[index]
    assert(step !== undefined, `there is no step ${index}`)
    switch (step.verb) {
      case 'flush':
        this.tables.flush(step.table)
        return this.outcomes.finished(index)
      case 'sysctl':
        this.setSysctl(step)
        return this.outcomes.finished(index)
      default:
        return
    }
  }

  /** Machines read most settings when they are built; those that change in a run are told. */
  private setSysctl(step: SysctlStep): void {
    const host = this.network.hosts[step.node]!
    for (const [name, value] of Object.entries(step.settings)) host.sysctl.set(name, value)
    host.neighbours.configure()
    host.tcp.configure()
    host.ipv4.forwarding = host.sysctl.number('net.ipv4.ip_forward') !== 0
  }
}
