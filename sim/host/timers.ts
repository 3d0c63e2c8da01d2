import type { Agenda } from '../engine/agenda.ts'
import { NONE, type Token } from '../engine/agenda.ts'

/** Something that asked to be called later. */
export interface Timed {
  /** `what` is the number it gave. */
  due(what: number): void
}

/** A timer that came up while its program stood still. */
interface Late extends Timer {
  readonly what: number
}

/** Timers of programs: an object and a number are called at an instant, without a closure. */
export class Timers {
  private readonly agenda: Agenda
  private readonly handler: number
  private readonly waiting: (Timed | undefined)[] = []
  private readonly tokens: Token[] = []
  private readonly free: number[] = []
  private readonly late: Late[] = []
  private frozen = false

  constructor(agenda: Agenda) {
    this.agenda = agenda
    this.handler = agenda.register((slot, what) => {
      if (this.frozen) this.late.push({ slot, what, token: this.tokens[slot]! })
      else this.take(slot)!.due(what)
    })
  }

  /** Calls `timed.due(what)` after so many nanoseconds. */
  after(delayNs: number, timed: Timed, what: number): Timer {
    const slot = this.free.pop() ?? this.waiting.length
    this.waiting[slot] = timed
    const token = this.agenda.schedule(this.agenda.now + delayNs, this.handler, slot, what)
    this.tokens[slot] = token
    return { token, slot }
  }

  cancel(timer: Timer): void {
    if (this.agenda.cancel(timer.token)) this.take(timer.slot)
    else if (this.late.length > 0) this.cancelLate(timer)
  }

  /** Timers that come up from now on wait for `thaw`. */
  freeze(): void {
    this.frozen = true
  }

  /** Those that came up in between are called now, in their order. */
  thaw(): void {
    this.frozen = false
    for (let next = this.late.shift(); next !== undefined; next = this.late.shift()) {
      this.take(next.slot)!.due(next.what)
    }
  }

  /** Nobody is called any more. */
  clear(): void {
    for (const [slot, timed] of this.waiting.entries()) {
      if (timed !== undefined) this.agenda.cancel(this.tokens[slot]!)
    }
    this.waiting.length = 0
    this.free.length = 0
    this.late.length = 0
  }

  private cancelLate({ token }: Timer): void {
    const at = this.late.findIndex((one) => one.token === token)
    if (at >= 0) this.take(this.late.splice(at, 1)[0]!.slot)
  }

  private take(slot: number): Timed | undefined {
    const timed = this.waiting[slot]
    this.waiting[slot] = undefined
    this.free.push(slot)
    return timed
  }
}

/** A timer that was set; may have run since. */
export interface Timer {
  readonly token: Token
  readonly slot: number
}

export const NO_TIMER: Timer = { token: NONE, slot: -1 }
