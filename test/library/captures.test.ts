import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { play } from '../../sim/index.ts'
import { assert, sameBytes, suite } from '../lib/harness.ts'
import { nameOf, SHEETS } from '../scenarios/sheet-captures.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const text = (sheet: string): string => readFileSync(join(ROOT, sheet), 'utf8')
const goldenOf = (sheet: string): string => join(ROOT, 'pcaps', 'golden', `${nameOf(sheet)}.pcapng`)

const VISIT = 'scenarios/2-forwarding/01-inline-dnat.yaml'
const lab = play(text(VISIT), { file: VISIT })

suite('captures from the library', (test) => {
  const golden = SHEETS.filter((sheet) => /^scenarios\/[12]-/.test(sheet)).filter((sheet) =>
    existsSync(goldenOf(sheet)),
  )
  test('are those that the command line writes', () => {
    assert.ok(golden.length > 5)
    for (const sheet of golden.slice(0, 8)) {
      const all = play(text(sheet), { file: sheet }).captures().get('all.pcapng')
      sameBytes(all ?? new Uint8Array(), readFileSync(goldenOf(sheet)))
    }
  })
})

suite('frames from the library', (test) => {
  const frames = lab.frames()
  test('are numbered from 1 in the order of time', () => {
    assert.equal(
      frames.map(({ number }) => number),
      frames.map((_, i) => i + 1),
    )
    for (let i = 1; i < frames.length; i++) {
      assert.ok(frames[i - 1]!.timeNs <= frames[i]!.timeNs)
    }
  })
  test('a filter chooses among them and leaves them their numbers', () => {
    const syns = lab.frames('tcp.flags.syn == 1 && tcp.flags.ack == 0')
    assert.ok(syns.length > 2)
    for (const syn of syns) assert.equal(syn.octets, frames[syn.number - 1]!.octets)
    const expected = frames.filter(({ text: line }) => line.startsWith('S '))
    assert.equal(
      syns.map(({ number }) => number),
      expected.map(({ number }) => number),
    )
  })
  test('relative numbers count from the beginning of each connection', () => {
    const [first] = lab.frames('tcp.seq == 1 && tcp.len > 0 && tcp.dstport == 80')
    assert.is(first?.place, 'client.eth0')
    assert.match(first?.text ?? '', / seq 1 .*GET /)
  })
  test('decode to named fields', () => {
    const [syn] = lab.frames('tcp.flags.syn == 1')
    const layers = syn?.decode().layers ?? []
    assert.equal(
      layers.map(({ protocol }) => protocol),
      ['frame', 'eth', 'ip', 'tcp'],
    )
    assert.is(layers[2]?.fields['ip.dst'], '199.237.202.124')
  })
  test('a filter that cannot be read is a RangeError with the column', () => {
    assert.throws(() => lab.frames('tcp.flagz == 1'), /filter tcp\.flagz == 1, column 1: .+/)
  })
})

suite('pictures from the library', (test) => {
  test('a ladder has the asked width and signs', () => {
    const lines = lab.ladder({ width: 100, ascii: true }).split('\n')
    for (const line of lines) assert.match(line, /^[ -~]{0,100}$/)
    assert.ok(lines.length > 20)
  })
  test('a journey of a number that no frame has is a RangeError with the range', () => {
    assert.is(lab.why(1).frame, 1)
    assert.throws(() => lab.why(100_000), /its frames are 1 to \d+$/)
  })
})
