import { assert, cases, skip, suite } from '../lib/harness.ts'
import {
  importRing,
  importsOf,
  layerBreaches,
  layerOf,
  MAY_IMPORT,
  orphans,
  ring,
} from './layers.ts'
import { ORPHANS_ALLOWED } from './orphans.ts'
import { none, projectSources, source } from './source.ts'

const house = projectSources().filter((file) => layerOf(file.path) !== undefined)
const ENTRIES = ['sim/index.ts', 'sim/cli/main.ts']

suite('house: who imports whom', (test) => {
  test('the check sees the house', () => {
    assert.ok(house.length > 50, `only ${house.length} files`)
    const seen = house.reduce((sum, file) => sum + importsOf(file).length, 0)
    assert.ok(seen > 150, `only ${seen} imports`)
  })

  test('every folder is in the table', () => {
    const layers = new Set(house.map((file) => layerOf(file.path) as string))
    const unknown = [...layers].filter((layer) => !['cli', 'index.ts'].includes(layer))
    assert.equal(
      unknown.filter((layer) => !(layer in MAY_IMPORT)),
      [],
    )
  })

  test('no file imports what its folder may not', () => {
    const breaches = house.flatMap(layerBreaches)
    none(breaches)
  })

  test('the table has no ring', () => {
    assert.is(ring(new Map(Object.entries(MAY_IMPORT).map(withoutItself))), undefined)
  })

  test('no files import each other by value', () => {
    assert.is(importRing(house)?.join(' > '), undefined)
  })

  if (ENTRIES.every((entry) => house.some((file) => file.path === entry))) {
    test('every file is reached from the door or the command line', () => {
      const found = orphans(house, ENTRIES)
      assert.equal(
        found.filter((path) => !ORPHANS_ALLOWED.includes(path)),
        [],
      )
    })

    test('no file is excused that has been reached or removed', () => {
      const found = orphans(house, ENTRIES)
      assert.equal(
        ORPHANS_ALLOWED.filter((path) => !found.includes(path)),
        [],
      )
    })
  } else skip('orphan files', `there is no ${ENTRIES.join(' or no ')}`)
})

function withoutItself([layer, others]: [string, readonly string[]]): [string, string[]] {
  return [layer, others.filter((other) => other !== layer)]
}

cases(
  'house: an import that is a breach',
  [
    { name: 'by value', path: 'sim/wire/udp.ts', text: "import { x } from '../host/udp.ts'" },
    { name: 'by type', path: 'sim/nat/flow.ts', text: "import type { X } from '../host/host.ts'" },
    {
      name: 'of everything',
      path: 'sim/judge/ip.ts',
      text: "import * as ip from '../wire/ipv4.ts'",
    },
    { name: 'over lines', path: 'sim/link/a.ts', text: "import {\n  x,\n} from '../nat/x.ts'" },
    { name: 'handed on', path: 'sim/app/web.ts', text: "export { x } from '../lab/index.ts'" },
    { name: 'while running', path: 'sim/show/a.ts', text: "const a = await import('../lab/x.ts')" },
    { name: 'for its effects', path: 'sim/trace/a.ts', text: "import '../host/host.ts'" },
    { name: 'of Node', path: 'sim/lab/a.ts', text: "import { readFileSync } from 'node:fs'" },
    { name: 'of a package', path: 'sim/show/a.ts', text: "import chalk from 'chalk'" },
    { name: 'of the command line', path: 'sim/lab/a.ts', text: "import '../cli/main.ts'" },
    { name: 'of a neighbour', path: 'sim/app/a.ts', text: "import '../balancer/proxy/a.ts'" },
    { name: 'of a whole folder', path: 'sim/filter/a.ts', text: "import '../wire/ipv4.ts'" },
    { name: 'from the drawing', path: 'topology/a.ts', text: "import '../sim/wire/ipv4.ts'" },
    { name: 'of a test', path: 'sim/lab/a.ts', text: "import '../../test/lib/harness.ts'" },
  ],
  ({ path, text }) => {
    assert.is(layerBreaches(source(path, text)).length, 1)
  },
)

cases(
  'house: an import that is none',
  [
    { name: 'in a remark', path: 'sim/wire/udp.ts', text: "// import { x } from '../host/udp.ts'" },
    { name: 'as listed', path: 'sim/host/udp.ts', text: "import * as udp from '../wire/udp.ts'" },
    { name: 'of one file', path: 'sim/filter/a.ts', text: "import '../wire/address.ts'" },
    { name: 'of a listed package', path: 'sim/lab/sheet/a.ts', text: "import { z } from 'zod'" },
    { name: 'in its folder', path: 'sim/host/tcp/a.ts', text: "import '../udp.ts'" },
  ],
  ({ path, text }) => {
    assert.equal(layerBreaches(source(path, text)), [])
  },
)

suite('house: rings and orphans are found', (test) => {
  test('a ring over three files', () => {
    const files = ['a', 'b', 'c'].map((name, at) =>
      source(`sim/wire/${name}.ts`, `import { x } from './${'bca'[at]}.ts'`),
    )
    assert.is(importRing(files)?.length, 4)
  })

  test('types may point both ways', () => {
    const files = [
      source('sim/wire/a.ts', "import { x } from './b.ts'"),
      source('sim/wire/b.ts', "import type { X } from './a.ts'"),
    ]
    assert.is(importRing(files), undefined)
  })

  test('a file nobody imports', () => {
    const files = [
      source('sim/index.ts', "export { a } from './wire/a.ts'"),
      source('sim/wire/a.ts', ''),
      source('sim/wire/b.ts', ''),
    ]
    assert.equal(orphans(files, ['sim/index.ts']), ['sim/wire/b.ts'])
  })
})
