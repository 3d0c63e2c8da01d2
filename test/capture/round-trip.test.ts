import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  INBOUND,
  NdjsonWriter,
  OUTBOUND,
  PcapngWriter,
  PcapWriter,
  readCapture,
  sinceNs,
} from '../../sim/capture/index.ts'
import { dissect, plainFrame } from '../../sim/judge/index.ts'
import { assert, sameBytes, skip, suite } from '../lib/harness.ts'
import { linuxCapture } from './linux.ts'
import { tshark, tsharkProblem } from './tshark.ts'

const EPOCH = Date.UTC(2017, 6, 29) / 1000
const source = linuxCapture('01-inline-dnat/lb-eth0').records
const base = source[0]!.seconds

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(chunks))
}

function pcap(): Uint8Array {
  const chunks: Uint8Array[] = []
  const writer = new PcapWriter((chunk) => chunks.push(chunk.slice()), EPOCH)
  for (const r of source) writer.frame(sinceNs(r, base), r.bytes, 0, r.bytes.length)
  writer.flush()
  return joined(chunks)
}

function pcapng(): Uint8Array {
  const chunks: Uint8Array[] = []
  const writer = new PcapngWriter((chunk) => chunks.push(chunk.slice()), {
    epochSeconds: EPOCH,
    interfaces: ['lb.outside', 'lb.inside'],
    names: [{ address: new Uint8Array([207, 17, 117, 20]), names: ['client'] }],
    comment: 'Übung',
    application: 'vipwire',
  })
  source.forEach((r, i) => {
    const comment = i === 2 ? 'lb rewrote ip.dst – why not' : undefined
    const direction = i % 2 === 0 ? INBOUND : OUTBOUND
    writer.frame(sinceNs(r, base), r.bytes, 0, r.bytes.length, i % 2, direction, comment)
  })
  writer.end()
  return joined(chunks)
}

