// The guard: a ratio to the skeleton may not fall far under the recorded one. Ratios of one run,
// medians, and a second try keep a busy neighbour from failing it.

import { compare } from './rounds.ts'
import { WORKLOADS } from './workloads.ts'

/** How far a ratio may fall under the recorded one. */
const TOLERANCE = 0.15
const ROUNDS = 3
/** Long enough for compiled code to dominate, short enough for every change. */
const SIZES: Readonly<Record<string, number>> = { bulk: 300e6, short: 20_000, udp: 1_000_000 }

/** Compares the named workloads with what was recorded; false when one has become slower. */
export function check(
  recorded: Readonly<Record<string, number>>,
  names: readonly string[],
  say: (text: string) => void,
): boolean {
  let passed = true
  for (const workload of WORKLOADS.filter(({ name }) => names.includes(name))) {
    const wanted = recorded[workload.name]
    if (wanted === undefined) throw new Error(`no ratio is recorded for ${workload.name}`)
    const least = wanted * (1 - TOLERANCE)
    const once = (): { ratio: number; ok: boolean } =>
      compare(workload, SIZES[workload.name]!, false, ROUNDS)
    let result = once()
    if (result.ok && result.ratio < least) {
      say(`${workload.name}: ${result.ratio.toFixed(3)}, measured once more`)
      result = once()
    }
    const good = result.ok && result.ratio >= least
    const figures = `ratio ${result.ratio.toFixed(3)}, recorded ${wanted.toFixed(3)}`
    say(`${good ? 'ok  ' : 'FAIL'} ${workload.name}: ${figures}, at least ${least.toFixed(3)}`)
    passed &&= good
  }
  return passed
}
