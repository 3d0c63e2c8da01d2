import { load, reportVerdict, runSheet } from '../../../sim/lab/index.ts'
import { assert, cases, suite } from '../../lib/harness.ts'

/** Two machines with a router between them that filters, or ends of the wire that do. */
function sheet(rules: string, rest: string): string {
  return `
title: test
aim: test
topology:
  networks: { west: { subnets: [10.0.1.0/24], delay: 1ms }, east: { subnets: [10.0.2.0/24], delay: 1ms } }
  nodes:
    client: { interfaces: { eth0: 10.0.1.2/24 }, gateway: router }
    router: { role: router, interfaces: { west: 10.0.1.1/24, east: 10.0.2.1/24 } }
    server: { role: server, interfaces: { eth0: 10.0.2.2/24 }, gateway: router }
programs:
  back: { nodes: [server, router], listen: 7/udp, run: echo }
filter:
${rules}
steps:
  - { at: 0s, from: client, datagram: 10.0.2.2:7/udp, size: 20B, timeout: 1s, name: through }
  - { at: 5s, from: client, datagram: 10.0.1.1:7/udp, size: 40B, timeout: 1s, name: to-router }
expect:
${rest}`
}

cases(
  'a packet filter',
  [
    {
      name: 'what no rule speaks of passes',
      rules: '  - { node: router, match: tcp, verdict: drop }',
      expect: `
  - { response: through, outcome: ok }
  - { response: to-router, outcome: ok }`,
    },
    {
      name: 'forward judges what passes through, not what ends here',
      rules: '  - { node: router, verdict: drop }',
      expect: `
  - { response: through, outcome: timeout }
  - { response: to-router, outcome: ok }
  - { dropped: filter, where: router, times: 1 }`,
    },
    {
      name: 'input judges what ends here, not what passes through',
      rules: '  - { node: router, hook: input, verdict: drop }',
      expect: `
  - { response: through, outcome: ok }
  - { response: to-router, outcome: timeout }`,
    },
    {
      name: 'output judges what begins here, by its whole IP packet',
      rules:
        '  - { node: router, hook: output, match: udp.srcport == 7 && ip.len == 68, verdict: drop }',
      expect: `
  - { response: through, outcome: ok }
  - { response: to-router, outcome: timeout }
  - { dropped: filter, where: router, times: 1 }`,
    },
    {
      name: 'the first rule that fits decides',
      rules: `  - { node: router, match: udp.dstport == 7, verdict: accept }
  - { node: router, match: udp.port == 7, verdict: drop }`,
      expect: `
  - { packet: server.eth0 in udp 10.0.1.2:* > 10.0.2.2:7, times: 1 }
  - { response: through, outcome: timeout }`,
    },
    {
      name: 'in and out choose the direction',
      rules: '  - { node: router, in: east, out: west, verdict: drop }',
      expect: `
  - { packet: server.eth0 in udp 10.0.1.2:* > 10.0.2.2:7, times: 1 }
  - { packet: router.east in udp 10.0.2.2:7 > 10.0.1.2:*, times: 1 }
  - { never: client.eth0 in udp 10.0.2.2:7 > *:* }`,
    },
    {
      name: 'the other direction is another one',
      rules: '  - { node: router, in: west, out: west, verdict: drop }',
      expect: '  - { response: through, outcome: ok }',
    },
    {
      name: 'reject answers with "port unreachable" from the address towards the sender',
      rules: '  - { node: router, verdict: reject }',
      expect: `
  - packet: client.eth0 in icmp port-unreachable 10.0.1.1 > 10.0.1.2 { udp 10.0.1.2:* > 10.0.2.2:7 }
    times: 1
  - { response: through, outcome: refused }`,
    },
    {
      name: 'reject at input answers from the address that was asked',
      rules: '  - { node: router, hook: input, in: west, match: udp, verdict: reject }',
      expect: `
  - packet: client.eth0 in icmp port-unreachable 10.0.1.1 > 10.0.1.2 { udp 10.0.1.2:* > 10.0.1.1:7 }
    times: 1
  - { response: to-router, outcome: refused }`,
    },
    {
      name: 'a sender whose own filter rejects hears of it',
      rules: '  - { node: client, hook: output, out: eth0, match: udp, verdict: reject }',
      expect: `
  - { count: 0, where: client.eth0, filter: udp }
  - { response: through, outcome: refused }`,
    },
  ],
  ({ rules, expect }) => {
    const verdict = runSheet(sheet(rules, expect))
    assert.is(reportVerdict(verdict), '')
    assert.equal(verdict.notes, [])
    assert.is(verdict.ok, true)
  },
)

suite('a packet filter in a sheet', (test) => {
  const warnings = (rules: string): string[] => {
    const text = sheet(rules, '  - { response: through }')
    const result = load({ file: 'test.yaml', text, read: () => undefined })
    assert.ok('sheet' in result)
    return 'sheet' in result ? result.warnings.map(({ problem }) => problem) : []
  }

  test('warns of a rule that no packet reaches', () => {
    const rules = `  - { node: router, match: udp, verdict: drop }
  - { node: router, in: west, match: udp, verdict: accept }`
    assert.equal(warnings(rules), [
      'no packet comes as far as this rule: the rule of line 13 takes all that could',
    ])
  })

  test('does not warn when the earlier rule leaves something', () => {
    const rules = `  - { node: router, in: west, verdict: drop }
  - { node: router, match: udp, verdict: drop }
  - { node: client, match: udp, verdict: drop }
  - { node: router, hook: input, match: udp, verdict: drop }`
    assert.equal(warnings(rules), [])
  })
})
