import type { Plan } from '../../topology/plan.ts'
import type { Host } from '../host/host.ts'
import type { Places, Trace } from '../trace/index.ts'
import { Actors } from './build/actors.ts'
import { ServiceChanger } from './build/balancing-steps.ts'
import { HealthChecks } from './build/health.ts'
import { attachFilters } from './build/filters.ts'
import { buildNetwork, type Network } from './build/machines.ts'
import { Translators } from './build/nat.ts'
import { Balancers } from './build/services.ts'
import { Tables } from './build/tables.ts'
import { showNs } from './expect/bounds.ts'
import { compileExpectations } from './expect/index.ts'
import { Detective, type Inquiry } from './expect/inquiry.ts'
import { Lookout } from './expect/lookout.ts'
import { StreamStarts } from './expect/streams.ts'
import { isSnapshot, type Sight, type Snapshot } from './expect/snapshot.ts'
import type { Misfit, Watch } from './expect/watch.ts'
import { judgeOf, type SheetJudge } from './judge.ts'
import { Outcomes } from './outcomes.ts'
import type { Sheet } from './sheet/types.ts'
import { Steps } from './steps.ts'
import { describeFrame } from './describe.ts'
import { DropTally } from './drop-tally.ts'
import { Ending, QUIET_NS } from './ending.ts'
import type { Evidence, ExpectationResult, Verdict } from './verdict.ts'

export interface RunOptions {
  /** Instead of the sheet's. */
  readonly seed?: number
  /** Events after which a run that does not end is ended. */
  readonly maxEvents?: number
}

const DEFAULT_MAX_EVENTS = 100_000_000
/** Virtual time that no run passes: integers of nanoseconds stay exact up to there. */
const LAST_NS = 100 * 86_400_000_000_000
/** Kinds of expectations that fail when a packet is lost. */
const LOSING: ReadonlySet<string> = new Set(['path', 'response', 'served'])
const SLICE_EVENTS = 100_000

/** A sheet being run: machines, steps, and everything that watches them. */
export class Run {
  readonly sheet: Sheet
  readonly seed: number
  private readonly network: Network
  private readonly balancers: Balancers
  private readonly translators: Translators
  private readonly tables: Tables
  private readonly sight: Sight
  private readonly steps: Steps
  private readonly outcomes: Outcomes
  private readonly watches: readonly Watch[]
  private readonly streams: StreamStarts = new StreamStarts()
  private readonly judge: SheetJudge
  private readonly drops: DropTally
  private readonly lookout: Lookout
  private readonly options: RunOptions
  /** What has to be looked up at instants of the run, earliest first. */
  private readonly timed: Snapshot[]
  private readonly maxEvents: number
  private readonly notes: string[] = []
  private readonly ending: Ending
  private done = false
  private listening = false

  constructor(sheet: Sheet, options: RunOptions = {}) {
    this.sheet = sheet
    this.options = options
    this.seed = options.seed ?? sheet.seed
    this.maxEvents = options.maxEvents ?? DEFAULT_MAX_EVENTS
    const network = buildNetwork(sheet.plan, this.seed, (sheet.epochSeconds % 86_400) * 1000)
    const { world } = network
    this.network = network
    this.lookout = new Lookout(world.addresses)
    this.balancers = new Balancers(sheet, network)
    this.translators = new Translators(sheet, network, this.balancers.rules.length)
    const checks = new HealthChecks(sheet, network, this.balancers.setUp)
    attachFilters(sheet, network)
    this.tables = new Tables(sheet.plan, network, this.balancers, this.translators)
    this.watches = compileExpectations(sheet, {
      plan: sheet.plan,
      places: world.places,
      addresses: world.addresses,
      streams: this.streams,
      decision: (place, service, server) =>
        this.balancers.decision(place, service, server) ??
        this.translators.decision(place, service, server),
    })
    this.outcomes = new Outcomes(sheet, world, this.watches, (step) => this.steps.end(step))
    this.judge = judgeOf(sheet, network)
    this.drops = new DropTally(world.places)
    this.sight = { table: this.tables.read, connections: this.balancers.counts }
    const changer = new ServiceChanger(this.balancers, checks)
    const actors = new Actors(sheet, network, changer, this.tables, this.outcomes)
    this.steps = new Steps(world.agenda, sheet.steps, (step) => actors.begin(step))
    this.timed = this.watches
      .filter(isSnapshot)
      .filter((watch) => watch.atNs !== undefined)
      .sort((a, b) => a.atNs! - b.atNs! || this.watches.indexOf(a) - this.watches.indexOf(b))
    const lastTableNs = this.timed[this.timed.length - 1]?.atNs ?? 0
    this.ending = new Ending(network, this.steps, sheet.untilNs, lastTableNs)
  }

  get trace(): Trace {
    return this.network.world.trace
  }

  get places(): Places {
    return this.network.world.places
  }

  get plan(): Plan {
    return this.sheet.plan
  }

  get hosts(): readonly Host[] {
    return this.network.hosts
  }

  /** Text of an address number, as events and rewrites carry it. */
  readonly formatAddress = (address: number): string => this.network.world.addresses.format(address)

  get nowNs(): number {
    return this.network.world.agenda.now
  }

  /** Sentences for the rule numbers of TRANSLATED events. */
  rules(): readonly string[] {
    return [...this.balancers.rules, ...this.translators.rules]
  }

