import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCapture } from '../../sim/capture/index.ts'
import { tshark, tsharkProblem } from '../capture/tshark.ts'
import { assert, sameBytes, skip, suite } from '../lib/harness.ts'
import { OTHER_NODES, otherNode } from '../lib/node-versions.ts'
import { captureAll, captureWriter, filesOf, nameOf, SHEETS } from './sheet-captures.ts'

/** What no frame of ours may be, in the words of a decoder that is not ours. */
const BAD_CHECKSUMS = [
  ...['ip', 'icmp', 'icmpv6'].map((protocol) => `${protocol}.checksum.status == "Bad"`),
  // Of a packet that is quoted in part tshark reckons the sum of the part, also in real captures.
  ...['tcp', 'udp'].map((protocol) => `(${protocol}.checksum.status == "Bad" && !icmp && !icmpv6)`),
]
const COMPLAINTS = ['_ws.malformed', ...BAD_CHECKSUMS].join(' || ')
/** Octets of no meaning in a datagram are often taken for a protocol by its port. */
const COMPLAINTS_BUT_DATAGRAMS = ['(_ws.malformed && !udp)', ...BAD_CHECKSUMS].join(' || ')

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
      const whole = SHEETS.filter((sheet) => !damages(sheet))
      const asking = whole.filter(asksNames)
      const others = whole.filter((sheet) => !asksNames(sheet))
      const found = [...told(asking, COMPLAINTS), ...told(others, COMPLAINTS_BUT_DATAGRAMS)]
      assert.equal(found, [])
    })

    test('tshark complains about each that damages frames', () => {
      const damaging = SHEETS.filter(damages)
      assert.ok(damaging.length > 0)
      for (const sheet of damaging) assert.is.not(complaints([sheet], COMPLAINTS).length, 0, sheet)
    })
  }
})

/** Complaints about sheets, each with the name of its sheet. */
function told(sheets: readonly string[], filter: string): string[] {
  return suspects(sheets, complaints(sheets, filter)).flatMap((sheet) =>
    complaints([sheet], filter).map((line) => `${sheet}: ${line}`),
  )
}

/** Whether a sheet of a chapter has a name server, so that its datagrams have a meaning. */
function asksNames(sheet: string): boolean {
  return /^scenarios\/\d/.test(sheet) && /\bzone:/.test(textOf(sheet))
}

/** The sheets whose frames are meant, when those of all are numbered one after the other. */
function suspects(sheets: readonly string[], lines: readonly string[]): string[] {
  const numbers = lines.map((line) => Number.parseInt(line.trim(), 10))
  let before = 0
  return sheets.filter((sheet) => {
    const first = before
    before += readCapture(all(sheet)).records.length
    return numbers.some((number) => number > first && number <= before)
  })
}

/** The pcapng of a sheet: it has the frames of all interfaces, so those of the pcap files too. */
function all(sheet: string): Uint8Array {
  const octets = filesOf(here, sheet).get(`${nameOf(sheet)}.pcapng`)
  assert.ok(octets !== undefined, `${sheet} has no pcapng`)
  return octets as Uint8Array
}

const textOf = (sheet: string): string => readFileSync(join(ROOT, sheet), 'utf8')

/** Whether a sheet lets frames slip past the check sequence with flipped bits. */
function damages(sheet: string): boolean {
  return textOf(sheet).includes('corrupt-after-fcs')
}

/** What tshark says about the captures of sheets, which are sections of one file. */
function complaints(sheets: readonly string[], filter: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'vipwire-tshark-'))
  try {
    const path = join(folder, 'all.pcapng')
    for (const sheet of sheets) appendFileSync(path, all(sheet))
    return tshark(path, '-Y', filter)
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
