// Plays sheets one after the other and writes their captures: FOLDER, then the sheets. Those of the
// nth sheet go to FOLDER/n; what went wrong goes to FOLDER/n/problem.txt, and the next one
// is played.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../sim/cli/commands/run.ts'

const [folder = '', ...sheets] = process.argv.slice(2)
for (const [i, sheet] of sheets.entries()) {
  const output = join(folder, String(i))
  mkdirSync(output, { recursive: true })
  try {
    await run(sheet, { output, quiet: true })
  } catch (error) {
    writeFileSync(join(output, 'problem.txt'), (error as Error).message)
  }
}
