// `npm run bench`: how many frames a CPU second carries over cables, in three workloads.
//   npm run bench -- [--only bulk|short|udp] [--capture] [--size N] [--json]
//   npm run bench -- --scale [--json]
// --capture writes the balancer's interfaces at full length into files; --size counts octets
// (bulk), connections (short) or datagrams (udp). Each workload runs in a process of its own.
// --scale lets the table of connections grow instead, to a million (bench/connection-table.ts).

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle } from '../build/bundle.ts'
import { WORKLOADS, type Workload } from './workloads.ts'

const ROOT = join(import.meta.dirname, '..')

interface Figures {
  readonly hops: number
  readonly cpuSeconds: number
  readonly hopsPerCpuSecond: number
  readonly peakRssBytes: number
  readonly ok: boolean
}

/** The line of JSON a workload prints, or undefined when it broke. */
function measure(
  program: string,
  { name }: Workload,
  size: number,
  capture: boolean,
): string | undefined {
  const args = [program, name, String(size), capture ? 'capture' : 'plain']
  const run = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return run.status === 0 ? run.stdout.trim().split('\n').at(-1) : undefined
}

function line({ name }: Workload, figures: Figures): string {
  const { hops } = figures
  const million = (figures.hopsPerCpuSecond / 1e6).toFixed(3).padStart(7)
  const seconds = figures.cpuSeconds.toFixed(1).padStart(6)
  const memory = Math.round(figures.peakRssBytes / 2 ** 20)
  const wrong = figures.ok ? '' : '  NOT AS IT SHOULD BE'
  const costs = `${hops} hops, ${seconds} s, ${memory} MiB`
  return `${name.padEnd(6)} ${million} M hops a CPU second  (${costs})${wrong}`
}

/** Lets the table of connections grow; the exit code. */
async function scale(json: boolean): Promise<number> {
  await bundle('bench/connection-table.ts', 'dist/bench', 'connection-table')
  const program = join(ROOT, 'dist', 'bench', 'connection-table.js')
  const run = spawnSync(process.execPath, [program], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for (const text of run.stdout.trim().split('\n')) {
    if (json) console.log(text)
    else {
      const figures = JSON.parse(text) as Readonly<Record<string, number>>
      const million = (key: string): string => ((figures[key] ?? 0) / 1e6).toFixed(2).padStart(6)
      const words = [
        `IPv${figures['family']} ${String(figures['connections']).padStart(8)} connections`,
        `${million('lookupsPerSecond')} M lookups/s`,
        `${million('insertionsPerSecond')} M insertions/s`,
        `100 of them at most ${figures['longestMs']} ms`,
        `${figures['octetsEach']} octets each`,
      ]
      console.log(words.join(', '))
    }
  }
  return run.status ?? 1
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    capture: { type: 'boolean', default: false },
    scale: { type: 'boolean', default: false },
    size: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const chosen = WORKLOADS.filter(({ name }) => values.only === undefined || values.only === name)
const size = values.size === undefined ? undefined : Number(values.size)
if (chosen.length === 0 || (size !== undefined && !(Number.isInteger(size) && size > 0))) {
  const names = WORKLOADS.map(({ name }) => name).join('|')
  console.error(
    `usage: npm run bench -- [--only ${names}] [--capture] [--size N] [--json], or --scale`,
  )
  process.exit(2)
}

if (values.scale) process.exit(await scale(values.json))

// Plain JavaScript, so that no compiling is in the figures.
await bundle('bench/workload.ts', 'dist/bench', 'workload')
const program = join(ROOT, 'dist', 'bench', 'workload.js')
for (const workload of chosen) {
  const json = measure(program, workload, size ?? workload.size, values.capture)
  if (json === undefined) process.exitCode = 1
  else {
    const figures = JSON.parse(json) as Figures
    if (!figures.ok) process.exitCode = 1
    console.log(values.json ? json : line(workload, figures))
  }
}
