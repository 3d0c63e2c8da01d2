import type { Server } from '../service.ts'
import { overhead } from './lightest.ts'
import { drawn, totalWeight } from './random.ts'
import type { Dice, Pool, Scheduler, Turn } from './scheduler.ts'

/** Two are drawn by weight; the one with fewer connections for its weight is taken. */
class TwoChoicesTurn implements Turn {
  private readonly pool: Pool
  private readonly dice: Dice

  constructor(pool: Pool, dice: Dice) {
    this.pool = pool
    this.dice = dice
  }

  choose(): Server | undefined {
    const { scan } = this.pool
    const total = totalWeight(scan)
    if (total === 0) return undefined
    // As in the kernel, the sum itself may be drawn, and a number that a server's weight just
    // reaches is that server's: the first of the list has one number more than its weight.
    const one = drawn(scan, this.dice.below(total + 1), true)!
    const other = drawn(scan, this.dice.below(total + 1), true)!
    return overhead(one) * other.weight > overhead(other) * one.weight ? other : one
  }

  changed(): void {}
}

export const twoChoices: Scheduler = {
  name: 'two-choices',
  sentence: 'two servers are drawn at random by weight; the less loaded one is taken',
  source: 'Linux net/netfilter/ipvs/ip_vs_twos.c',
  elsewhere: ['twos (IPVS)', 'random(2) (HAProxy)', 'random two (nginx)', 'P2C (Envoy)'],
  byShare: true,
  start: (pool, { dice }) => new TwoChoicesTurn(pool, dice),
}
