import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
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
