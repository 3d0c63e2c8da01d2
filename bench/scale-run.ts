// One sheet in a process of its own: `scale-run.js FILE` prints its CPU time and memory as JSON.

import { readFileSync } from 'node:fs'
import { createRun, load, reportVerdict } from '../sim/index.ts'

const file = process.argv[2]!
const loaded = load({ file, text: readFileSync(file, 'utf8'), read: () => undefined })
if ('errors' in loaded) throw new Error(JSON.stringify(loaded.errors))
const before = process.cpuUsage()
const run = createRun(loaded.sheet, { maxEvents: 1e9 })
while (!run.advance());
const verdict = run.finish()
if (!verdict.ok) throw new Error(reportVerdict(verdict))
const { user, system } = process.cpuUsage(before)
const cpuSeconds = (user + system) / 1e6
const peakRssBytes = process.resourceUsage().maxRSS * 1024
console.log(JSON.stringify({ cpuSeconds, hops: verdict.hops, peakRssBytes }))
