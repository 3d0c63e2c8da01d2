import { completeDrawing } from '../../topology/complete.ts'
import type { Drawing, DrawingProblems, InterfaceDrawing } from '../../topology/drawing.ts'
import { NAMED_DRAWINGS } from '../../topology/named.ts'
import { firstAddress, ownerOf } from '../../topology/owners.ts'
import type { Plan } from '../../topology/plan.ts'
import {
  formatAddress,
  formatMac,
  formatPrefix,
  type Prefix,
  parseAddress,
  parsePrefix,
} from '../../sim/wire/address.ts'
import { readDrawing } from '../../sim/lab/sheet/read-drawing.ts'
import { readSource } from '../../sim/lab/sheet/source.ts'
import type { SheetProblem } from '../../sim/lab/sheet/types.ts'
import { assert, cases, suite } from '../lib/harness.ts'

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text)
  if (parsed === undefined) throw new Error(`${text} is no prefix`)
  return parsed
}

function iface(...addresses: string[]): InterfaceDrawing {
  return { addresses: addresses.map(prefix) }
}

/** Completes a drawing that must have no mistake. */
function complete(drawing: Drawing): { plan: Plan; warnings: string[] } {
  const warnings: string[] = []
  const problems: DrawingProblems = {
    error: (path, problem) => {
      throw new Error(`${path.join('.')}: ${problem}`)
    },
    warn: (path, problem) => warnings.push(`${path.join('.')}: ${problem}`),
  }
  return { plan: completeDrawing(drawing, problems), warnings }
}

const TWO_NETS: Drawing = {
  networks: {
    outside: { subnets: [prefix('10.0.0.0/24')] },
    inside: { subnets: [prefix('10.1.0.0/24'), prefix('2001:db8::/64')], mtu: 1400, delay: 7 },
  },
  nodes: {
    client: { interfaces: { eth0: iface('10.0.0.5/24') }, gateway: ['router'] },
    router: {
      role: 'router',
      interfaces: { b: iface('10.1.0.1/24', '2001:db8::1/64'), a: iface('10.0.0.1/24') },
    },
    one: { interfaces: { eth0: iface('10.1.0.2/24', '2001:db8::2/64') }, gateway: ['router'] },
    two: { interfaces: { eth0: iface('10.1.0.3/24') }, gateway: ['10.1.0.1'] },
  },
}

suite('drawing: what is not written follows from what is', (test) => {
  const { plan, warnings } = complete(TWO_NETS)
  const node = (name: string): Plan['nodes'][number] => plan.nodes.find((one) => one.name === name)!

  test('an interface is plugged into the network that holds its address', () => {
    assert.equal(
      plan.networks.map((network) =>
        network.members.map((member) => plan.nodes[member.node]!.name),
      ),
      [
        ['client', 'router'],
        ['router', 'one', 'two'],
      ],
    )
    assert.equal(warnings, [])
  })

  test('two members are a cable, more a switch', () => {
    assert.equal(
      plan.networks.map((network) => network.wire),
      ['cable', 'switch'],
    )
  })

  test('MACs count machines from 1 and their interfaces from 0', () => {
    const macs = plan.nodes.flatMap((one) =>
      one.interfaces.filter((each) => !each.loopback).map((each) => formatMac(each.mac)),
    )
    assert.equal(macs, [
      '02:00:00:00:01:00',
      '02:00:00:00:02:00',
      '02:00:00:00:02:01',
      '02:00:00:00:03:00',
      '02:00:00:00:04:00',
    ])
  })

  test('each machine has lo first, with 127.0.0.1/8', () => {
    for (const one of plan.nodes) {
      const lo = one.interfaces[0]!
      assert.ok(lo.loopback)
      assert.is(lo.name, 'lo')
      assert.equal(lo.addresses.map(formatPrefix), ['127.0.0.1/8'])
    }
  })

  test('the MTU is the one of the network', () => {
    assert.is(node('client').interfaces[1]!.mtu, 1500)
    assert.is(node('one').interfaces[1]!.mtu, 1400)
    assert.is(plan.networks[1]!.delayNs, 7)
    assert.is(plan.networks[0]!.delayNs, 50_000)
  })

  test('a gateway by name is its address in our subnet, one for each family', () => {
    const hops = (name: string): string[] =>
      node(name).routes.map(({ to, via }) => `${formatPrefix(to)} ${formatAddress(via!)}`)
    assert.equal(hops('client'), ['0.0.0.0/0 10.0.0.1'])
    assert.equal(hops('one'), ['0.0.0.0/0 10.1.0.1', '::/0 2001:db8::1'])
    assert.equal(hops('two'), ['0.0.0.0/0 10.1.0.1'])
  })

  test('routers and balancers forward', () => {
    assert.is(node('router').sysctl['net.ipv4.ip_forward'], 1)
    assert.is(node('client').sysctl['net.ipv4.ip_forward'], undefined)
  })

  test('an address tells its machine', () => {
    assert.is(ownerOf(plan, parseAddress('10.1.0.1')!)?.name, 'router')
    assert.is(ownerOf(plan, parseAddress('10.1.0.9')!), undefined)
    assert.is(formatAddress(firstAddress(node('one').interfaces, 6)!), '2001:db8::2')
  })
})

