import { readdirSync, readFileSync } from 'node:fs'
import { sinceNs } from '../../../sim/capture/index.ts'
import {
  compare,
  EXACT,
  type ParityFile,
  type ParityFrame,
  type ParityOptions,
  type Stability,
  stabilityOf,
} from '../../../sim/lab/parity/index.ts'
import { linuxCapture } from '../../capture/linux.ts'
import { assert, cases, suite } from '../../lib/harness.ts'
import { rewritten, stampAt } from './reframe.ts'

const folder = new URL('../../../pcaps/linux/', import.meta.url).pathname
const stable: unknown = JSON.parse(readFileSync(`${folder}stable.json`, 'utf8'))
const scenarios = readdirSync(folder).filter((name) => /^\d/.test(name))

function stability(scenario: string, capture: string): Stability {
  const found = stabilityOf(stable, scenario, capture)
  if (typeof found === 'string') throw new Error(found)
  return found
}

function framesOf(name: string): ParityFrame[] {
  const { records } = linuxCapture(name)
  const epoch = records[0]?.seconds ?? 0
  return records.map((record) => ({ timeNs: sinceNs(record, epoch), bytes: record.bytes }))
}

/** All files of a scenario, each compared with itself. */
function itself(scenario: string): ParityFile[] {
  return readdirSync(folder + scenario)
    .filter((name) => name.endsWith('.pcap'))
    .map((name) => {
      const capture = name.slice(0, -5)
      const frames = framesOf(`${scenario}/${capture}`)
      return {
        name: capture,
        ours: frames,
        theirs: frames,
        stability: stability(scenario, capture),
      }
    })
}

cases(
  'parity: every capture agrees with itself',
  scenarios.map((name) => ({ name })),
  ({ name }) => {
    const result = compare(itself(name))
    assert.is(result.firstDifference, undefined)
    assert.is(result.agreed, result.frames)
    assert.ok(result.frames > 0)
  },
)

type Change = (v: DataView, octets: Uint8Array) => void

/** Our side of a scenario with every frame changed alike. */
function allChanged(scenario: string, change: Change): ParityFile[] {
  return itself(scenario).map((file) => ({
    ...file,
    ours: file.ours.map((frame) => ({ ...frame, bytes: rewritten(frame.bytes, change) })),
  }))
}

const isTcp = (v: DataView): boolean => v.getUint16(12) === 0x0800 && v.getUint8(23) === 6
const fromServer = (v: DataView): boolean => v.getUint16(34) === 80
const plus = (v: DataView, at: number, by: number): void =>
  v.setUint32(at, (v.getUint32(at) + by) >>> 0)

const byChance: { name: string; change: Change }[] = [
  {
    name: 'initial sequence numbers',
    change: (v) => {
      if (!isTcp(v)) return
      plus(v, 38, fromServer(v) ? 0xdeadbeef : 0x12345678)
      if ((v.getUint8(47) & 16) !== 0) plus(v, 42, fromServer(v) ? 0x12345678 : 0xdeadbeef)
    },
  },
  {
    name: 'time stamps',
    change: (v) => {
      const at = stampAt(v)
      if (at < 0) return
      plus(v, at, fromServer(v) ? 777 : 4_000_000_000)
      if (v.getUint32(at + 4) !== 0) plus(v, at + 4, fromServer(v) ? 4_000_000_000 : 777)
    },
  },
  {
    name: 'where IP ids begin',
    change: (v) => {
      if (isTcp(v) && v.getUint16(18) !== 0) v.setUint16(18, (v.getUint16(18) + 5000) & 0xffff)
    },
  },
  {
    name: 'a free port',
    change: (v) => {
      if (isTcp(v)) v.setUint16(fromServer(v) ? 36 : 34, 51234)
    },
  },
  {
    name: 'MACs',
    change: (v) => {
      for (const at of v.getUint16(12) === 0x0806 ? [0, 6, 22, 32] : [0, 6]) {
        if (v.getUint16(at) === 0x0200) v.setUint16(at, 0x0a00)
      }
    },
  },
]

cases('parity: what chance draws may differ', byChance, ({ change }) => {
  const files = allChanged('01-inline-dnat', change)
  const result = compare(files)
  assert.is(result.firstDifference, undefined)
  const changed = files.some((file) =>
    file.ours.some((frame, i) => !Buffer.from(frame.bytes).equals(file.theirs[i]!.bytes)),
  )
  assert.ok(changed, 'the change did nothing')
})

