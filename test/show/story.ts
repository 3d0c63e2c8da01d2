import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRun, load } from '../../sim/lab/index.ts'
import { type Hop, hopsOf } from '../../sim/show/hops.ts'
import { type Entry, Journal, type Places } from '../../sim/trace/index.ts'
import { assert } from '../lib/harness.ts'

const FOLDER = join(import.meta.dirname, 'golden')

/** One visit through a balancer, and one knock at a port that is closed. */
const SHEET = `
title: A visit and a knock
aim: Something of everything that a picture shows.
topology: inline
services:
  web: { balancer: lb, vip: 199.237.202.124:80/tcp, forward: dnat, servers: [rs1:80, rs2:80] }
steps:
  - { at: 0s, from: client, get: http://199.237.202.124/, source-port: 40000, name: visit }
  - { after: visit, wait: 10ms, from: client, get: http://199.237.202.124:81/, source-port: 40001, name: knock }
expect:
  - { response: visit, status: 200 }
`

export interface Told {
  readonly hops: readonly Hop[]
  readonly nodes: readonly string[]
  readonly entries: readonly Entry[]
  readonly places: Places
}

/** Runs the sheet, or another one, with a journal. */
export function told(text: string = SHEET): Told {
  const loaded = load({ file: 'sheet.yaml', text, read: () => undefined })
  if ('errors' in loaded) throw new Error(JSON.stringify(loaded.errors))
  const run = createRun(loaded.sheet)
  const journal = new Journal()
  journal.listen(run.trace)
  while (!run.advance());
  return {
    hops: hopsOf(journal.entries, run.places, run.rules(), run.formatAddress),
    nodes: loaded.sheet.plan.nodes.map((node) => node.name),
    entries: journal.entries,
    places: run.places,
  }
}

/** Compares with a file; UPDATE_GOLDEN=1 writes it, and somebody has to look at it. */
export function sameAsGolden(name: string, lines: readonly string[]): void {
  const path = join(FOLDER, name)
  const text = `${lines.join('\n')}\n`
  if (process.env['UPDATE_GOLDEN'] === '1') {
    assert.is(process.env['CI'], undefined, 'golden texts are not made by CI')
    mkdirSync(FOLDER, { recursive: true })
    writeFileSync(path, text)
  }
  assert.ok(existsSync(path), `${name} is missing: UPDATE_GOLDEN=1 makes it`)
  assert.fixture(text, readFileSync(path, 'utf8'))
}
