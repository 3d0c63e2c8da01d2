import { readFileSync } from 'node:fs'
import { PcapngWriter, readCapture } from '../../sim/capture/index.ts'
import { assert, bytes, cases, suite } from '../lib/harness.ts'
import { linuxPath } from './linux.ts'

const good = new Uint8Array(readFileSync(linuxPath('10-handshake/client-eth0')))

function changed(change: (file: Uint8Array, v: DataView) => void): Uint8Array {
  const file = good.slice()
  change(file, new DataView(file.buffer))
  return file
}

function pcapng(): Uint8Array {
  const chunks: Uint8Array[] = []
  const options = { epochSeconds: 0, interfaces: ['a'] }
  const writer = new PcapngWriter((chunk) => chunks.push(chunk.slice()), options)
  writer.frame(5, new Uint8Array(60), 0, 60, 0, 2)
  writer.flush()
  return new Uint8Array(Buffer.concat(chunks))
}

interface Row {
  readonly name: string
  readonly file: Uint8Array
  readonly problem: RegExp
  readonly records: number
}

const rows: Row[] = [
  { name: 'an empty file', file: new Uint8Array(0), problem: /^the file has 0 octets/, records: 0 },
  {
    name: 'ten octets',
    file: good.slice(0, 10),
    problem: /^the file has 10 octets, a pcap header alone has 24$/,
    records: 0,
  },
  {
    name: 'another magic number',
    file: changed((file) => file.fill(0xee, 0, 4)),
    problem: /^unknown magic number 0xeeeeeeee at offset 0: not a pcap file$/,
    records: 0,
  },
  {
    name: 'version 99.4',
    file: changed((_, v) => v.setUint16(4, 99, true)),
    problem: /^pcap version 99\.4 at offset 4; known: 2\.4$/,
    records: 0,
  },
  {
    name: 'another link type',
    file: changed((_, v) => v.setUint32(20, 101, true)),
    problem: /^link type 101 at offset 20; known: 1 \(Ethernet\)$/,
    records: 0,
  },
  {
    name: 'an absurd length',
    file: changed((_, v) => v.setUint32(24 + 8, 0xffffffff, true)),
    problem: /^absurd length 4294967295 at offset 24 \(frame 1\)/,
    records: 0,
  },
  {
    name: 'a truncated frame',
    file: good.slice(0, good.length - 3),
    problem: /^truncated frame at offset 566 \(frame 8\): 66 octets announced, 63 there$/,
    records: 7,
  },
  {
    name: 'a truncated record header',
    file: good.slice(0, 24 + 16 + 42 + 7),
    problem: /^truncated record header at offset 82 \(frame 2\)$/,
    records: 1,
  },
  {
    name: 'a second of more than a second',
    file: changed((_, v) => v.setUint32(24 + 4, 1_000_000_000, true)),
    problem: /^fraction of a second out of range \(1000000000\) at offset 24/,
    records: 0,
  },
  {
    name: 'pcapng: a block cut off',
    file: pcapng().slice(0, -2),
    problem: /^truncated block at offset \d+: \d+ octets announced, \d+ there$/,
    records: 0,
  },
  {
    name: 'pcapng: a block of no length',
    file: (() => {
      const file = pcapng()
      new DataView(file.buffer).setUint32(28 + 4, 0, true)
      return file
    })(),
    problem: /^absurd block length 0 at offset 28$/,
    records: 0,
  },
  {
    name: 'pcapng: an unknown interface',
    file: (() => {
      const file = pcapng()
      const packet = file.length - 32 - 60 - 12
      new DataView(file.buffer).setUint32(packet + 8, 7, true)
      return file
    })(),
    problem: /^unknown interface 7 at offset \d+ \(frame 1\)$/,
    records: 0,
  },
]

cases('capture: a damaged file is named', rows, ({ file, problem, records }) => {
  const read = readCapture(file)
  assert.match(read.problem ?? 'no problem', problem)
  assert.is(read.records.length, records)
})

suite('capture: all classic formats', (test) => {
  const frame = '0000000a 00000007 00000002 00000002 abcd'
  test('big endian, microseconds', () => {
    const file = bytes(`a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001 ${frame}`)
    const { records } = readCapture(file)
    assert.is(records[0]!.seconds, 10)
    assert.is(records[0]!.nanoseconds, 7000)
  })

  test('big endian, nanoseconds', () => {
    const file = bytes(`a1b23c4d 0002 0004 00000000 00000000 00040000 00000001 ${frame}`)
    assert.is(readCapture(file).records[0]!.nanoseconds, 7)
  })

  test('any damage of one octet is survived', () => {
    const file = pcapng()
    for (const whole of [file, good]) {
      for (let i = 0; i < whole.length; i++) {
        for (const value of [0, 1, 0x7f, 0xff]) {
          const copy = whole.slice()
          copy[i] = value
          readCapture(copy)
        }
      }
    }
  })
})
