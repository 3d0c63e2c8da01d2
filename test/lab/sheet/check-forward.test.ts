import { formatProblem, readSheet } from '../../../sim/lab/sheet/index.ts'
import { assert, cases, suite } from '../../lib/harness.ts'

// What a sheet is warned of: it works in another way than most people expect.

interface Service {
  readonly topology?: string
  readonly vip?: string
  readonly forward: string
  readonly servers: string
}

function warnings({ topology = 'direct-routing', vip, forward, servers }: Service): string[] {
  const text = `title: t
aim: a
topology: ${topology}
services:
  web:
    balancer: lb
    vip: ${vip ?? '199.237.202.124:80/tcp'}
    forward: ${forward}
    servers: [${servers}]
steps: []
expect:
  - { served: {} }
`
  const result = readSheet({ file: 'x', text, read: () => undefined })
  const list = 'errors' in result ? result.errors : result.warnings
  return list.map((problem) => formatProblem('x', problem).replace(/^x:\d+:\d+: /, ''))
}

cases(
  'forwarding that may not do what one expects',
  [
    {
      name: 'dnat with servers whose gateway is another',
      service: { topology: 'one-arm', forward: 'dnat', servers: 'rs1' },
      told: [
        "warning: no route of rs1 leads through lb, so its replies will not be translated\n  hint: with forward: dnat a server's gateway is the balancer",
      ],
    },
    {
      name: 'direct to a server without the virtual address',
      service: { topology: 'one-arm', forward: 'direct', servers: 'rs1' },
      told: [
        "warning: rs1 does not own 199.237.202.124, which stays the destination\n  hint: with forward: direct a server's lo carries the virtual address: lo: 199.237.202.124/32",
      ],
    },
    {
      name: 'l2 likewise',
      service: { topology: 'one-arm', forward: 'l2', servers: 'rs2' },
      told: [
        "warning: rs2 does not own 199.237.202.124, which stays the destination\n  hint: with forward: l2 a server's lo carries the virtual address: lo: 199.237.202.124/32",
      ],
    },
    {
      name: 'direct to another port',
      service: { forward: 'direct', servers: 'rs1:8080, rs2:80, rs3' },
      told: [
        'warning: forward: direct changes no port: rs1:8080 is asked at port 80\n  hint: leave the port out, or forward by dnat or snat',
      ],
    },
    {
      name: 'snat with a pool that no server can answer to',
      service: {
        topology: 'one-arm',
        forward: '{ snat: { addresses: [172.16.20.250, 10.9.9.9] } }',
        servers: 'rs1',
      },
      told: [
        'warning: no route of rs1 leads to lb for 10.9.9.9, so its replies get lost\n  hint: take addresses of a network that both stand in',
      ],
    },
    {
      name: 'direct through a router',
      service: {
        topology: '{ use: inline, nodes: { client: { interfaces: { lo: 199.237.202.124/32 } } } }',
        forward: 'direct',
        servers: 'client',
      },
      told: [
        "warning: client and lb share no network, so the packet comes back to lb\n  hint: forward: direct reaches servers on the balancer's own wires only",
      ],
    },
  ],
  ({ service, told }) => assert.equal(warnings(service), told),
)

suite('forwarding that does', (test) => {
  for (const service of [
    { topology: 'inline', forward: 'dnat', servers: 'rs1:8080' },
    { topology: 'one-arm', forward: 'snat', servers: 'rs1:8080' },
    { topology: 'inline', forward: '{ snat: { addresses: [10.9.9.9] } }', servers: 'rs1' },
    { forward: 'direct', servers: 'rs1:80' },
    { forward: 'direct', vip: '199.237.202.124:80-90/tcp', servers: 'rs1:85' },
    { forward: 'l2', vip: '199.237.202.124', servers: 'rs1' },
    { forward: 'local', servers: 'lb' },
    { forward: 'direct', servers: 'lb' },
  ]) {
    const { topology = 'direct-routing', forward, servers } = service
    test(`is not remarked on: ${forward} to ${servers}, ${topology}`, () => {
      assert.equal(warnings(service), [])
    })
  }
})
