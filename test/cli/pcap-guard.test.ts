import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PcapWriter, readCapture } from '../../sim/capture/index.ts'
import { readPcapFile } from '../../sim/cli/pcap-guard.ts'
import { linuxPath } from '../capture/linux.ts'
import { assert, bytes, cases, sameBytes, suite } from '../lib/harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'vipwire-guard-'))

function written(octets: Uint8Array): string {
  const path = join(folder, `${readdirSync(folder).length}.pcap`)
  writeFileSync(path, octets)
  return path
}

const good = readFileSync(linuxPath('10-client-close/client-eth0'))

function poked(at: number, value: number): Uint8Array {
  const file = new Uint8Array(good)
  new DataView(file.buffer).setUint32(at, value, true)
  return file
}

cases(
  'guard: the same frames as our own reader, damage or not',
  [
    { name: 'a sound file of nanoseconds', file: new Uint8Array(good) },
    { name: 'an empty file', file: new Uint8Array(0) },
    { name: 'ten octets', file: good.subarray(0, 10) },
    { name: 'no pcap at all', file: poked(0, 0x12345678) },
    { name: 'version 99.4', file: poked(4, 0x00040063) },
    { name: 'another link type', file: poked(20, 101) },
    { name: 'bits about the FCS', file: poked(20, 0xf4000001) },
    { name: 'an absurd length', file: poked(24 + 8, 0xffffffff) },
    { name: 'a second of more than a second', file: poked(24 + 4, 1_000_000_000) },
    { name: 'a truncated record header', file: good.subarray(0, 24 + 16 + 42 + 3) },
    {
      name: 'big endian, microseconds',
      file: bytes(`a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001
        0000000a 00000007 00000002 00000002 abcd`),
    },
  ],
  async ({ file }) => {
    const ours = readCapture(new Uint8Array(file))
    const theirs = await readPcapFile(written(file))
    assert.is(theirs.problem, ours.problem)
    assert.is(theirs.records.length, ours.records.length)
    theirs.records.forEach((record, i) => {
      const other = ours.records[i]!
      sameBytes(record.bytes, other.bytes)
      assert.is(record.seconds, other.seconds)
      assert.is(record.nanoseconds, other.nanoseconds)
      assert.is(record.originalLen, other.originalLen)
    })
  },
)

suite('guard: more', (test) => {
  test('a frame cut off by the end of the file', async () => {
    const { problem, records } = await readPcapFile(written(good.subarray(0, good.length - 5)))
    assert.match(problem ?? '', /^truncated frame at offset \d+ \(frame 11\): 5 octets missing$/)
    assert.is(records.length, 10)
  })

  test('frames across the seams of many chunks', async () => {
    const chunks: Uint8Array[] = []
    const writer = new PcapWriter((chunk) => chunks.push(chunk.slice()), 1_500_000_000)
    const frame = new Uint8Array(1514)
    for (let i = 0; i < 2000; i++) writer.frame(i * 1001, frame.fill(i), 0, 60 + (i % 1400))
    writer.flush()
    const { records, problem } = await readPcapFile(written(Buffer.concat(chunks)))
    assert.is(problem, undefined)
    assert.is(records.length, 2000)
    records.forEach((record, i) => {
      assert.is(record.nanoseconds, i * 1001)
      assert.is(record.bytes.length, 60 + (i % 1400))
      assert.ok(record.bytes.every((octet) => octet === (i & 255)))
    })
  })

  test('a length that swallows the file costs no time', async () => {
    const huge = new Uint8Array(8 << 20)
    huge.set(poked(24 + 8, 0xffffffff))
    const started = performance.now()
    const { problem } = await readPcapFile(written(huge))
    assert.match(problem ?? '', /^absurd length/)
    assert.ok(performance.now() - started < 2000)
  })

  test('a file that is not there rejects', async () => {
    let code = ''
    await readPcapFile(join(folder, 'nothing.pcap')).catch((error: NodeJS.ErrnoException) => {
      code = error.code ?? ''
    })
    assert.is(code, 'ENOENT')
  })
})
