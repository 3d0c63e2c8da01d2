import type { Agenda } from '../../engine/agenda.ts'
import { Interface } from '../../host/interface.ts'
import { powerOff } from '../../host/power.ts'
import type { CableEnd, FaultStep, Sheet } from '../sheet/types.ts'
import { Impairments } from './impairments.ts'
import { type Network, rebuildHost } from './machines.ts'
import type { Programs } from './programs.ts'

/** Steps that break something, and the end of what they broke. */
export class FaultSteps {
  private readonly sheet: Sheet
  private readonly network: Network
  private readonly programs: Programs
  private readonly crashed: (node: number) => void
  private readonly impairments: Impairments
  private readonly agenda: Agenda
  private readonly ending: number
  /** How many steps keep each machine down now. */
  private readonly crashes: number[]

  /**
   * `crashed` is called with the number of a machine that has lost its power; `over` with that of
   * a step whose fault has ended.
   */
  constructor(
    sheet: Sheet,
    network: Network,
    programs: Programs,
    crashed: (node: number) => void,
    over: (step: number) => void,
  ) {
    this.sheet = sheet
    this.network = network
    this.programs = programs
    this.crashed = crashed
    this.impairments = new Impairments(sheet, network)
    this.agenda = network.world.agenda
    this.crashes = network.hosts.map(() => 0)
    this.ending = this.agenda.register((index) => {
      this.end(sheet.steps[index] as FaultStep)
      over(index)
    })
  }

  /** Breaks what the step says; true when that has no end, so that the step is done. */
  begin(step: FaultStep): boolean {
    this.break(step)
    if (step.forNs === undefined) return true
    this.agenda.schedule(this.agenda.now + step.forNs, this.ending, step.index, 0)
    return false
  }

  private break(step: FaultStep): void {
    switch (step.verb) {
      case 'impair':
        return this.impairments.begin(step)
      case 'cut':
        return this.cut(step.end)
      case 'crash':
        if (this.crashes[step.node]!++ === 0) this.crash(step.node)
        return
      case 'stop':
        for (const node of step.nodes) this.programs.stop(this.programOf(step.program), node)
        return
      case 'hang':
        for (const node of step.nodes) this.programs.hang(this.programOf(step.program), node)
    }
  }

  private end(step: FaultStep): void {
    switch (step.verb) {
      case 'impair':
        return this.impairments.end(step)
      case 'cut':
        return this.portOf(step.end).mend()
      case 'crash':
        if (--this.crashes[step.node]! > 0) return
        return rebuildHost(this.network, this.sheet.plan, step.node)
      case 'stop':
        for (const node of step.nodes) this.programs.restart(this.programOf(step.program), node)
        return
      case 'hang':
        for (const node of step.nodes) this.programs.goOn(this.programOf(step.program), node)
    }
  }

  /** Without a carrier a machine forgets its neighbours there, and a switch who was there. */
  private cut(end: CableEnd): void {
    const port = this.portOf(end)
    port.cut()
    const { network } = this.sheet.plan.nodes[end.node]!.interfaces[end.iface]!
    const center = this.network.switches[network]
    for (const { receiver } of [port, port.other!]) {
      if (receiver instanceof Interface) receiver.host.neighbours.flush(receiver)
    }
    center?.forget(port.other!)
  }

  private crash(node: number): void {
    powerOff(this.network.hosts[node]!)
    this.crashed(node)
  }

  private portOf({ node, iface }: CableEnd) {
    return this.network.hosts[node]!.interfaces[iface]!.port!
  }

  private programOf(index: number) {
    return this.sheet.programs[index]!
  }
}
