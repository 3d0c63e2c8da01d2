import type { Stream } from '../../engine/chance.ts'
import type { Host } from '../../host/host.ts'
import { NO_TIMER, type Timed, type Timer, type Timers } from '../../host/timers.ts'
import type { Attempt, CheckDetails, CheckKind } from './check.ts'

/** One check of a service, with nothing left to assume. */
export interface CheckPlan {
  readonly kind: CheckKind
  /**
   * From the beginning of one question to that of the next: while the server is up and answers,
   * while it is about to turn (failures of one that is up, successes of one that is down), and
   * while it is down. HAProxy calls the last two fastinter and downinter.
   */
  readonly everyNs: number
  readonly retryNs: number
  readonly downNs: number
  /** How long an answer is waited for. */
  readonly timeoutNs: number
  /** Failures in a row that take a server out, and successes in a row that take it in again. */
  readonly tries: number
  readonly rise: number
  /** Port that is asked. */
  readonly port: number
  readonly details: CheckDetails
}

const ASK = 0
const PATIENCE = 1

/** One check of one server: asks again and again, and counts. */
class Watcher implements Timed {
  up = true
  why = ''
  private readonly monitor: Monitor
  private readonly plan: CheckPlan
  private readonly address: number
  private attempt: Attempt | undefined
  private patience: Timer = NO_TIMER
  private next: Timer = NO_TIMER
  private stopped = false
  private startedNs = 0
  private failures = 0
  private successes = 0

  constructor(monitor: Monitor, plan: CheckPlan, address: number) {
    this.monitor = monitor
    this.plan = plan
    this.address = address
  }

  /** The first question comes at once, in an event of its own. */
  begin(): void {
    this.next = this.monitor.timers.after(0, this, ASK)
  }

  due(what: number): void {
    if (what === ASK) return this.ask()
    this.patience = NO_TIMER
    const { attempt } = this
    if (attempt === undefined) return
    const { works, why } = attempt.giveUp()
    this.heard(works, why)
  }

  ask(): void {
    const { host, timers, chance } = this.monitor
    const { plan, address } = this
    this.startedNs = host.now
    if (host.down) return this.sleep(plan.everyNs)
    this.patience = timers.after(plan.timeoutNs, this, PATIENCE)
    let answer: { works: boolean; why: string } | undefined
    const attempt = plan.kind.begin({
      host,
      timers,
      chance,
      address,
      port: plan.port,
      details: plan.details,
      done: (works, why) => {
        // A question without a route is answered before it has been put.
        if (this.attempt === undefined) answer = { works, why }
        else this.heard(works, why)
      },
    })
    if (answer !== undefined) return this.heard(answer.works, answer.why)
    this.attempt = attempt
  }

  stop(): void {
    this.stopped = true
    const { timers } = this.monitor
    timers.cancel(this.next)
    timers.cancel(this.patience)
    this.attempt?.giveUp()
    this.attempt = undefined
  }

  private heard(works: boolean, why: string): void {
    if (this.stopped) return
    const { plan } = this
    this.attempt = undefined
    this.monitor.timers.cancel(this.patience)
    this.patience = NO_TIMER
    // A machine without power has heard nothing, and concludes nothing from that.
    if (this.monitor.host.down) return this.sleep(plan.everyNs)
    this.failures = works ? 0 : this.failures + 1
    this.successes = works ? this.successes + 1 : 0
    if (this.up && this.failures >= plan.tries) this.turn(false, why)
    else if (!this.up && this.successes >= plan.rise) this.turn(true, why)
    this.sleep(this.gapNs())
  }

  /** From the question that was just answered to the next one. */
  private gapNs(): number {
    const { everyNs, retryNs, downNs } = this.plan
    if (this.up) return this.failures > 0 ? retryNs : everyNs
    return this.successes > 0 ? retryNs : downNs
  }

  private turn(up: boolean, why: string): void {
    this.up = up
    this.why = why
    this.monitor.turned(this)
  }

  /** The next question begins so long after this one began, or at once when that is past. */
  private sleep(gapNs: number): void {
    const { host, timers } = this.monitor
    const restNs = Math.max(0, this.startedNs + gapNs - host.now)
    this.next = timers.after(restNs, this, ASK)
  }
}

/** Told when a server goes down or comes up again, and in a few words why. */
export type Turned = (up: boolean, why: string) => void

/**
 * Watches one server of a service by all checks of the service: it is up while all of them say so.
 * It counts as up at the start; the first questions are put at once.
 */
export class Monitor {
  readonly host: Host
  readonly timers: Timers
  readonly chance: Stream
  private readonly watchers: readonly Watcher[]
  private readonly onTurn: Turned
  private up = true

  constructor(
    host: Host,
    timers: Timers,
    address: number,
    plans: readonly CheckPlan[],
    onTurn: Turned,
  ) {
    this.host = host
    this.timers = timers
    this.onTurn = onTurn
    this.chance = host.world.chance.stream(`${host.name} health ${host.addresses.format(address)}`)
    this.watchers = plans.map((plan) => new Watcher(this, plan, address))
    for (const watcher of this.watchers) watcher.begin()
  }

  /** Nobody wants to know any more: questions under way are given up, and none follows. */
  stop(): void {
    for (const watcher of this.watchers) watcher.stop()
  }

  /** One of the checks has changed its mind. */
  turned(watcher: Watcher): void {
    const up = this.watchers.every((each) => each.up)
    if (up === this.up) return
    this.up = up
    this.onTurn(up, watcher.why)
  }
}
