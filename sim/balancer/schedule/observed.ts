import { type Rating, RatedTurn } from './rated-turn.ts'
import type { Scheduler } from './scheduler.ts'

const BELOW = 3
const OTHERWISE = 2

/** Three turns for those with fewer connections than the average, two for the others. */
function byAverage(ratings: readonly Rating[]): void {
  let sum = 0
  for (const { connections } of ratings) sum += connections
  for (const rating of ratings) {
    rating.ratio = rating.connections * ratings.length < sum ? BELOW : OTHERWISE
  }
}

export const observed: Scheduler = {
  name: 'observed',
  sentence: 'each second, servers below the average of connections get 3 turns and the others 2',
  source: 'F5 K6406, Observed mode; community descriptions for the ratios 3 and 2',
  elsewhere: ['Observed (member), with per: server Observed (node) (F5)'],
  start: (pool, around) => new RatedTurn(pool, around, OTHERWISE, byAverage),
}
