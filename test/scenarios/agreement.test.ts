// scenarios/linux/README.md says how far each lab agrees with the kernel; here it is measured.
// After a new sheet: UPDATE=1 node --import tsx test/scenarios/agreement.test.ts writes it anew.

import { readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { compareSheet } from '../../sim/cli/commands/parity.ts'
import { Interruption } from '../../sim/cli/drive.ts'
import { loadSheetFile } from '../../sim/cli/sheet-file.ts'
import type { Sheet } from '../../sim/lab/index.ts'
import type { ParityFileResult, ParityResult } from '../../sim/lab/parity/index.ts'
import { assert, suite } from '../lib/harness.ts'
import { samePart } from '../lib/page.ts'
import { nameOf, SHEETS } from './sheet-captures.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const README = 'scenarios/linux/README.md'

interface Lab {
  readonly path: string
  readonly sheet: Sheet
  readonly result: ParityResult
}

async function measure(): Promise<Lab[]> {
  const interruption = new Interruption()
  const labs: Lab[] = []
  for (const path of SHEETS) {
    const loaded = loadSheetFile(join(ROOT, path))
    if (!('sheet' in loaded) || loaded.sheet.parity === undefined) continue
    const result = await compareSheet(loaded.sheet, {}, interruption)
    if (result !== undefined) labs.push({ path, sheet: loaded.sheet, result })
  }
  interruption.end()
  return labs
}

/** `5 exact`, `2 projected`, or both. */
function classes(files: readonly ParityFileResult[]): string {
  const counts = (['exact', 'projected'] as const).map((cls) => {
    const count = files.filter((file) => file.cls === cls).length
    return count === 0 ? [] : [`${count} ${cls}`]
  })
  return counts.flat().join(', ')
}

function row({ path, sheet, result }: Lab): string {
  const link = `[${nameOf(path)}](${relative(dirname(README), path).replaceAll('\\', '/')})`
  const what = sheet.title.replace(/^As Linux does it: /, '')
  const agreed = `${result.agreed} of ${result.frames}`
  return `| ${link} | ${what} | ${classes(result.files)} | ${agreed} |`
}

const labs = await measure()

suite('agreement with real machines', (test) => {
  for (const { path, result } of labs) {
    test(`${nameOf(path)} agrees in every frame that is compared`, () => {
      assert.equal(result.firstDifference, undefined)
      assert.is(result.agreed, result.frames)
      assert.ok(result.frames > 0, 'nothing was compared')
    })
  }

  test('the table of labs is fresh', () => {
    const sum = (of: (lab: Lab) => number): number => labs.reduce((n, lab) => n + of(lab), 0)
    const agreed = sum(({ result }) => result.agreed)
    const frames = sum(({ result }) => result.frames)
    const head = ['| lab | what happens | interfaces | frames |', '|---|---|---|---|']
    const last = `All in all ${agreed} of ${frames} frames of ${labs.length} labs.`
    samePart(join(ROOT, README), 'labs', ['', ...head, ...labs.map(row), '', last, ''])
  })

  test('every folder of captures is compared with or has a test that uses it', () => {
    const compared = labs.map(({ sheet }) => sheet.parity!.against.split('/').pop())
    const folders = readdirSync(join(ROOT, 'pcaps/linux'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
    samePart(join(ROOT, README), 'others', [
      folders
        .filter((name) => !compared.includes(name))
        .map((name) => `\`${name}\``)
        .join(', ') || 'none',
    ])
  })
})
