import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { bundle } from '../build/bundle.ts'

const ROOT = join(import.meta.dirname, '..')

/** Lets the table of connections grow to a million and prints a line a size; whether all held. */
export async function runConnectionTable(): Promise<boolean> {
  await bundle('bench/connection-table.ts', 'dist/bench', 'connection-table')
  const program = join(ROOT, 'dist', 'bench', 'connection-table.js')
  const run = spawnSync(process.execPath, [program], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for (const text of run.stdout.split('\n').filter((each) => each !== '')) {
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
  return run.status === 0
}
