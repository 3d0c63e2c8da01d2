import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tshark, tsharkProblem } from '../capture/tshark.ts'
import { assert, sameBytes, skip, suite } from '../lib/harness.ts'
import { OTHER_NODES, otherNode } from '../lib/node-versions.ts'
import { captures, commandLine, nameOf, SHEETS } from './sheet-captures.ts'

/** What no frame of ours may be, in the words of a decoder that is not ours. */
const COMPLAINTS = [
  '_ws.malformed',
  'ip.checksum.status == "Bad"',
  'tcp.checksum.status == "Bad"',
  'udp.checksum.status == "Bad"',
  'icmp.checksum.status == "Bad"',
].join(' || ')

const others = OTHER_NODES.flatMap((version) => {
  const found = otherNode(version)
  if ('program' in found) return [{ version, program: found.program }]
  skip(`the same captures on Node ${version}`, found.missing)
  return []
})
if (tsharkProblem !== undefined) skip('captures without a complaint by tshark', tsharkProblem)

const ours = await commandLine('captures')

suite('captures of every sheet', (test) => {
  for (const sheet of SHEETS) {
    const here = new Map<string, Uint8Array>()
    test(`${sheet}: the same octets twice`, () => {
      for (const [name, octets] of captures(ours, sheet)) here.set(name, octets)
      same(here, captures(ours, sheet))
    })
    for (const { version, program } of others) {
      test(`${sheet}: the same octets on Node ${version}`, () =>
        same(here, captures({ ...ours, node: program }, sheet)))
    }
    if (tsharkProblem === undefined) {
      test(`${sheet}: tshark has no complaint`, () => {
        // The pcapng has the frames of all interfaces, so those of the pcap files too.
        const octets = here.get(`${nameOf(sheet)}.pcapng`)
        assert.ok(octets !== undefined, 'there is no pcapng')
        assert.equal(complaints(octets as Uint8Array), [])
      })
    }
  }
})

function complaints(octets: Uint8Array): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'vipwire-tshark-'))
  try {
    const path = join(folder, 'all.pcapng')
    writeFileSync(path, octets)
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
