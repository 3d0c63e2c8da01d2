import type { HookContext } from '../hook/hook.ts'
import { BY_CONNECTIONS, RECONFIGURED, SHIFTED, TURNED, UP } from '../trace/index.ts'
import { type Forwarder, FORWARDERS } from './forward/index.ts'
import { byPersistence, bySorry, byTurn, inPanic } from './manners.ts'
import type { Templates } from './persist/index.ts'
import { templatesOf } from './persist/templates-of.ts'
import { bindServer, newServer } from './new-server.ts'
import { Passive } from './roster/passive.ts'
import { Roster } from './roster/roster.ts'
import { SlowStart } from './roster/slow-start.ts'
import { type Pool, SCHEDULERS, type Turn } from './schedule/index.ts'
import type {
  Arrival,
  Server,
  ServerBounds,
  ServerConfig,
  ServiceChange,
  ServiceConfig,
} from './service.ts'
import type { Terms } from './terms.ts'

/** What a service shares with the others of its balancer: numbers for life. */
export interface Registry {
  readonly context: HookContext
  readonly firstRule: number
  /** What each rule number stands for, from `firstRule` on. */
  readonly rules: string[]
  /** All terms that there were, by number. */
  readonly terms: Terms[]
  /** Servers of all services by their address: what a machine has to do at all of its ports. */
  readonly machines: Map<number, Server[]>
  /** Told that a server has gone down. */
  readonly down: (service: Service, server: Server) => void
}

/** A service in operation. */
export class Service implements Pool {
  config: ServiceConfig
  /** What holds for the connections that begin now. */
  terms: Terms
  /** Servers by number, the removed ones too. */
  readonly servers: Server[] = []
  /** Those that may be chosen among now. */
  scan: readonly Server[]
  /** Those that are configured now, the ones that are down too: what `scan` is made of. */
  order: readonly Server[]
  passive: Passive | undefined
  private turn: Turn
  private roster: Roster
  private slowStart: SlowStart | undefined
  /** Words of all schedulers that the service has in its life. */
  private readonly schedules: readonly string[]
  private readonly registry: Registry

  constructor(config: ServiceConfig, registry: Registry) {
    this.config = config
    this.registry = registry
    this.schedules = [...new Set([config.schedule, ...(config.laterSchedules ?? [])])]
    for (const server of config.servers) this.enlist(server)
    const { sorry } = config
    this.order = this.servers.filter(({ present, number }) => present && number !== sorry)
    this.roster = this.rosterOf()
    this.scan = this.roster.among(this.order)
    this.turn = this.turnOf()
    this.slowStart = slowStartOf(config)
    this.passive = passiveOf(config)
    this.terms = this.newTerms(templatesOf(config, registry.context))
  }

  /** Whether its connections are reset when their server goes down. */
  get resets(): boolean {
    return this.config.whenDown === 'reset'
  }

  /** Whether packets have to be looked at for what they say about servers and connections. */
  get watches(): boolean {
    return this.passive !== undefined || this.resets
  }

  /** Whether the packets of a server's connections end here. */
  leadsNowhere({ present, up }: Server): boolean {
    return !present || (!up && this.config.whenDown === 'drop' && !this.roster.panic)
  }

  /** The server that the scheduler would take for a new connection, or undefined for none. */
  choose(arrival: Arrival): Server | undefined {
    if (this.slowStart?.busy === true) this.weigh()
    return this.roster.isSorry ? this.scan[0] : this.turn.choose(arrival)
  }

  /** The server that persistence leads a new connection to, or undefined when it may choose. */
  remembered(arrival: Arrival, quiescentExpires: boolean): Server | undefined {
    // The sorry server is nobody's for long: who meets it may choose again as soon as he can.
    if (this.roster.isSorry) return undefined
    return this.terms.templates?.find(arrival, quiescentExpires)
  }

  /** A connection has been given to a server: later ones follow it. */
  remember(arrival: Arrival, server: Server): void {
    if (!this.roster.isSorry) this.terms.templates?.follow(arrival, server)
  }

  /** A server has answered a SYN, so long after it was passed on. */
  answered(server: Server, tookNs: number): void {
    this.turn.answered?.(server, tookNs)
  }

  /** A server has one active connection more or less than before. */
  counted(server: Server): void {
    this.turn.counted?.(server)
  }

  /** How a server was chosen just now, as DECIDED events number it. */
  manner(remembered: boolean): number {
    const { length } = this.schedules
    if (remembered) return byPersistence(length)
    if (this.roster.isSorry) return bySorry(length)
    const { schedule } = this.terms
    return this.roster.panic ? inPanic(schedule) : byTurn(schedule)
  }

  /** Adds a server to those that are known; it is not in use yet. */
  enlist(config: ServerConfig): Server {
    const { rules, firstRule, machines } = this.registry
    const number = this.servers.length
    const rule = firstRule + rules.length
    for (const word of this.schedules) rules.push(this.ruleText(word, config, number))
    const present = config.fromStart || number === this.config.sorry
    const server = newServer(config, number, rule, present)
    this.servers.push(server)
    const ports = machines.get(server.address) ?? []
    ports.push(server)
    machines.set(server.address, ports)
    return server
  }

  /** Makes a known server one of the present ones; as far as anybody knows it is up. */
  put(server: Server, bounds: ServerBounds, place: 'first' | 'last'): void {
    server.present = true
    server.healthy = true
    server.ejected = false
    server.up = true
    this.passive?.forget(server)
    this.slowStart?.begin(server, this.registry.context.clock.now)
    bindServer(server, bounds)
    const others = this.order.filter((other) => other !== server)
    this.order = place === 'first' ? [server, ...others] : [...others, server]
    this.rescan()
  }

