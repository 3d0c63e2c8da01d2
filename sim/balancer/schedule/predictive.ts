import { type Rating, RatedTurn } from './rated-turn.ts'
import type { Scheduler } from './scheduler.ts'

const FALLING = 4
const RISING = 1

/** Four turns for who got rid of connections in the last second, one for who got more. */
function byTrend(ratings: readonly Rating[]): void {
  for (const rating of ratings) {
    if (rating.connections < rating.before) rating.ratio = FALLING
    else if (rating.connections > rating.before) rating.ratio = RISING
  }
}

export const predictive: Scheduler = {
  name: 'predictive',
  sentence: 'each second, servers that lost connections get 4 turns and those that gained some 1',
  source: 'F5 K6406, Predictive mode; community descriptions for the ratios 4 and 1',
  elsewhere: ['Predictive (member), with per: server Predictive (node) (F5)'],
  start: (pool, around) => new RatedTurn(pool, around, RISING, byTrend),
}
