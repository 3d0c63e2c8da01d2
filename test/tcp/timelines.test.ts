import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, cases } from '../lib/harness.ts'
import { play } from './play.ts'
import { readTimeline } from './timeline.ts'

// What one endpoint does, segment by segment; docs/timelines.md says how these files are written.
// ONLY=text plays those whose name contains the text.
const only = process.env['ONLY'] ?? ''
const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.yaml') && name.includes(only))
  .sort()
const rows = files.map((name) => ({ name }))

cases('TCP timelines', rows, ({ name }) => {
  const path = `test/tcp/${name}`
  const timeline = readTimeline(path, readFileSync(join(import.meta.dirname, name), 'utf8'))
  const problem = play(timeline)
  assert.ok(problem === undefined, problem === undefined ? '' : `${timeline.behaviour}\n${problem}`)
})
