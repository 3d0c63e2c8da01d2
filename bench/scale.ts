// Cost against size: each size of each growth is a process of its own. What machines cost to build
// is in the figures, so curves may fall with size.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GROWTHS } from './scale-sheets.ts'

export interface Point {
  readonly size: number
  /** CPU microseconds for each unit of work. */
  readonly us: number
  readonly peakRssBytes: number
}

export interface Curve {
  readonly name: string
  readonly unit: string
  readonly points: readonly Point[]
  /** Exponent b of the least-squares fit: cost of a unit of work = a x size^b. */
  readonly exponent: number
}

const PROGRAM = join(import.meta.dirname, '..', 'dist', 'bench', 'scale-run.js')
const REPETITIONS = 2

/** Measures all growths; says what it is at. */
export function measureScale(say: (text: string) => void): Curve[] {
  const folder = mkdtempSync(join(tmpdir(), 'vipwire-scale-'))
  try {
    return GROWTHS.map(({ name, unit, sizes, sheet, work }) => {
      say(`${name} ...`)
      const points = sizes.map((size): Point => {
        const file = join(folder, 'sheet.yaml')
        writeFileSync(file, sheet(size))
        const runs = Array.from({ length: REPETITIONS }, () => measure(file))
        const best = runs.reduce((one, other) => (other.cpuSeconds < one.cpuSeconds ? other : one))
        const us = (best.cpuSeconds * 1e6) / work(size)
        return { size, us, peakRssBytes: best.peakRssBytes }
      })
      return { name, unit, points, exponent: exponentOf(points) }
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function measure(file: string): { cpuSeconds: number; peakRssBytes: number } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, file], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`a sheet of the scale broke: ${stderr || stdout}`)
  return JSON.parse(stdout) as { cpuSeconds: number; peakRssBytes: number }
}

/** Slope of the line through the logarithms of size and cost. */
export function exponentOf(points: readonly Pick<Point, 'size' | 'us'>[]): number {
  const xs = points.map(({ size }) => Math.log(size))
  const ys = points.map(({ us }) => Math.log(us))
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  const [x, y] = [mean(xs), mean(ys)]
  const over = xs.reduce((sum, each, i) => sum + (each - x) * (ys[i]! - y), 0)
  return over / xs.reduce((sum, each) => sum + (each - x) * (each - x), 0)
}
