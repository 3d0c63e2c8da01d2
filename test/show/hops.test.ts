import { hopsOf } from '../../sim/show/hops.ts'
import {
  BORN,
  CONSUMED,
  DROPPED,
  dropCode,
  type Entry,
  FIELD_IP_DST,
  FIELD_TTL,
  Places,
  RECEIVED,
  REWRITTEN,
  SENT,
  TRANSLATED,
} from '../../sim/trace/index.ts'
import { COPY, ORIGINAL } from '../../sim/wire/frame.ts'
import { assert, suite } from '../lib/harness.ts'

const places = new Places()
const client = places.add('client', 0, 'eth0')
const lb = places.add('lb', 1, 'outside')
const lbItself = places.add('lb', 1, undefined)
const rs1 = places.add('rs1', 2, 'eth0')
const rs2 = places.add('rs2', 3, 'eth0')

function entry(timeNs: number, kind: number, place: number, more: Partial<Entry> = {}): Entry {
  const nothing = { frameId: 7, cause: 0, relation: ORIGINAL, code: 0, a: 0, b: 0 }
  return { timeNs, kind, place, octets: new Uint8Array(14), ...nothing, ...more }
}

suite('hops of a journal', (test) => {
  test('sent here and received there are one hop', () => {
    const hops = hopsOf([entry(1, SENT, client), entry(5, RECEIVED, lb)], places, [])
    assert.is(hops.length, 1)
    const [hop] = hops
    assert.equal(
      [hop!.fromNode, hop!.fromIface, hop!.toNode, hop!.toIface],
      ['client', 'eth0', 'lb', 'outside'],
    )
    assert.equal([hop!.sentNs, hop!.arrivedNs], [1, 5])
  })
  test('what was rewritten stands at the next sending, with its rule, TTL apart', () => {
    const entries = [
      entry(1, SENT, client),
      entry(2, RECEIVED, lb),
      entry(2, REWRITTEN, lbItself, { code: FIELD_TTL, a: 64, b: 63 }),
      entry(2, TRANSLATED, lbItself, { code: 1, b: 0 }),
      entry(2, REWRITTEN, lbItself, { code: FIELD_IP_DST, a: 0xc7edca7c, b: 0xac101401 }),
      entry(3, SENT, lb),
      entry(4, RECEIVED, rs1),
      entry(4, CONSUMED, rs1, { code: 3 }),
    ]
    const hops = hopsOf(entries, places, ['another rule', 'the rule'])
    assert.equal(hops[0]!.changes, [])
    assert.equal(hops[1]!.changes, [
      { field: 'ip.dst', before: '199.237.202.124', after: '172.16.20.1' },
    ])
    assert.is(hops[1]!.rule, 'the rule')
    assert.is(hops[1]!.direction, 0)
    assert.is(hops[1]!.consumedBy, 'tcp')
  })
  test('a copy that a switch flooded is a hop of its own', () => {
    const entries = [
      entry(1, SENT, client),
      entry(2, BORN, rs1, { frameId: 8, cause: 7, relation: COPY }),
      entry(3, RECEIVED, rs1),
      entry(3, RECEIVED, rs2, { frameId: 8 }),
      entry(3, DROPPED, rs2, { frameId: 8, code: dropCode('not-for-this-mac') }),
    ]
    const hops = hopsOf(entries, places, [])
    assert.equal(
      hops.map((hop) => [hop.toNode, hop.dropped]),
      [
        ['rs1', undefined],
        ['rs2', 'not-for-this-mac'],
      ],
    )
  })
  test('frames are counted at every interface with a cable, sent and received', () => {
    const itself = places.add('client', 0, 'lo')
    const hops = hopsOf(
      [
        entry(1, SENT, itself),
        entry(1, RECEIVED, itself),
        entry(2, SENT, client, { frameId: 8 }),
        entry(3, RECEIVED, lb, { frameId: 8 }),
        entry(4, SENT, lb, { frameId: 8 }),
      ],
      places,
      [],
    )
    assert.equal(
      hops.map((hop) => hop.number),
      [0, 1, 3],
    )
  })
  test('a frame that never arrives has no end and a reason', () => {
    const lost = entry(2, DROPPED, client, { code: dropCode('cable-cut') })
    const [hop] = hopsOf([entry(1, SENT, client), lost], places, [])
    assert.is(hop!.toNode, undefined)
    assert.is(hop!.arrivedNs, undefined)
    assert.is(hop!.dropped, 'cable-cut')
  })
})
