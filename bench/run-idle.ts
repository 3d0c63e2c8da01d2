import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { bundle } from '../build/bundle.ts'

const ROOT = join(import.meta.dirname, '..')
/** Powers of two: tables that double are full then, and half empty one connection later. */
const COUNTS = [65_536, 131_072]

/** Prints what an idle connection costs in memory, both ends together; false when it broke. */
export async function runIdle(): Promise<boolean> {
  await bundle('bench/idle-connections.ts', 'dist/bench', 'idle-connections')
  const program = join(ROOT, 'dist', 'bench', 'idle-connections.js')
  let ok = true
  for (const count of COUNTS) {
    const args = ['--expose-gc', program, String(count - 1000)]
    const run = spawnSync(process.execPath, args, { encoding: 'utf8' })
    if (run.status !== 0) {
      console.error(run.stderr)
      return false
    }
    const figures = JSON.parse(run.stdout) as { count: number; octetsEach: number; ok: boolean }
    ok &&= figures.ok
    const each = `${String(figures.octetsEach).padStart(5)} octets`
    console.log(`idle   ${each} a connection, both ends  (${figures.count} open)`)
  }
  return ok
}
