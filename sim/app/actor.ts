import type { Stream } from '../engine/chance.ts'
import type { Host } from '../host/host.ts'
import type { SocketOwner } from '../host/socket-owner.ts'
import type { Process } from './process.ts'
import type { Generator } from './settings.ts'
import type { Resolver } from './resolver.ts'
import type { Timers } from '../host/timers.ts'

/** A machine as its programs see it. */
export interface Actor {
  readonly host: Host
  readonly timers: Timers
  readonly resolver: Resolver
  /** Processors for programs that need work; Infinity without a limit. */
  readonly cores: number
  /** Of a program that steps may stop; undefined for all others. */
  readonly process?: Process
}

/** What a program’s socket wakes: `owner`, or what stands between them when it can be stopped. */
export function ownerFor(actor: Actor, owner: SocketOwner): SocketOwner {
  return actor.process === undefined ? owner : actor.process.gate(owner)
}

/** A value of a generator, a whole number. */
export function draw(generator: Generator, stream: Stream): number {
  switch (generator.kind) {
    case 'constant':
      return generator.value
    case 'uniform': {
      const span = generator.to - generator.from
      return generator.from + Math.floor(stream.fraction() * (span + 1))
    }
    case 'exponential':
      return Math.round(stream.exponential(generator.mean))
    case 'list':
      return generator.values[stream.below(generator.values.length)]!
  }
}