interface Mutation {
  readonly name: string
  readonly scenario?: string
  /** Frame of the first file to change, from 1. */
  readonly frame: number
  readonly change?: Change
  /** Instead of a change: what becomes of the list of frames. */
  readonly list?: (frames: ParityFrame[]) => ParityFrame[]
  readonly field: string
  readonly options?: ParityOptions
}

const set8 =
  (at: number, value: number): Change =>
  (v) =>
    v.setUint8(at, value)
const set16 =
  (at: number, value: number): Change =>
  (v) =>
    v.setUint16(at, value)

/** Frames of 01-inline-dnat at the client: 1-2 ARP, 3 SYN, 4 SYN+ACK, 5 ACK, 6 GET, 7 ACK, 8 answer. */
const mutations: Mutation[] = [
  { name: 'TTL', frame: 4, change: set8(22, 63), field: 'ip.ttl' },
  { name: 'DF', frame: 5, change: set16(20, 0), field: 'ip.flags' },
  { name: 'type of service', frame: 5, change: set8(15, 0xc0), field: 'ip.dsfield' },
  { name: 'source address', frame: 4, change: set8(29, 1), field: 'ip.src' },
  { name: 'server port', frame: 4, change: set16(34, 8080), field: 'tcp.srcport' },
  {
    name: 'client port changes on the way',
    frame: 6,
    change: set16(34, 40001),
    field: 'tcp.srcport',
  },
  { name: 'window', frame: 5, change: set16(48, 501), field: 'tcp.window_size_value' },
  { name: 'PSH missing', frame: 6, change: set8(47, 16), field: 'tcp.flags' },
  { name: 'sequence number', frame: 6, change: (v) => plus(v, 38, 1), field: 'tcp.seq' },
  { name: 'acknowledged too little', frame: 7, change: (v) => plus(v, 42, -1), field: 'tcp.ack' },
  { name: 'MSS', frame: 3, change: set16(56, 1459), field: 'tcp.options.mss_val' },
  { name: 'window scale', frame: 3, change: set8(73, 8), field: 'tcp.options.wscale.shift' },
  {
    name: 'options in another order',
    frame: 5,
    change: (_, octets) => octets.set([8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1], 54),
    field: 'tcp.options',
  },
  {
    name: 'a time stamp echoed that nobody sent',
    frame: 7,
    change: (v) => plus(v, stampAt(v) + 4, 999),
    field: 'tcp.options.timestamp.tsecr',
  },
  {
    name: 'an older time stamp echoed',
    frame: 9,
    change: (v) => plus(v, stampAt(v) + 4, -3),
    field: 'tcp.options.timestamp.tsecr',
  },
  { name: 'IP id of the SYN+ACK', frame: 4, change: set16(18, 7), field: 'ip.id' },
  {
    name: 'an IP id left out',
    frame: 9,
    change: (v) => v.setUint16(18, v.getUint16(18) + 1),
    field: 'ip.id',
  },
  { name: 'one octet of the request', frame: 6, change: set8(70, 0x58), field: 'payload' },
  { name: 'ARP asks for another', frame: 1, change: set8(41, 2), field: 'arp.dst.proto_ipv4' },
  { name: 'ARP answered by another MAC', frame: 2, change: set8(27, 9), field: 'arp.src.hw_mac' },
  {
    name: 'a frame to another MAC',
    frame: 5,
    change: set8(5, 9),
    field: 'eth.dst',
  },
  {
    name: 'a fixed MAC',
    frame: 3,
    change: set8(5, 9),
    field: 'eth.dst',
    options: { fixedMacs: new Set([0x020000001000]) },
  },
  {
    name: 'a fixed port',
    frame: 3,
    change: set16(34, 40001),
    field: 'tcp.srcport',
    options: { fixedPorts: new Set([40000]) },
  },
  {
    name: 'a wrong checksum',
    frame: 5,
    list: (frames) => {
      const octets = frames[4]!.bytes.slice()
      octets[51]! ^= 1
      return frames.with(4, { ...frames[4]!, bytes: octets })
    },
    field: 'tcp.checksum.status',
  },
  {
    name: 'a frame too few',
    frame: 12,
    list: (frames) => frames.slice(0, -1),
    field: 'missing frame',
  },
  {
    name: 'a frame too many',
    frame: 13,
    list: (frames) => [...frames, frames[frames.length - 1]!],
    field: 'extra frame',
  },
  {
    name: 'two frames exchanged that are far apart',
    scenario: '10-server-close',
    frame: 9,
    list: (frames) => {
      const [a, b] = [frames[7]!, frames[8]!]
      return frames.with(7, { ...b, timeNs: a.timeNs - 400_000 }).with(8, a)
    },
    field: 'order',
  },
  {
    name: 'the address that an ICMP error quotes',
    scenario: '08a-icmp-port-unreachable',
    frame: 4,
    change: set8(61, 1),
    field: 'quoted ip.dst',
  },
  {
    name: 'ICMP code',
    scenario: '08a-icmp-port-unreachable',
    frame: 4,
    change: set8(35, 1),
    field: 'icmp.code',
  },
]