  /**
   * Runs at most so many events more; true when the run is over. Whoever wants to listen subscribes
   * to `trace` before the first call.
   */
  advance(maxEvents: number = SLICE_EVENTS): boolean {
    this.listen()
    const { agenda } = this.network.world
    let left = Math.min(maxEvents, this.maxEvents - agenda.count)
    while (!this.done && left > 0) {
      const ran = agenda.run(this.horizon(), left)
      left -= ran
      if (left > 0) this.reached()
    }
    if (!this.done && agenda.count >= this.maxEvents) this.stop(this.boundNote())
    return this.done
  }

  /** Runs to the end and judges; a second run finds the frames that explain what does not hold. */
  finish(): Verdict {
    while (!this.advance());
    for (const watch of this.watches) {
      if (isSnapshot(watch)) watch.take(this.sight)
    }
    const misfits = this.watches.map((watch) => watch.misfit())
    const evidence = this.investigate(misfits)
    const expectations = misfits.map((misfit, i) => this.result(i, misfit, evidence.get(i)))
    const invariants = this.judge.results()
    const notes = [...this.notes, ...this.outcomes.notes]
    const ok = [...expectations, ...invariants].every((each) => each.ok) && notes.length === 0
    const { file, title } = this.sheet
    const seedOption = this.seed === this.sheet.seed ? '' : ` --seed ${this.seed}`
    return {
      ok,
      title,
      file,
      seed: this.seed,
      command: `vipwire run ${file}${seedOption}`,
      expectations,
      invariants,
      responses: this.outcomes.responses,
      events: this.network.world.agenda.count,
      endedNs: this.nowNs,
      hops: this.network.cabling.hops,
      notes,
    }
  }

  /** Lets everything listen that watches this run; `first` before all others. */
  private listen(first?: Detective): void {
    if (this.listening) return
    this.listening = true
    const { trace } = this.network.world
    first?.listen(trace)
    this.judge.listen(trace)
    this.drops.listen(trace)
    this.outcomes.listen(trace)
    for (const watch of this.watches) watch.listen({ trace, lookout: this.lookout })
    this.lookout.listen(trace)
  }

  /** How far the agenda may run before somebody has to look: no step can end the run before. */
  private horizon(): number {
    const { agenda } = this.network.world
    const table = this.timed[0]?.atNs ?? Infinity
    const end = this.ending.atNs
    if (end !== undefined) return Math.min(end, table)
    return Math.min(Math.max(agenda.now, Math.min(agenda.nextAt, LAST_NS)) + QUIET_NS, table)
  }

  /** Everything up to the horizon has happened. */
  private reached(): void {
    const { agenda } = this.network.world
    while (this.timed[0] !== undefined && this.timed[0].atNs! <= agenda.now) {
      this.timed.shift()!.take(this.sight)
    }
    this.ending.look()
    const end = this.ending.atNs
    if (end !== undefined && agenda.now >= end) this.done = true
    else if (agenda.now >= LAST_NS) this.stop(`the run passed ${showNs(LAST_NS)} of virtual time`)
    else if (end === undefined && agenda.pending === 0) this.stop(this.unfinishedNote())
  }

  private stop(note: string): void {
    this.notes.push(note)
    this.done = true
  }

  private boundNote(): string {
    const at = showNs(this.nowNs)
    return `the run was ended at ${at}, after ${this.maxEvents} events; --max-events sets the bound`
  }

  private unfinishedNote(): string {
    const names = this.steps.unfinished.map((step) => step.name)
    return `nothing is left to happen, and these steps have not ended: ${names.join(', ')}`
  }

  private result(
    index: number,
    misfit: Misfit | undefined,
    evidence: Evidence | undefined,
  ): ExpectationResult {
    const sheet = this.sheet.expect[index]!
    const { problem = '', expected } = misfit ?? {}
    const drops = LOSING.has(sheet.kind) ? this.drops.lines() : []
    return {
      kind: sheet.kind,
      text: this.watches[index]!.text,
      place: `${this.sheet.file}:${sheet.line}:${sheet.column}`,
      ok: misfit === undefined,
      why: sheet.why,
      failure: misfit === undefined ? undefined : { problem, expected, evidence, drops },
    }
  }

  /** Runs the sheet again, with a detective for every misfit that a frame can explain. */
  private investigate(misfits: readonly (Misfit | undefined)[]): Map<number, Evidence> {
    const found = new Map<number, Evidence>()
    if (misfits.every((misfit) => misfit?.clue === undefined)) return found
    const again = new Run(this.sheet, this.options)
    const inquiries: Inquiry[] = []
    const owners: number[] = []
    for (const [i, misfit] of misfits.entries()) {
      const clue = misfit?.clue
      const inquiry = clue === undefined ? undefined : again.watches[i]!.inquiry?.(clue)
      if (inquiry === undefined) continue
      inquiries.push(inquiry)
      owners.push(i)
    }
    const detective = new Detective(
      inquiries,
      again.network.world,
      again.rules(),
      describeFrame,
      again.streams,
    )
    again.listen(detective)
    while (!again.advance());
    for (const [i, evidence] of detective.evidence().entries()) {
      if (evidence !== undefined) found.set(owners[i]!, evidence)
    }
    return found
  }
}
