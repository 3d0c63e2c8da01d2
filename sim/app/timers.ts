import type { Agenda } from '../engine/agenda.ts'
import { NONE, type Token } from '../engine/agenda.ts'

/** Something that asked to be called later. */
export interface Timed {
  /** `what` is the number it gave. */
  due(what: number): void
}

/** Timers of programs: an object and a number are called at an instant, without a closure. */
export class Timers {
  private readonly agenda: Agenda
  private readonly handler: number
  private readonly waiting: (Timed | undefined)[] = []
  private readonly free: number[] = []

  constructor(agenda: Agenda) {
    this.agenda = agenda
    this.handler = agenda.register((slot, what) => {
      const timed = this.waiting[slot]!
      this.waiting[slot] = undefined
      this.free.push(slot)
      timed.due(what)
    })
  }

  /** Calls `timed.due(what)` after so many nanoseconds. */
  after(delayNs: number, timed: Timed, what: number): Timer {
    const slot = this.free.pop() ?? this.waiting.length
    this.waiting[slot] = timed
    const token = this.agenda.schedule(this.agenda.now + delayNs, this.handler, slot, what)
    return { token, slot }
  }

  cancel(timer: Timer): void {
    if (!this.agenda.cancel(timer.token)) return
    this.waiting[timer.slot] = undefined
    this.free.push(timer.slot)
  }
}

/** A timer that was set; may have run since. */
export interface Timer {
  readonly token: Token
  readonly slot: number
}

export const NO_TIMER: Timer = { token: NONE, slot: -1 }
