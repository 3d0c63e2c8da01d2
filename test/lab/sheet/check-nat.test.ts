import { parseNatEnd } from '../../../sim/lab/sheet/nat-end.ts'
import { readSheet, type Sheet } from '../../../sim/lab/sheet/index.ts'
import { assert, cases, suite } from '../../lib/harness.ts'

// What is wrong with rules stands in test/errors; here is what is right, and what is only odd.

function read(rules: string, topology = 'nat-gateway'): { sheet: Sheet; told: string[] } {
  const text = `title: t\naim: a\ntopology: ${topology}\nnat:\n${rules}\nsteps: []
expect:
  - { count: 0, where: [natgw.outside], filter: tcp }
`
  const result = readSheet({ file: 'x', text, read: () => undefined })
  assert.ok(!('errors' in result), JSON.stringify(result))
  const { sheet, warnings } = result as Extract<typeof result, { sheet: Sheet }>
  return { sheet, told: warnings.map(({ problem }) => problem) }
}

suite('rules of nat, completed', (test) => {
  test('say in words what they do', () => {
    const { sheet } = read(`
  - { name: door, node: natgw, to: 207.17.117.20:80/tcp, dnat: "192.168.1.10:8080" }
  - { node: natgw, to: 207.17.117.20:81/tcp, dnat: [192.168.1.10, 192.168.1.11] }
  - { node: natgw, to: 207.17.117.20:82/tcp, dnat: { hash: source, to: [192.168.1.10, 192.168.1.11] } }
  - { node: natgw, from: 192.168.1.10, snat: 207.17.117.20:1024-2047 }
  - { name: out, node: natgw, from: 192.168.1.0/24, masquerade: outside }`)
    assert.equal(
      sheet.nat.map(({ text }) => text),
      [
        'nat door: dnat to pc1',
        'nat: dnat in turn',
        'nat: dnat by source',
        'nat: snat to 207.17.117.20:1024-2047',
        'nat out: masquerade as outside',
      ],
    )
  })

  test('masquerade implies the way out', () => {
    const { sheet } = read('  - { node: natgw, masquerade: outside }')
    const [rule] = sheet.nat
    assert.is(rule?.out, 2)
    assert.is(sheet.plan.nodes[rule!.node]!.interfaces[2]!.name, 'outside')
  })

  test('a machine that forwards nothing is remarked on', () => {
    const { told } = read('  - { node: pc1, snat: 192.168.1.10 }')
    assert.equal(told, ['pc1 forwards nothing, so the rule sees only what pc1 itself sends'])
  })

  test('narrower rules before wider ones, and rules of different hooks, shadow nothing', () => {
    const { told } = read(`
  - { node: natgw, from: 192.168.1.10, snat: 207.17.117.20 }
  - { node: natgw, from: 192.168.1.0/24, masquerade: outside }
  - { node: natgw, from: 192.168.1.0/24, to: 207.17.117.20, dnat: 192.168.1.10 }`)
    assert.equal(told, [])
  })
})

cases(
  'the end of a rule',
  [
    { name: '192.168.1.0/24', length: 24 },
    { name: '192.168.1.10', length: undefined },
    { name: '10.0.0.0/8:80-90/tcp', length: 8, port: 80, lastPort: 90, protocol: 'tcp' },
    { name: '10.0.0.1:53', length: undefined, port: 53, lastPort: 53 },
    { name: '10.0.0.1/udp', length: undefined, protocol: 'udp' },
    { name: '2001:db8::/64', length: 64 },
    { name: '2001:db8::1', length: undefined },
    { name: '[2001:db8::1]:80/tcp', length: undefined, port: 80, lastPort: 80, protocol: 'tcp' },
    { name: '[2001:db8::/64]:80', length: 64, port: 80, lastPort: 80 },
    { name: '[2001:db8::]/64:80', length: 64, port: 80, lastPort: 80 },
  ],
  ({ name, length, port, lastPort, protocol }) => {
    const end = parseNatEnd(name)
    assert.not(end instanceof Error, String(end))
    assert.equal(
      { ...end, address: undefined },
      { address: undefined, length, port, lastPort, protocol },
    )
  },
)

cases(
  'what is no end of a rule',
  [
    { name: '' },
    { name: 'lan' },
    { name: '10.0.0' },
    { name: '10.0.0.0/33' },
    { name: '10.0.0.1/24' },
    { name: '10.0.0.1:0' },
    { name: '10.0.0.1:65536' },
    { name: '10.0.0.1:9-8' },
    { name: '10.0.0.1:80:90' },
    { name: '10.0.0.1/sctp' },
    { name: '2001:db8::/129' },
    { name: '[10.0.0.1' },
    { name: '[2001:db8::1]:' },
  ],
  ({ name }) => {
    assert.ok(parseNatEnd(name) instanceof Error)
  },
)
