import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { namedDrawings } from '../../build/named-drawings.ts'
import { assert, suite } from '../lib/harness.ts'
import { lineOf, none, projectFiles, ROOT, type Breach } from './source.ts'

interface Manifest {
  readonly engines: { readonly node: string }
  readonly bin: Readonly<Record<string, string>>
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const manifest = JSON.parse(read('package.json')) as Manifest
const locked = JSON.parse(read('package-lock.json')) as { packages: Record<string, Manifest> }

const IS_TEXT = /\.(?:ts|js|json|md|yaml|yml|txt|svg|html)$|^\.ci\/|(?:^|\/)[A-Z]+$/
/**
 * Places and tools of one author's machine, which mean nothing to a reader. Written in pieces, so
 * that this file does not name them.
 */
const ELSEWHERE = new RegExp(
  [
    ['/wo', 'rk/'],
    ['sha', 'red/(?:design|sheet|style|semantics|reference|bench|dependencies)'],
    ['/tmp/', 'brief'],
    ['/ho', 'me/\\w'],
    ['iss', 'ues show'],
  ]
    .map((parts) => parts.join(''))
    .join('|'),
  'g',
)

/** Lines of a text that name something outside the project. */
function elsewhere(path: string, text: string): Breach[] {
  return [...text.matchAll(ELSEWHERE)].map((found) => ({
    path,
    line: lineOf(text, found.index),
    sentence: `${found[0]} is on somebody's machine`,
  }))
}

suite('house: the project as a whole', (test) => {
  test('no text names places outside the project', () => {
    const texts = projectFiles().filter((path) => IS_TEXT.test(path))
    assert.ok(texts.length > 100, `only ${texts.length} texts`)
    none(texts.flatMap((path) => elsewhere(path, read(path))))
  })

  test('a place outside is found', () => {
    const text = `one\nsee ${['/wo', 'rk/main'].join('')}\n`
    assert.equal(
      elsewhere('a.md', text).map((each) => each.line),
      [2],
    )
  })

  test('every package is pinned exactly and locked as pinned', () => {
    const root = locked.packages[''] as Manifest
    for (const part of ['dependencies', 'devDependencies', 'optionalDependencies'] as const) {
      assert.equal(root[part], manifest[part])
      for (const [name, version] of Object.entries(manifest[part])) {
        assert.match(version, /^\d+\.\d+\.\d+$/, `${name} is not pinned`)
        const lockedVersion = (
          locked.packages[`node_modules/${name}`] as unknown as { version: string }
        ).version
        assert.is(lockedVersion, version)
      }
    }
  })

  test('the drawings in topology/named.ts are those beside it: npm run build', () => {
    assert.fixture(read('topology/named.ts'), namedDrawings(join(ROOT, 'topology')))
  })

  test('the commands the README shows exist', () => {
    const asked = [...read('README.md').matchAll(/\bnpm (?:run )?(start|test|\w+)\b/g)]
    const scripts = asked.map((found) => found[1] as string).filter((name) => name !== 'ci')
    assert.ok(scripts.length >= 2)
    for (const script of scripts) assert.ok(script in manifest.scripts, `no script ${script}`)
  })

  test('files that are linked or named exist', () => {
    for (const page of projectFiles().filter((path) => /^[A-Z]+\.md$|\/README\.md$/.test(path))) {
      const folder = join(ROOT, page, '..')
      for (const [, target] of read(page).matchAll(/\]\((?!https?:)([^)#\s]+)[^)]*\)/g)) {
        assert.ok(existsSync(join(folder, target as string)), `${page} links to ${target}`)
      }
    }
    assert.ok(existsSync(join(ROOT, manifest.bin['vipwire'] as string)))
  })
})
