// The pages of scenarios/ say what the sheets are about; here they are held to the sheets. After a
// new sheet: UPDATE=1 node --import tsx test/scenarios/syllabus.test.ts writes the tables anew.

import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { loadSheetFile } from '../../sim/cli/sheet-file.ts'
import type { Sheet } from '../../sim/lab/index.ts'
import { assert, suite } from '../lib/harness.ts'
import { samePart } from '../lib/page.ts'
import { CLAIMS, DUE } from './claims.ts'
import { nameOf, SHEETS } from './sheet-captures.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const README = 'scenarios/README.md'

const read = SHEETS.flatMap((path): { path: string; sheet: Sheet }[] => {
  const result = loadSheetFile(join(ROOT, path))
  return 'sheet' in result ? [{ path, sheet: result.sheet }] : []
})

/** A link on a page of `from` to a sheet. */
function link(path: string, from: string): string {
  return `[${nameOf(path)}](${relative(dirname(from), path).replaceAll('\\', '/')})`
}

function coveredBy(row: string): string[] {
  return read.filter(({ sheet }) => sheet.covers.includes(row)).map(({ path }) => path)
}

suite('the syllabus', (test) => {
  test('every sheet can be read', () => {
    const wrong = SHEETS.filter((path) => !read.some((each) => each.path === path))
    assert.equal(wrong, [])
  })

  test('names every sheet of its chapters', () => {
    const page = readFileSync(join(ROOT, README), 'utf8')
    const chapters = SHEETS.filter((path) => /^scenarios\/\d/.test(path))
    const missing = chapters.filter((path) => !page.includes(link(path, README)))
    assert.equal(missing, [])
  })

  test('names no sheet that is not there', () => {
    const page = readFileSync(join(ROOT, README), 'utf8')
    const named = [...page.matchAll(/\]\((\S+\.yaml)\)/g)].map((found) => `scenarios/${found[1]}`)
    assert.equal(
      named.filter((path) => !SHEETS.includes(path)),
      [],
    )
  })

  test('sheets cover rows that there are', () => {
    const unknown = read.flatMap(({ path, sheet }) =>
      sheet.covers.filter((row) => CLAIMS[row] === undefined).map((row) => `${path}: ${row}`),
    )
    assert.equal(unknown, [])
  })

  test('every row that is due has a sheet', () => {
    assert.equal(
      DUE.filter((row) => coveredBy(row).length === 0),
      [],
    )
  })

  test('its table of rows is fresh', () => {
    const rows = Object.entries(CLAIMS).flatMap(([row, claim]) => {
      const sheets = coveredBy(row)
      const links = sheets.map((path) => link(path, README)).join(', ')
      return sheets.length === 0 ? [] : [`| ${row} | ${claim} | ${links} |`]
    })
    samePart(join(ROOT, README), 'rows', [
      '',
      '| row | claim | sheets |',
      '|---|---|---|',
      ...rows,
      '',
    ])
  })
})
