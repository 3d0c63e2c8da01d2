// Ratios that mean something on a machine with neighbours: both programs in turn, several rounds,
// medians. Times of different runs are never compared.

import { type Figures, type Mode, runSimulator, runSkeleton } from './programs.ts'
import type { Workload } from './workloads.ts'

export interface Comparison {
  readonly name: string
  readonly capture: boolean
  readonly size: number
  /** Medians of hops a CPU second. */
  readonly simulator: number
  readonly skeleton: number
  /** Median of the rounds' ratios. */
  readonly ratio: number
  /** CPU seconds of a run at 1 % of the size. */
  readonly fixedSeconds: number
  /** Share of the CPU time that the judge takes, 0 to 1. */
  readonly judgeShare: number
  readonly ok: boolean
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN
}

/** Compares a workload with the skeleton in interleaved rounds. */
export function compare(
  { name }: Workload,
  size: number,
  capture: boolean,
  rounds: number,
): Comparison {
  const mode: Mode = capture ? 'capture' : 'plain'
  const ours: (Figures | undefined)[] = []
  const theirs: (Figures | undefined)[] = []
  const unjudged: (Figures | undefined)[] = []
  for (let round = 0; round < rounds; round++) {
    theirs.push(runSkeleton(name, size, capture))
    ours.push(runSimulator(name, size, mode))
    if (!capture) unjudged.push(runSimulator(name, size, 'unjudged'))
  }
  const small = runSimulator(name, Math.max(10, Math.round(size / 100)), mode)
  const rate = (figures: Figures | undefined): number => figures?.hopsPerCpuSecond ?? 0
  const ratios = ours.map((each, i) => rate(each) / Math.max(1, rate(theirs[i])))
  const shares = unjudged.map((each, i) => 1 - (each?.cpuSeconds ?? 0) / (ours[i]?.cpuSeconds ?? 1))
  return {
    name,
    capture,
    size,
    simulator: median(ours.map(rate)),
    skeleton: median(theirs.map(rate)),
    ratio: median(ratios),
    fixedSeconds: small?.cpuSeconds ?? Number.NaN,
    judgeShare: capture ? Number.NaN : median(shares),
    ok: [...ours, ...theirs, small].every((each) => each?.ok === true),
  }
}

const HEAD = 'workload capture   M hops/CPU s   skeleton   ratio   fixed cost   judge'

/** The lines of a table for people. */
export function table(rows: readonly Comparison[]): string[] {
  return [HEAD, ...rows.map(line)]
}

function line(row: Comparison): string {
  const million = (value: number): string => (value / 1e6).toFixed(3)
  return [
    row.name.padEnd(8),
    (row.capture ? 'on' : 'off').padEnd(7),
    million(row.simulator).padStart(14),
    million(row.skeleton).padStart(10),
    row.ratio.toFixed(2).padStart(7),
    `${row.fixedSeconds.toFixed(2)} s`.padStart(12),
    Number.isNaN(row.judgeShare) ? '' : `${Math.round(row.judgeShare * 100)} %`.padStart(7),
    row.ok ? '' : '  NOT AS IT SHOULD BE',
  ].join(' ')
}
