import { join } from 'node:path'
import { loadSheetFile } from '../../sim/cli/sheet-file.ts'
import { tsharkProblem } from '../capture/tshark.ts'
import { assert, skip, suite } from '../lib/harness.ts'
import { expertItems } from './expert.ts'
import { captureAll, captureWriter, filesOf, nameOf, SHEETS } from './sheet-captures.ts'

const ROOT = join(import.meta.dirname, '..', '..')

/** The sheet's `expert:`, by name. */
function named(sheet: string): Set<string> {
  const loaded = loadSheetFile(join(ROOT, sheet))
  if ('errors' in loaded) throw new Error(loaded.errors.map(({ problem }) => problem).join('\n'))
  return new Set(loaded.sheet.expert.map(({ item }) => item))
}

if (tsharkProblem !== undefined) skip('expert items of tshark', tsharkProblem)
else {
  const captures = captureAll(await captureWriter('expert'), SHEETS)
  suite('what tshark warns of is what sheets name', (test) => {
    for (const sheet of SHEETS) {
      test(sheet, () => {
        const octets = filesOf(captures, sheet).get(`${nameOf(sheet)}.pcapng`)!
        const found = expertItems(octets)
        const expected = named(sheet)
        const missing = [...found].filter((item) => !expected.has(item))
        const stale = [...expected].filter((item) => !found.has(item))
        assert.equal({ missing, stale }, { missing: [], stale: [] })
      })
    }
  })
}
