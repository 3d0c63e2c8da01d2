import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { assert } from './harness.ts'

const UPDATE = process.env['UPDATE'] === '1'

/**
 * Holds a part of a page to what it is made from: the lines between `<!-- NAME -->` and
 * `<!-- /NAME -->`. With UPDATE=1 it is written anew.
 */
export function samePart(path: string, name: string, lines: readonly string[]): void {
  const begin = `<!-- ${name} -->`
  const end = `<!-- /${name} -->`
  assert.ok(existsSync(path), `there is no ${path}`)
  const page = readFileSync(path, 'utf8')
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  assert.ok(from >= 0 && to > from, `${path} has no part between ${begin} and ${end}`)
  const fresh = `\n${lines.join('\n')}\n`
  const old = page.slice(from + begin.length, to)
  if (UPDATE) writeFileSync(path, page.slice(0, from + begin.length) + fresh + page.slice(to))
  else if (old !== fresh) assert.fixture(old, fresh, `${name} is out of date: run with UPDATE=1`)
}
