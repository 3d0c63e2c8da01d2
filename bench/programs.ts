// The programs that are timed, as plain JavaScript, so that no compiling is in the figures.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { bundle } from '../build/bundle.ts'

const ROOT = join(import.meta.dirname, '..')
const FOLDER = join(ROOT, 'dist', 'bench')
const SKELETON = ['skeleton', 'skeleton-agenda', 'skeleton-capture', 'skeleton-flows']

/** `plain`, with captures of the balancer's interfaces, or without a judge. */
export type Mode = 'plain' | 'capture' | 'unjudged'

/** What a run has to say of itself. */
export interface Figures {
  readonly name: string
  readonly capture: boolean
  readonly size: number
  readonly hops: number
  readonly delivered: number
  readonly cpuSeconds: number
  readonly hopsPerCpuSecond: number
  readonly peakRssBytes: number
  readonly ok: boolean
}

/** Builds the simulator with its workloads as one file, and the skeleton as it is. */
export async function buildPrograms(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true })
  await bundle('bench/workload.ts', 'dist/bench', 'workload')
  await bundle('bench/scale-run.ts', 'dist/bench', 'scale-run')
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: SKELETON.map((name) => `bench/${name}.ts`),
    outdir: FOLDER,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    write: false,
  })
  for (const { path, text } of outputFiles)
    writeFileSync(path, text.replaceAll(".ts';", ".js';").replaceAll('.ts";', '.js";'))
}

/** Runs a workload in a process of its own; undefined when it broke. */
export function runSimulator(name: string, size: number, mode: Mode): Figures | undefined {
  return run('workload.js', [name, String(size), mode])
}

/** The same work done by the skeleton. */
export function runSkeleton(name: string, size: number, capture: boolean): Figures | undefined {
  if (!capture) return run('skeleton.js', [name, String(size)])
  const folder = mkdtempSync(join(tmpdir(), 'vipwire-skeleton-'))
  try {
    return run('skeleton.js', [name, String(size), 'capture', folder])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function run(program: string, args: readonly string[]): Figures | undefined {
  const { status, stdout } = spawnSync(process.execPath, [join(FOLDER, program), ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) return undefined
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Figures
}
