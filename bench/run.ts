// `npm run bench`: how many frames a CPU second carries over cables, in three workloads.
//   npm run bench -- [--only bulk|short|udp] [--capture] [--size N] [--json]
// --capture writes the balancer's interfaces at full length into files; --size counts octets
// (bulk), connections (short) or datagrams (udp). Each workload runs in a process of its own.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle } from '../build/bundle.ts'
import { runIdle } from './run-idle.ts'
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

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    capture: { type: 'boolean', default: false },
    size: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const chosen = WORKLOADS.filter(({ name }) => values.only === undefined || values.only === name)
const size = values.size === undefined ? undefined : Number(values.size)
if (chosen.length === 0 || (size !== undefined && !(Number.isInteger(size) && size > 0))) {
  const names = WORKLOADS.map(({ name }) => name).join('|')
  console.error(`usage: npm run bench -- [--only ${names}] [--capture] [--size N] [--json]`)
  process.exit(2)
}

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
if (values.only === undefined && !values.json && !(await runIdle())) process.exitCode = 1
