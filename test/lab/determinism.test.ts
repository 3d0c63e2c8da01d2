import { createRun, load } from '../../sim/lab/index.ts'
import { Journal, RECEIVED, SENT } from '../../sim/trace/index.ts'
import { assert, suite } from '../lib/harness.ts'

const SHEET = `
title: test
aim: test
topology: inline
services:
  web: { balancer: lb, vip: 199.237.202.124:80/tcp, forward: dnat, servers: [rs1:80, rs2:80] }
steps:
  - { at: 0s, from: client, get: http://www.a10networks.com/, name: visit, times: 3 }
  - { at: 0s, from: client, ping: 199.237.202.124, name: ping }
expect:
`

const FEW = '  - { response: ping }'
const MANY = `
  - path: [client.eth0 out S *:* > *:*, rs1.eth0 in S *:* > *:* seq 0]
  - { count: { min: 1 }, where: lb.inside, filter: tcp.seq == 1 }
  - { served: { rs1: 2 } }
  - { response: visit, server: rs1, contains: "0" }
  - { table: lb.connections, at: 500ms }
  - { never: client in R *:* > *:* }
`

/** Every frame at every interface: time, place, direction, octets. */
function frames(expectations: string, seed: number, slice: number): string[] {
  const loaded = load({ file: 'sheet.yaml', text: SHEET + expectations, read: () => undefined })
  if ('errors' in loaded) throw new Error(JSON.stringify(loaded.errors))
  const run = createRun(loaded.sheet, { seed })
  const journal = new Journal()
  journal.listen(run.trace, SENT | RECEIVED)
  while (!run.advance(slice));
  return journal.entries.map(({ timeNs, kind, place, octets }) => {
    return `${timeNs} ${kind} ${place} ${Array.from(octets ?? []).join(' ')}`
  })
}

suite('a run', (test) => {
  test('is the same whoever watches, and in slices of any size', () => {
    const expected = frames(FEW, 1, 100_000)
    assert.ok(expected.length > 100)
    assert.equal(frames(MANY, 1, 100_000), expected)
    assert.equal(frames(FEW, 1, 1), expected)
    assert.equal(frames(MANY, 1, 7), expected)
  })

  test('is another with another seed', () => {
    assert.not.equal(frames(FEW, 2, 100_000), frames(FEW, 1, 100_000))
  })
})
