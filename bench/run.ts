// `npm run bench`: how many frames a CPU second carries over cables, in three workloads.
//   npm run bench -- [--only bulk|short|udp] [--capture] [--size N] [--rounds N]
//   npm run bench -- --json [--only ...] [--capture] [--size N]   one line of JSON a workload
//   npm run bench -- --check [--only ...]      fails when a recorded ratio is missed by 15 %
//   npm run bench -- --scale                   cost against size; writes bench/scale.svg
// --capture writes the balancer's interfaces at full length into files; --size counts octets
// (bulk), connections (short) or datagrams (udp). Each run is a process of its own.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { check } from './check.ts'
import { buildPrograms, runSimulator } from './programs.ts'
import { compare, table } from './rounds.ts'
import { plot, scaleTable } from './scale-report.ts'
import { runConnectionTable } from './run-connection-table.ts'
import { runIdle } from './run-idle.ts'
import { measureScale } from './scale.ts'
import { WORKLOADS } from './workloads.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    capture: { type: 'boolean', default: false },
    size: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    scale: { type: 'boolean', default: false },
  },
})
const chosen = WORKLOADS.filter(({ name }) => values.only === undefined || values.only === name)
const size = values.size === undefined ? undefined : Number(values.size)
const rounds = Number(values.rounds)
const isCount = (value: number): boolean => Number.isInteger(value) && value > 0
if (chosen.length === 0 || (size !== undefined && !isCount(size)) || !isCount(rounds)) {
  const names = WORKLOADS.map(({ name }) => name).join('|')
  console.error(
    `usage: npm run bench -- [--only ${names}] [--capture] [--size N] [--rounds N]\n` +
      '                        [--json | --check | --scale]',
  )
  process.exit(2)
}

await buildPrograms()
if (values.scale) await reportScale()
else if (values.check) {
  const file = join(import.meta.dirname, 'recorded.json')
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>
  const names = chosen.map(({ name }) => name)
  if (!check(recorded, names, (text) => console.log(text))) process.exitCode = 1
} else if (values.json) printJson()
else {
  printTable()
  if (values.only === undefined && !(await runIdle())) process.exitCode = 1
}

function printJson(): void {
  const mode = values.capture ? 'capture' : 'plain'
  for (const { name, size: usual } of chosen) {
    const figures = runSimulator(name, size ?? usual, mode)
    if (figures?.ok !== true) process.exitCode = 1
    if (figures !== undefined) console.log(JSON.stringify(figures))
  }
}

function printTable(): void {
  const kinds = values.capture ? [true] : [false, true]
  const rows = chosen.flatMap((workload) =>
    kinds.map((capture) => compare(workload, size ?? workload.size, capture, rounds)),
  )
  for (const text of table(rows)) console.log(text)
  if (rows.some(({ ok }) => !ok)) process.exitCode = 1
}

async function reportScale(): Promise<void> {
  const curves = measureScale((text) => console.error(text))
  for (const text of scaleTable(curves)) console.log(text)
  writeFileSync(join(import.meta.dirname, 'scale.svg'), plot(curves))
  if (!(await runConnectionTable())) process.exitCode = 1
}
