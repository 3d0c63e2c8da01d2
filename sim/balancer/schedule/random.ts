import type { Server } from '../service.ts'
import { isEligible, type Scheduler } from './scheduler.ts'

/** Sum of the weights of all that may be chosen. */
export function totalWeight(scan: readonly Server[]): number {
  let total = 0
  for (let i = 0; i < scan.length; i++) if (isEligible(scan[i]!)) total += scan[i]!.weight
  return total
}

/**
 * The server whose share of the weights holds `number`. `edge`: a number that a share just reaches
 * belongs to it, too.
 */
export function drawn(scan: readonly Server[], number: number, edge: boolean): Server | undefined {
  let left = number
  for (let i = 0; i < scan.length; i++) {
    const server = scan[i]!
    if (!isEligible(server)) continue
    left -= server.weight
    if (left < 0 || (edge && left === 0)) return server
  }
  return undefined
}

export const random: Scheduler = {
  name: 'random',
  sentence: 'a server is drawn at random, by weight',
  source: 'HAProxy doc/configuration.txt, random(1)',
  elsewhere: ['random(1) (HAProxy)', 'random (nginx)', 'statistic mode random (kube-proxy)'],
  byShare: true,
  start: (pool, { dice }) => ({
    choose(): Server | undefined {
      const total = totalWeight(pool.scan)
      return total === 0 ? undefined : drawn(pool.scan, dice.below(total), false)
    },
    changed() {},
  }),
}