suite('drawing: ports and cables', (test) => {
  test('members stand in the order of plugging in, others behind them', () => {
    const { plan } = complete({
      ...TWO_NETS,
      networks: {
        ...TWO_NETS.networks,
        inside: { ...TWO_NETS.networks['inside']!, ports: ['two', 'router'] },
      },
    })
    const names = plan.networks[1]!.members.map((member) => plan.nodes[member.node]!.name)
    assert.equal(names, ['two', 'router', 'one'])
  })

  test('one member’s cable may differ', () => {
    const { plan } = complete({
      ...TWO_NETS,
      networks: {
        ...TWO_NETS.networks,
        inside: { ...TWO_NETS.networks['inside']!, cables: { two: { rate: 1000, queue: 3 } } },
      },
    })
    const cables = plan.networks[1]!.members.map((member) => member.cable)
    assert.equal(cables, [{}, {}, { rateBps: 1000, queueFrames: 3 }])
  })

  test('twin subnets need a network by name', () => {
    const twins: Drawing = {
      networks: {
        a: { subnets: [prefix('10.0.0.0/24')] },
        b: { subnets: [prefix('10.0.0.0/24')] },
      },
      nodes: {
        x: { interfaces: { eth0: iface('10.0.0.1/24') } },
        y: { interfaces: { eth0: { ...iface('10.0.0.2/24'), network: 'b' } } },
      },
    }
    assert.throws(() => complete(twins), /lies in a and b; say which by 'network'/)
  })
})

/** The drawing of a sheet's `topology`, with what is wrong with it. */
function read(yaml: string): { plan: Plan | undefined; problems: SheetProblem[] } {
  const source = readSource(yaml)
  const problems: SheetProblem[] = [...source.problems]
  const value = (source.value as Record<string, unknown>)['topology']
  const files: Record<string, string> = {
    './pair.yaml':
      'networks: { wire: 10.0.0.0/24 }\nnodes: { a: { interfaces: { e: 10.0.0.1/24 } } }',
  }
  return { plan: readDrawing(value, source, (name) => files[name], problems), problems }
}

suite('drawing: a sheet uses a drawing and changes it', (test) => {
  test('maps merge key by key, values replace', () => {
    const { plan, problems } = read(
      [
        'topology:',
        '  use: inline',
        '  networks: { lan: { delay: 1ms } }',
        '  nodes: { rs2: { gateway: 172.16.20.1 }, rs4: { interfaces: { eth0: 172.16.20.4/24 } } }',
      ].join('\n'),
    )
    assert.equal(problems, [])
    const lan = plan!.networks.find((network) => network.name === 'lan')!
    assert.is(lan.delayNs, 1_000_000)
    assert.equal(lan.subnets.map(formatPrefix), ['172.16.20.0/24'])
    const names = plan!.nodes.map((node) => node.name)
    assert.equal(names, ['client', 'router', 'lb', 'rs1', 'rs2', 'rs3', 'rs4'])
    const via = plan!.nodes[4]!.routes[0]!.via!
    assert.is(formatAddress(via), '172.16.20.1')
    assert.is(plan!.nodes[4]!.interfaces[1]!.addresses.length, 1)
  })

  test('a short form is overridden by a long one, and the other way', () => {
    const { plan, problems } = read(
      [
        'topology:',
        '  use: inline',
        '  networks: { lan: { subnets: [172.16.0.0/16] } }',
        '  nodes: { rs1: { interfaces: { eth0: { mac: "02:00:00:00:99:00" } } } }',
      ].join('\n'),
    )
    assert.equal(
      problems.filter((problem) => !problem.warning),
      [],
    )
    const rs1 = plan!.nodes.find((node) => node.name === 'rs1')!
    assert.is(formatMac(rs1.interfaces[1]!.mac), '02:00:00:00:99:00')
    assert.equal(rs1.interfaces[1]!.addresses.map(formatPrefix), ['172.16.20.1/24'])
  })

  test('machines can be left out', () => {
    const { plan, problems } = read('topology: { use: inline, without: [rs2, rs3] }')
    assert.equal(problems, [])
    assert.equal(
      plan!.nodes.map((node) => node.name),
      ['client', 'router', 'lb', 'rs1'],
    )
  })

  test('a drawing may be a file beside the sheet', () => {
    const { plan, problems } = read('topology: ./pair.yaml')
    assert.equal(problems, [])
    assert.is(plan!.nodes[0]!.name, 'a')
  })

  test('a mistake in the override points into the sheet', () => {
    const { problems } = read('topology:\n  use: inline\n  nodes:\n    rs1: { gateway: rs9 }')
    assert.is(problems.length, 1)
    assert.equal([problems[0]!.line, problems[0]!.column], [4, 21])
  })
})

cases(
  'drawing: the named ones are whole',
  Object.keys(NAMED_DRAWINGS).map((name) => ({ name })),
  ({ name }) => {
    const { plan, problems } = read(`topology: ${name}`)
    assert.equal(problems, [])
    assert.ok(plan!.title.length > 10)
    assert.ok(plan!.nodes.length >= 2)
    for (const network of plan!.networks) assert.ok(network.members.length >= 2, network.name)
  },
)
