import type { Address } from '../../wire/address.ts'
import type { Actor } from '../actor.ts'
import { numberOf } from '../endpoint.ts'
import type { Report } from '../report.ts'
import type { Target, TrafficSettings } from '../settings.ts'
import type { Resolution } from '../inquiry.ts'
import type { Timed } from '../../host/timers.ts'

/** Begins one repetition; it must call `ended` once. */
export type Attempt = (ended: () => void) => void

/**
 * Repeats what a step does: `times`, each when the one before has ended, or at fixed gaps. Tells
 * the report when all have ended.
 */
export class Repetition implements Timed {
  private readonly actor: Actor
  private readonly report: Report
  private readonly settings: TrafficSettings
  private readonly attempt: Attempt
  private begun = 0
  private ended = 0

  constructor(actor: Actor, report: Report, settings: TrafficSettings, attempt: Attempt) {
    this.actor = actor
    this.report = report
    this.settings = settings
    this.attempt = attempt
  }

  begin(): void {
    this.due()
  }

  due(): void {
    this.begun++
    const { times, everyNs } = this.settings
    if (everyNs !== undefined && this.begun < times) this.actor.timers.after(everyNs, this, 0)
    this.attempt(() => this.oneEnded())
  }

  private oneEnded(): void {
    this.ended++
    const { times, everyNs, index } = this.settings
    if (this.ended === times) this.report.finished(index)
    // In an event of its own: an attempt that ends at once must not nest in the one before.
    else if (everyNs === undefined) this.actor.timers.after(0, this, 0)
  }
}

/** What a target came to: the number of an address, or why there is none. */
export type Aim =
  | { readonly address: number }
  | { readonly problem: 'timeout' | 'unreachable' | 'refused' }

/**
 * Finds the address of a target, asking the resolver for a name; of the family of `source` when the
 * traffic comes from a given address.
 */
export function aim(
  actor: Actor,
  target: Target,
  source: Address | undefined,
  found: (aim: Aim) => void,
): void {
  if (target.kind === 'address') {
    return found({ address: numberOf(actor.host, target.address) })
  }
  const resolved = (resolution: Resolution): void => {
    if ('problem' in resolution) {
      const { problem } = resolution
      return found({ problem: problem === 'no-such-name' ? 'unreachable' : problem })
    }
    const chosen = actor.resolver.choose(resolution.addresses)
    if (chosen === undefined) return found({ problem: 'unreachable' })
    found({ address: numberOf(actor.host, chosen) })
  }
  actor.resolver.lookUp(target.name, source?.family, { resolved })
}
