import {
  compare,
  EXACT,
  type ParityFrame,
  type ParityOptions,
} from '../../../sim/lab/parity/index.ts'
import { assert, cases, suite } from '../../lib/harness.ts'
import { framesOf, replaced } from './recordings.ts'
import { type Change, plus, rewritten, stampAt } from './reframe.ts'

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

/**
 * Frames of 01-inline-dnat at the client: 1-2 ARP, 3 SYN, 4 SYN+ACK, 5 ACK, 6 GET, 7 ACK, 8
 * answer.
 */
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
      return replaced(frames, 4, { ...frames[4]!, bytes: octets })
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
      return replaced(replaced(frames, 7, { ...b, timeNs: a.timeNs - 400_000 }), 8, a)
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
    ours = replaced(theirs, row.frame - 1, {
      ...frame,
      bytes: rewritten(frame.bytes, row.change!),
    })
  }
  const result = compare([{ name, ours, theirs, stability: EXACT }], row.options)
  const found = result.firstDifference
  assert.ok(found !== undefined, 'it was not found')
  assert.is(found?.field, row.field)
  assert.is(found?.frame, row.frame)
  assert.ok(result.agreed < result.frames)
})

suite('parity: damaged files', (test) => {
  test('octets changed anywhere are a difference, never an exception', () => {
    const name = '08a-icmp-port-unreachable/client-eth0'
    const theirs = framesOf(name)
    for (let i = 0; i < theirs.length; i++) {
      const { bytes } = theirs[i]!
      for (let at = 0; at < bytes.length; at++) {
        const copy = bytes.slice()
        copy[at]! ^= 0xff
        const ours = replaced(theirs, i, { ...theirs[i]!, bytes: copy })
        const cut = replaced(theirs, i, { ...theirs[i]!, bytes: bytes.slice(0, at) })
        const changed = compare([{ name, ours, theirs, stability: EXACT }])
        assert.ok(at < 14 || changed.firstDifference !== undefined, `frame ${i + 1}, octet ${at}`)
        const short = compare([{ name, ours: cut, theirs, stability: EXACT }])
        assert.ok(short.firstDifference !== undefined)
      }
    }
  })
})
