import type { Actor } from '../../app/actor.ts'
import { Process } from '../../app/process.ts'
import { PROGRAMS } from '../../app/programs/index.ts'
import { assert } from '../../engine/assert.ts'
import type { Agenda } from '../../engine/agenda.ts'
import type { ProgramSheet, Sheet } from '../sheet/types.ts'

/** A program on one machine. */
interface Instance {
  readonly program: ProgramSheet
  readonly node: number
  /** A step speaks of it, so it runs in a process that can be stopped. */
  readonly controlled: boolean
  /** Its hour has come (`starts`). */
  due: boolean
  /** Steps that stop it now, and that let it stand still. */
  stops: number
  hangs: number
  process: Process | undefined
}

/** The programs of a sheet: started, stopped, frozen, and started again with their machine. */
export class Programs {
  private readonly actors: readonly Actor[]
  private readonly instances: Instance[] = []

  /** Those that do not start later listen at once: before everything that happens at 0s. */
  constructor(sheet: Sheet, actors: readonly Actor[], agenda: Agenda) {
    this.actors = actors
    const later = agenda.register((index) => this.comeDue(this.instances[index]!))
    for (const [index, program] of sheet.programs.entries()) {
      for (const node of program.nodes) {
        const controlled = sheet.steps.some(
          (step) => (step.verb === 'stop' || step.verb === 'hang') && step.program === index,
        )
        const rest = { due: false, stops: 0, hangs: 0, process: undefined }
        const instance: Instance = { program, node, controlled, ...rest }
        this.instances.push(instance)
        if (program.startsNs === 0) this.comeDue(instance)
        else agenda.schedule(program.startsNs, later, this.instances.length - 1, 0)
      }
    }
  }

  stop(program: ProgramSheet, node: number): void {
    const instance = this.find(program, node)
    instance.stops++
    instance.process?.kill()
    instance.process = undefined
  }

  /** Takes one `stop` back; the program starts when none is left. */
  restart(program: ProgramSheet, node: number): void {
    const instance = this.find(program, node)
    instance.stops--
    this.start(instance)
  }

  hang(program: ProgramSheet, node: number): void {
    const instance = this.find(program, node)
    instance.hangs++
    instance.process?.freeze()
  }

  /** Takes one `hang` back; the program goes on when none is left. */
  goOn(program: ProgramSheet, node: number): void {
    const instance = this.find(program, node)
    instance.hangs--
    if (instance.hangs === 0) instance.process?.thaw()
  }

  /** The machine has lost its power and with it everything that ran there. */
  crashed(node: number): void {
    for (const instance of this.instances) {
      if (instance.node !== node) continue
      instance.process?.abandon()
      instance.process = undefined
    }
  }

  /** The machine has started anew, and its programs with it. */
  booted(node: number): void {
    for (const instance of this.instances) if (instance.node === node) this.start(instance)
  }

  private comeDue(instance: Instance): void {
    instance.due = true
    this.start(instance)
  }

  private start(instance: Instance): void {
    const { program, node, controlled } = instance
    const actor = this.actors[node]!
    if (!instance.due || instance.stops > 0 || actor.host.down) return
    const kind = PROGRAMS.find(({ name }) => name === program.run.kind)
    assert(kind !== undefined, `nobody knows the program ${program.run.kind}`)
    if (!controlled) return kind.start(actor, program)
    instance.process = new Process(actor)
    kind.start(instance.process.actor, program)
    if (instance.hangs > 0) instance.process.freeze()
  }

  private find(program: ProgramSheet, node: number): Instance {
    const found = this.instances.find((one) => one.program === program && one.node === node)
    assert(found !== undefined, `${program.name} does not run on machine ${node}`)
    return found
  }
}