cases('parity: a mutation is found', mutations, (row) => {
  const scenario = row.scenario ?? '01-inline-dnat'
  const name = `${scenario}/client-eth0`
  const theirs = framesOf(name)
  let ours = theirs
  if (row.list !== undefined) ours = row.list(theirs)
  else {
    const frame = theirs[row.frame - 1]!
    ours = theirs.with(row.frame - 1, { ...frame, bytes: rewritten(frame.bytes, row.change!) })
  }
  const result = compare([{ name, ours, theirs, stability: EXACT }], row.options)
  const found = result.firstDifference
  assert.ok(found !== undefined, 'it was not found')
  assert.is(found?.field, row.field)
  assert.is(found?.frame, row.frame)
  assert.ok(result.agreed < result.frames)
})

suite('parity: order', (test) => {
  test('frames of opposite directions 50 us apart may stand either way', () => {
    const theirs = framesOf('01-inline-dnat/client-eth0')
    const a = theirs[7]!
    const b = theirs[8]!
    assert.ok(b.timeNs - a.timeNs < 50_000)
    const ours = theirs.with(7, { ...b, timeNs: a.timeNs - 5_000 }).with(8, a)
    const result = compare([{ name: 'x', ours, theirs, stability: EXACT }])
    assert.is(result.firstDifference, undefined)
  })
})

suite('parity: structure holds between files', (test) => {
  test('another initial number on the other side of the balancer', () => {
    const files = itself('01-inline-dnat')
    const last = files.findIndex((file) => file.name === 's1-eth0')
    const moved = files[last]!.ours.map((frame) => ({
      ...frame,
      bytes: rewritten(frame.bytes, (v) => {
        if (!isTcp(v)) return
        plus(v, 38, fromServer(v) ? 0 : 77)
        if (fromServer(v)) plus(v, 42, 77)
      }),
    }))
    const result = compare(files.with(last, { ...files[last]!, ours: moved }))
    assert.is(result.firstDifference?.file, 's1-eth0')
    assert.is(result.firstDifference?.field, 'tcp.seq (initial)')
  })
})

suite('parity: projected', (test) => {
  const name = '10-handshake/client-eth0'
  const theirs = framesOf(name)

  function run(ours: ParityFrame[], items: string[]): ReturnType<typeof compare> {
    return compare([{ name, ours, theirs, stability: { cls: 'projected', items } }])
  }

  test('the ACK of a FIN without data may come alone', () => {
    const fin = theirs[5]!
    const lone = rewritten(theirs[6]!.bytes, (v) => v.setUint8(47, 16))
    const ours = [
      ...theirs.slice(0, 6),
      { timeNs: fin.timeNs + 100_000, bytes: lone },
      ...theirs.slice(6),
    ]
    assert.is(run(ours, ['all but the FIN race']).firstDifference, undefined)
    const exact = compare([{ name, ours, theirs, stability: EXACT }])
    assert.ok(exact.firstDifference !== undefined)
  })

  test('what an item does not name is not compared, what it names is', () => {
    const ours = theirs.map((frame, i) =>
      i === 4 ? { ...frame, bytes: rewritten(frame.bytes, (v) => v.setUint16(48, 400)) } : frame,
    )
    assert.is(run(ours, ['SYN FIN RST', 'SYN options', 'first window']).agreed, theirs.length)
    const fewer = theirs.filter((_, i) => i !== 6)
    const result = run(fewer, ['SYN FIN RST'])
    assert.is(result.agreed, 0)
    assert.match(result.firstDifference?.field ?? '', /^SYN FIN RST, 172\.16\.20\.1:80>/)
  })

  test('data segments, by first transmission', () => {
    const upload = '08d-icmp-fragneeded-upload/client-eth0'
    const all = framesOf(upload)
    const items = ['data segments', 'retransmitted', 'payload bytes', 'SYN FIN RST']
    const cut = all.filter((frame) => frame.bytes.length < 1500)
    const files = [
      { name: upload, ours: cut, theirs: all, stability: { cls: 'projected', items } as const },
    ]
    assert.match(compare(files).firstDifference?.field ?? '', /^data segments, /)
  })
})
