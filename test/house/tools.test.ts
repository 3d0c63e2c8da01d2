import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { cases } from '../lib/harness.ts'
import { ROOT } from './source.ts'

cases(
  'house: the tools have no complaint',
  [
    { name: 'types of everything', tool: ['typescript/bin/tsc', '-p', 'tsconfig.json'] },
    {
      name: 'types of the core, which knows no Node',
      tool: ['typescript/bin/tsc', '-p', 'tsconfig.core.json'],
    },
    {
      name: 'lint and format',
      tool: ['@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
    },
  ],
  ({ tool: [program = '', ...args] }) => {
    const path = join('node_modules', program)
    const run = spawnSync(process.execPath, [path, ...args], { cwd: ROOT, encoding: 'utf8' })
    if (run.status === 0) return
    const error = new Error(`${run.stdout}${run.stderr}`)
    error.stack = error.name
    throw error
  },
)
