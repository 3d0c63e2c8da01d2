import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, skip, suite } from '../lib/harness.ts'
import { OTHER_NODES, otherNode } from '../lib/node-versions.ts'
import { ROOT } from './source.ts'

const SHEETS = [
  'scenarios/2-forwarding/00-the-article.yaml',
  'scenarios/2-forwarding/03-three-visits.yaml',
]

/** The captures of some sheets, written by Node `program`: the octets by file name. */
function captures(program: string): Map<string, Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'vipwire-node-'))
  try {
    for (const sheet of SHEETS) {
      const args = ['--import', 'tsx', 'sim/cli/main.ts', 'run', sheet, '-o', folder, '--quiet']
      const run = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8' })
      assert.is(run.status, 0, `${program} ${sheet}\n${run.stdout}${run.stderr}`)
    }
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    const files = names.filter((name) => /\.pcap(ng)?$/.test(name)).sort()
    return new Map(files.map((name) => [name, readFileSync(join(folder, name))]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const programs = OTHER_NODES.flatMap((version) => {
  const found = otherNode(version)
  if ('program' in found) return [{ version, program: found.program }]
  skip(`the same captures on Node ${version}`, found.missing)
  return []
})

if (programs.length > 0) {
  suite('house: the same octets on every Node', (test) => {
    for (const { version, program } of programs) {
      test(`captures of ${version} are those of ${process.versions.node}`, () => {
        const here = captures(process.execPath)
        const there = captures(program)
        assert.ok(here.size > 0, 'no capture was written')
        assert.equal([...there.keys()], [...here.keys()])
        for (const [name, octets] of here) assert.is(octets.compare(there.get(name)!), 0, name)
      })
    }
  })
}
