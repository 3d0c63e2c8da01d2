import fc from 'fast-check'
import { readSheet } from '../../../sim/lab/sheet/index.ts'
import { parsePacketLine } from '../../../sim/lab/sheet/packet-line.ts'
import { assert, suite } from '../../lib/harness.ts'

const SHEET = `title: A request through the balancer
aim: The balancer rewrites the destination.
topology: { use: inline, nodes: { rs1: { sysctl: { net.ipv4.tcp_sack: 0 } } } }
programs:
  shop: { nodes: [rs1], listen: 80/tcp, run: { web: { pages: { /: { size: 10B } } } } }
  name: { nodes: [router], listen: 53/udp, run: { dns: { zone: { a: { addresses: [10.0.0.1] } } } } }
services:
  web:
    balancer: lb
    vip: 199.237.202.124:80/tcp
    forward: dnat
    servers: [rs1:80, { server: rs2:80, weight: 2 }]
steps:
  - { at: 0s, from: client, get: http://www.a10networks.com/, name: visit }
  - { at: 1s, from: client, connect: 199.237.202.124:80/tcp, name: line, do: [{ send: 10B }] }
  - { after: line, wait: 1s, continue: line, do: [{ receive: any }, close] }
  - { at: 9s, from: client, load: 199.237.202.124:80/tcp, arrivals: { poisson: 10/s }, for: 1s }
expect:
  - path:
      - client.eth0 out S *:* > 199.237.202.124:80 ttl 64 <mss 1460, *>
  - { count: { min: 1 }, where: [client.eth0 out], filter: tcp.flags.syn == 1, during: [0s, 9s] }
  - { response: visit, status: 200, took: { about: 1s, within: 10% } }
  - { table: lb.connections, at: 9s, has: [{ state: ESTABLISHED }] }
allow: { leak: on purpose }
epoch: "2017-07-29T00:00:00Z"
`

/** Whatever is written, a person is told something about a place that is there. */
function check(text: string): void {
  const result = readSheet({ file: 'x.yaml', text, read: () => undefined })
  const problems = 'errors' in result ? result.errors : result.warnings
  if ('errors' in result) assert.ok(problems.length > 0, 'refused without a word')
  const lines = text.split('\n').length
  for (const { line, column, problem } of problems) {
    assert.ok(line >= 1 && line <= lines, `line ${line} of ${lines}`)
    assert.ok(column >= 1, `column ${column}`)
    assert.not.match(problem, /undefined|\[object|NaN|Invalid input/)
  }
}

/** Each value of the sheet, as a place to put something else. */
const VALUES = [...SHEET.matchAll(/[\w:/.*-]+(?=[,\s\]}])/g)].map((match) => match.index)
const STRANGE = [
  '',
  '~',
  '{}',
  '[]',
  '[{}]',
  '{ a: b }',
  '0',
  '-1',
  '1.5',
  '99999999999999999999',
  'true',
  '""',
  '"*"',
  'constructor',
  '__proto__',
  'toString',
  '{ constructor: 1 }',
  '{ __proto__: 1 }',
  '$a.b.c',
  '"\\u0000"',
  '"\\n"',
  '0s',
  '1B',
  '10.0.0.1',
  '"::1"',
  '[[1, 2], [3]]',
  'ü',
  '💡',
  '.inf',
  '.nan',
] as const

suite('sheet: nothing that is written breaks the reader', (test) => {
  test('the sheet itself is right', () => {
    const result = readSheet({ file: 'x.yaml', text: SHEET, read: () => undefined })
    assert.equal('errors' in result ? result.errors : [], [])
  })

  test('strange values anywhere', () => {
    for (const [i, at] of VALUES.entries()) {
      const end = at + /^[\w:/.*-]+/.exec(SHEET.slice(at))![0].length
      for (let k = i % 9; k < STRANGE.length; k += 9) {
        check(SHEET.slice(0, at) + STRANGE[k] + SHEET.slice(end))
      }
    }
  })

  test('pieces cut out, doubled and exchanged', () => {
    const cut = fc.tuple(fc.nat(SHEET.length), fc.nat(40), fc.nat(SHEET.length))
    fc.assert(
      fc.property(fc.array(cut, { minLength: 1, maxLength: 3 }), (cuts) => {
        let text = SHEET
        for (const [at, length, to] of cuts) {
          const piece = text.slice(at, at + length)
          const rest = length % 2 === 0 ? text : text.slice(0, at) + text.slice(at + length)
          text = rest.slice(0, to) + piece + rest.slice(to)
        }
        check(text)
      }),
      { seed: 1, numRuns: 60 },
    )
  })

  test('text that is no sheet', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => check(text)),
      { seed: 2, numRuns: 100 },
    )
  })

  test('words of packet lines in any order', () => {
    const word = fc.constantFrom(
      ...'lb.inside out in S . tcp udp icmp arp ip { } > *:* [::1]:80 10.0.0.1 ttl seq 1:2 DF'.split(
        ' ',
      ),
      '<mss 1460>',
      '<',
      '>',
      'who-has',
      'tell',
      'is-at',
      'constructor',
      '3/3',
      '$a.b.mac',
      '',
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 14 }), (words) => {
        const text = words.join(' ')
        const line = parsePacketLine(text)
        if ('problem' in line) assert.ok(line.at >= 0 && line.at <= text.length)
      }),
      { seed: 3, numRuns: 1000 },
    )
  })
})