suite('capture: what is written is read again', (test) => {
  for (const [format, make] of [
    ['pcap', pcap],
    ['pcapng', pcapng],
  ] as const) {
    test(`${format} keeps octets and nanoseconds`, () => {
      const back = readCapture(make())
      assert.is(back.problem, undefined)
      assert.is(back.format, format)
      assert.is(back.records.length, source.length)
      back.records.forEach((r, i) => {
        sameBytes(r.bytes, source[i]!.bytes)
        assert.is(sinceNs(r, EPOCH), sinceNs(source[i]!, base))
      })
    })
  }

  test('pcapng keeps interfaces, directions and comments', () => {
    const back = readCapture(pcapng())
    assert.equal(back.interfaces, ['lb.outside', 'lb.inside'])
    assert.equal(back.records[2]!.comments, ['lb rewrote ip.dst – why not'])
    assert.equal(
      back.records.slice(0, 3).map((r) => [r.interfaceId, r.direction]),
      [
        [0, 1],
        [1, 2],
        [0, 1],
      ],
    )
  })

  test('many frames leave in chunks and none is lost at the seams', () => {
    const chunks: Uint8Array[] = []
    const writer = new PcapWriter((chunk) => chunks.push(chunk.slice()), EPOCH)
    const frame = new Uint8Array(1514).fill(0x5a)
    for (let i = 0; i < 3000; i++) writer.frame(i * 1_234_567, frame, 0, 1500 + (i % 15))
    writer.flush()
    assert.ok(chunks.length > 3)
    const back = readCapture(joined(chunks))
    assert.is(back.records.length, 3000)
    back.records.forEach((r, i) => {
      assert.is(sinceNs(r, EPOCH), i * 1_234_567)
      assert.is(r.bytes.length, 1500 + (i % 15))
    })
  })

  test('a frame that just fits or just does not fit the chunk', () => {
    const filler = new Uint8Array(20_000)
    for (let room = 70; room < 90; room++) {
      const chunks: Uint8Array[] = []
      const writer = new PcapWriter((chunk) => chunks.push(chunk.slice()), 0)
      let left = (1 << 16) - 24 - room
      while (left > 0) {
        const length = Math.min(left - 16, 20_000)
        writer.frame(0, filler, 0, length)
        left -= 16 + length
      }
      writer.frame(7, new Uint8Array(60).fill(room), 0, 60)
      writer.end()
      const { records, problem } = readCapture(joined(chunks))
      assert.is(problem, undefined)
      sameBytes(records[records.length - 1]!.bytes, new Uint8Array(60).fill(room))
    }
  })

  test('the longest frames and comments fit', () => {
    const chunks: Uint8Array[] = []
    const options = { epochSeconds: EPOCH, interfaces: ['a.eth0'] }
    const writer = new PcapngWriter((chunk) => chunks.push(chunk.slice()), options)
    const longest = new Uint8Array(262144).fill(9)
    for (let i = 0; i < 9; i++) {
      writer.frame(i, longest, 0, longest.length, 0, OUTBOUND, 'ü'.repeat(70_000))
    }
    writer.end()
    const { records, problem } = readCapture(joined(chunks))
    assert.is(problem, undefined)
    assert.is(records.length, 9)
    assert.is(records[8]!.bytes.length, 262144)
    assert.is(records[8]!.comments[0]?.length, 32_766)
  })

  test('ndjson: one dissection a line', () => {
    const chunks: Uint8Array[] = []
    const writer = new NdjsonWriter((chunk) => chunks.push(chunk.slice()))
    for (const r of source) writer.line(plainFrame(dissect(r.bytes, 0, r.bytes.length)))
    writer.flush()
    const lines = Buffer.from(joined(chunks)).toString().trimEnd().split('\n')
    assert.is(lines.length, source.length)
    const syn = JSON.parse(lines[2]!) as { layers: { protocol: string; fields: object }[] }
    const [, eth, ip] = syn.layers
    assert.is(Reflect.get(eth!.fields, 'eth.src'), '02:00:00:00:10:01')
    assert.is(Reflect.get(ip!.fields, 'ip.dst'), '199.237.202.124')
  })

  test('104 days of nanoseconds survive in pcapng', () => {
    const chunks: Uint8Array[] = []
    const options = { epochSeconds: EPOCH, interfaces: ['a.eth0'] }
    const writer = new PcapngWriter((chunk) => chunks.push(chunk.slice()), options)
    const times = [0, 1, 999_999_999, 1_000_000_000, 2 ** 53 - 1]
    for (const timeNs of times) writer.frame(timeNs, new Uint8Array(60), 0, 60, 0, OUTBOUND)
    writer.end()
    const records = readCapture(joined(chunks)).records
    assert.equal(
      records.map((r) => BigInt(r.seconds - EPOCH) * 1_000_000_000n + BigInt(r.nanoseconds)),
      times.map(BigInt),
    )
  })

  if (tsharkProblem !== undefined) skip('tshark reads what we write', tsharkProblem)
  else {
    test('tshark reads what we write', () => {
      const folder = mkdtempSync(join(tmpdir(), 'vipwire-capture-'))
      writeFileSync(join(folder, 'a.pcapng'), pcapng())
      writeFileSync(join(folder, 'a.pcap'), pcap())
      const fields = ['frame.time_epoch', 'frame.interface_name', 'frame.comment', 'frame.len']
      const options = ['-T', 'fields', ...fields.flatMap((field) => ['-e', field])]
      const lines = tshark(join(folder, 'a.pcapng'), ...options)
      assert.is(lines.length, source.length)
      const first = `${EPOCH}.${String(source[0]!.nanoseconds).padStart(9, '0')}`
      assert.is(lines[0], `${first}\tlb.outside\t\t42`)
      assert.ok(lines[2]!.includes('lb.outside\tlb rewrote ip.dst – why not\t74'))
      assert.is(tshark(join(folder, 'a.pcap')).length, source.length)
    })
  }
})