  /** Gives a server another weight or other thresholds. */
  setBounds(server: Server, bounds: ServerBounds): void {
    bindServer(server, bounds)
    this.rescan()
  }

  /** Takes a server out; its connections stay and lead nowhere. */
  remove(server: Server): void {
    server.present = false
    this.order = this.order.filter((other) => other !== server)
    this.rescan()
  }

  /** A check has found a server down, or up again. Whether that changes anything. */
  setHealthy(server: Server, healthy: boolean): boolean {
    server.healthy = healthy
    return this.settle(server, 0)
  }

  /** Connections of a server have failed so often that it is taken out, or that is over. */
  setEjected(server: Server, ejected: boolean): boolean {
    server.ejected = ejected
    return this.settle(server, BY_CONNECTIONS)
  }

  /** Weights as they are due now; called before anybody looks at them. */
  weigh(): void {
    const { slowStart } = this
    if (slowStart === undefined) return
    if (slowStart.weigh(this.order, this.registry.context.clock.now)) this.turn.changed()
  }

  /** Tenths of its weight that a server has now. */
  tenths(server: Server): number {
    return this.slowStart?.tenths(server, this.registry.context.clock.now) ?? 10
  }

  /** New connections go by other rules from now on; those there are keep theirs. */
  change(change: ServiceChange): void {
    const before = this.config
    const config = { ...before, ...change }
    this.config = config
    const { context } = this.registry
    const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
    const persists = !same(before.persist, config.persist)
    const templates = persists ? templatesOf(config, context) : this.terms.templates
    if (
      before.schedule !== config.schedule ||
      !same(before.scheduleSettings, config.scheduleSettings)
    ) {
      this.turn = this.turnOf()
    }
    if (before.slowStartNs !== config.slowStartNs) this.stopRamps(config)
    if (!same(before.passive, config.passive)) this.passive = passiveOf(config)
    const rosterOf = (of: ServiceConfig): unknown[] => [of.groups, of.quorum, of.panicBelow]
    if (!same(rosterOf(before), rosterOf(config))) this.roster = this.rosterOf()
    this.terms = this.newTerms(templates)
    this.shifted(RECONFIGURED, 0)
    this.rescan()
  }

  private rescan(): void {
    this.slowStart?.weigh(this.order, this.registry.context.clock.now)
    this.scan = this.roster.among(this.order)
    this.turn.changed()
  }

  /** A server that has come up starts slowly; whether it is up has changed, or not. */
  private settle(server: Server, cause: number): boolean {
    const up = server.healthy && !server.ejected
    if (up === server.up) return false
    server.up = up
    const { clock, trace, place } = this.registry.context
    if (up) this.slowStart?.begin(server, clock.now)
    if ((trace.mask & TURNED) !== 0) {
      const { number } = this.config
      trace.emit(TURNED, place, undefined, number, server.number, (up ? UP : 0) | cause)
    }
    this.rescan()
    if (!up) this.registry.down(this, server)
    return true
  }

  private readonly shifted = (what: number, value: number): void => {
    const { trace, place } = this.registry.context
    if ((trace.mask & SHIFTED) === 0) return
    trace.emit(SHIFTED, place, undefined, this.config.number, what, value)
  }

  /** Whoever is on the way up has arrived. */
  private stopRamps(config: ServiceConfig): void {
    for (const server of this.servers) server.weight = server.ownWeight
    this.slowStart = slowStartOf(config)
  }

  private newTerms(templates: Templates | undefined): Terms {
    const { config, registry } = this
    const terms = {
      number: registry.terms.length,
      service: this,
      schedule: this.schedules.indexOf(config.schedule),
      forwarder: forwarderOf(config),
      templates,
      onePacket: config.onePacket,
      sources: config.sources,
    }
    registry.terms.push(terms)
    return terms
  }

  private rosterOf(): Roster {
    return new Roster(this.config, this.servers, this.shifted)
  }

  /** The turn looks at the service itself, so that it sees what becomes of it. */
  private turnOf(): Turn {
    const { schedule, scheduleSettings: settings, dice } = this.config
    const scheduler = SCHEDULERS.find((one) => one.name === schedule)
    if (scheduler === undefined) throw new RangeError(`no scheduler is named '${schedule}'`)
    const { clock, addresses } = this.registry.context
    const ports = ({ address }: Server): readonly Server[] => this.registry.machines.get(address)!
    return scheduler.start(this, { clock, addresses, dice, settings, ports })
  }

  private ruleText(word: string, { name }: ServerConfig, number: number): string {
    const { name: service, sorry } = this.config
    const why = number === sorry ? 'too few servers are up for' : `${word} chose`
    return `service ${service}: ${why} ${name}`
  }
}

function forwarderOf({ forward }: ServiceConfig): Forwarder {
  const forwarder = FORWARDERS.find((one) => one.name === forward)
  if (forwarder === undefined) throw new RangeError(`no forwarder is named '${forward}'`)
  return forwarder
}

const slowStartOf = ({ slowStartNs = 0 }: ServiceConfig): SlowStart | undefined =>
  slowStartNs === 0 ? undefined : new SlowStart(slowStartNs)

const passiveOf = ({ passive }: ServiceConfig): Passive | undefined =>
  passive === undefined ? undefined : new Passive(passive)
