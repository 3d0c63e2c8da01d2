import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tshark, tsharkProblem } from '../capture/tshark.ts'
import { assert, sameBytes, skip, suite } from '../lib/harness.ts'
import { OTHER_NODES, otherNode } from '../lib/node-versions.ts'
import { captureAll, captureWriter, filesOf, nameOf, SHEETS } from './sheet-captures.ts'

/** What no frame of ours may be, in the words of a decoder that is not ours. */
const COMPLAINTS = [
  '_ws.malformed',
  'ip.checksum.status == "Bad"',
  'tcp.checksum.status == "Bad"',
  'udp.checksum.status == "Bad"',
  'icmp.checksum.status == "Bad"',
].join(' || ')

const ROOT = join(import.meta.dirname, '..', '..')
const others = OTHER_NODES.flatMap((version) => {
  const found = otherNode(version)
  if ('program' in found) return [{ version, program: found.program }]
  skip(`the same captures on Node ${version}`, found.missing)
  return []
})
if (tsharkProblem !== undefined) skip('captures without a complaint by tshark', tsharkProblem)

const writer = await captureWriter('captures')
const here = captureAll(writer, SHEETS)
// The other way round, so that nothing that one sheet leaves behind could help or hurt the next.
const again = captureAll(writer, [...SHEETS].reverse())
const elsewhere = others.map(({ version, program }) => ({
  version,
  captures: captureAll({ ...writer, node: program }, SHEETS),
}))

suite('captures of every sheet', (test) => {
  for (const sheet of SHEETS) {
    test(`${sheet}: the same octets twice`, () => {
      same(filesOf(here, sheet), filesOf(again, sheet))
    })
    for (const { version, captures } of elsewhere) {
      test(`${sheet}: the same octets on Node ${version}`, () => {
        same(filesOf(here, sheet), filesOf(captures, sheet))
      })
    }
  }
  if (tsharkProblem === undefined) {
    test('tshark has no complaint about any', () => {
      const sheets = SHEETS.filter((sheet) => !damages(sheet))
      if (complaints(sheets).length === 0) return
      // Which sheet it is, one by one.
      for (const sheet of sheets) assert.equal(complaints([sheet]), [], sheet)
    })

    test('tshark complains about each that damages frames', () => {
      const damaging = SHEETS.filter(damages)
      assert.ok(damaging.length > 0)
      for (const sheet of damaging) assert.is.not(complaints([sheet]).length, 0, sheet)
    })
  }
})

/** Whether a sheet lets frames slip past the check sequence with flipped bits. */
function damages(sheet: string): boolean {
  return readFileSync(join(ROOT, sheet), 'utf8').includes('corrupt-after-fcs')
}

/**
 * What tshark says about the captures of sheets, as sections of one file. The pcapng of a sheet has
 * the frames of all its interfaces, so those of the pcap files too.
 */
function complaints(sheets: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'vipwire-tshark-'))
  try {
    const path = join(folder, 'all.pcapng')
    for (const sheet of sheets) {
      const octets = filesOf(here, sheet).get(`${nameOf(sheet)}.pcapng`)
      assert.ok(octets !== undefined, `${sheet} has no pcapng`)
      appendFileSync(path, octets as Uint8Array)
    }
    return tshark(path, '-Y', COMPLAINTS)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function same(one: ReadonlyMap<string, Uint8Array>, other: ReadonlyMap<string, Uint8Array>): void {
  assert.ok(one.size > 0, 'there is nothing to compare')
  assert.equal([...other.keys()], [...one.keys()])
  for (const [name, octets] of one) {
    const there = other.get(name) as Uint8Array
    if (Buffer.compare(octets, there) !== 0) sameBytes(there, octets)
  }
}
