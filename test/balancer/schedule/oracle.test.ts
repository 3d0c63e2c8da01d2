import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { Chance } from '../../../sim/engine/chance.ts'
import { readRecording } from '../../../sim/lab/ipvs/recording.ts'
import { replay } from '../../../sim/lab/ipvs/replay.ts'
import { assert, cases } from '../../lib/harness.ts'
import { surroundings } from './pool.ts'

const FILE = new URL('../../../pcaps/ipvs-schedulers/runs.ndjson.gz', import.meta.url)
const lines = gunzipSync(readFileSync(FILE)).toString('utf8').trim().split('\n')
const runs = lines.map((line) => JSON.parse(line) as { name: string; scheduler: string })
const exact = runs.filter(({ scheduler }) => scheduler !== 'twos')

cases('schedulers choose and count as the kernel does, decision for decision', exact, (run) => {
  const recording = readRecording(run)
  if (typeof recording === 'string') throw new Error(recording)
  const ours = replay(recording, surroundings().dice)
  recording.events.forEach(({ chosen, counts }, i) => {
    const where = `event ${i + 1}`
    if (chosen !== undefined) assert.is(ours[i]!.chosen, chosen, where)
    for (const [name, theirs] of Object.entries(counts ?? {})) {
      assert.equal(ours[i]!.counts[name] ?? null, theirs, `${where}: counts of ${name}`)
    }
  })
})

function isDrawn({ scheduler }: { readonly scheduler: string }): boolean {
  return scheduler === 'twos'
}

/** How often each server was chosen. */
function countsOf(
  events: readonly { readonly chosen?: string | null | undefined }[],
): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { chosen } of events) {
    if (typeof chosen === 'string') counts.set(chosen, (counts.get(chosen) ?? 0) + 1)
  }
  return counts
}

/** Seeds with which a run that draws lots is played. */
const SEEDS = 200

cases('two choices stay within what a kernel drew', runs.filter(isDrawn), (run) => {
  const recording = readRecording(run)
  if (typeof recording === 'string') throw new Error(recording)
  const theirs = countsOf(recording.events)
  const ours = Array.from({ length: SEEDS }, (_, seed) => {
    return countsOf(replay(recording, new Chance(seed + 1).stream('twos')))
  })
  // Each server got no fewer than in our poorest run and no more than in our richest.
  for (const [server, count] of theirs) {
    const sorted = ours.map((each) => each.get(server) ?? 0).sort((a, b) => a - b)
    const [low, high] = [sorted[0]!, sorted[SEEDS - 1]!]
    assert.ok(count >= low && count <= high, `${server}: ${count}, ours ${low} to ${high}`)
  }
})
