// Programs and verbs in networks of both families.

import { createRun, load } from '../../sim/lab/index.ts'
import { dissect, fieldsOf, showValue } from '../../sim/judge/index.ts'
import { Journal, SENT } from '../../sim/trace/index.ts'
import { assert, cases, suite } from '../lib/harness.ts'

/**
 * Client and server on one wire; what the two have is told as addresses. The server is a web and a
 * name server, which knows www.example.org by both its addresses.
 */
function sheet(client: string, server: string, more: { resolver?: string; steps: string }): string {
  const resolver = more.resolver === undefined ? '' : `, resolver: { server: "${more.resolver}" }`
  return `
title: Both families
aim: Both families.
topology:
  names: { both.example.org: 10.1.0.1, six.example.org: "2001:db8::1" }
  networks: { lan: { subnets: [10.1.0.0/24, "2001:db8::/64"] } }
  nodes:
    client: { interfaces: { eth0: { addresses: [${client}], network: lan } }${resolver} }
    server: { interfaces: { eth0: { addresses: [${server}], network: lan } } }
programs:
  web: { nodes: [server], listen: 80/tcp, run: { web: { pages: { /: { body: "{peer}" } } } } }
  talk: { nodes: [server], listen: 90/tcp, run: { script: [{ receive: any }, { call: { to: "{peer-address}:91", do: [{ say: back }] } }] } }
  home: { nodes: [client], listen: 91/tcp, run: sink }
  names:
    nodes: [server]
    listen: 53/udp
    run: { dns: { zone: { www.example.org: { addresses: [10.1.0.1, "2001:db8::1"] } } } }
steps: [${more.steps}]
expect:
  - { never: "client.eth0 in tcp client:1 > client:1" }
`
}

interface Told {
  readonly sent: string[]
  readonly responses: readonly string[]
}

/** What the client sent, a line each, and how its steps ended. */
function play(text: string): Told {
  const loaded = load({ file: 'sheet.yaml', text, read: () => undefined })
  if ('errors' in loaded) throw new Error(JSON.stringify(loaded.errors))
  const run = createRun(loaded.sheet)
  const journal = new Journal()
  journal.listen(run.trace)
  const { responses } = run.finish()
  const place = run.places.find('client.eth0')!
  const sent = journal.entries
    .filter((entry) => entry.kind === SENT && entry.place === place)
    .flatMap(({ octets }) => {
      const d = dissect(octets!, 0, octets!.length)
      const of = (name: string): string =>
        fieldsOf(d, name)
          .map(({ value }) => String(showValue(name, value)))
          .join(' ')
      const src = of('ip.src') || of('ipv6.src')
      if (of('dns.qry.name') !== '') return [`dns ${of('dns.qry.type')} from ${src}`]
      return of('tcp.flags') === '2' ? [`syn ${src} > ${of('ip.dst') || of('ipv6.dst')}`] : []
    })
  return { sent, responses: responses.map(({ outcome }) => outcome) }
}

const FOUR = '10.1.0.10/24'
const SIX = '"2001:db8::10/64"'
const SERVER = '10.1.0.1/24, "2001:db8::1/64"'
const GET = '{ at: 0s, from: client, get: http://www.example.org/ }'

cases(
  'which family a name is reached by (RFC 6724)',
  [
    {
      name: 'with both, both are asked for and IPv6 is taken',
      client: `${FOUR}, ${SIX}`,
      resolver: '10.1.0.1',
      sent: ['dns 1 from 10.1.0.10', 'dns 28 from 10.1.0.10', 'syn 2001:db8::10 > 2001:db8::1'],
    },
    {
      name: 'the name server may be asked over IPv6',
      client: `${FOUR}, ${SIX}`,
      resolver: '2001:db8::1',
      sent: [
        'dns 1 from 2001:db8::10',
        'dns 28 from 2001:db8::10',
        'syn 2001:db8::10 > 2001:db8::1',
      ],
    },
    {
      name: 'a machine of IPv4 does not ask for more',
      client: FOUR,
      resolver: '10.1.0.1',
      sent: ['dns 1 from 10.1.0.10', 'syn 10.1.0.10 > 10.1.0.1'],
    },
    {
      name: 'a machine of IPv6 neither',
      client: SIX,
      resolver: '2001:db8::1',
      sent: ['dns 28 from 2001:db8::10', 'syn 2001:db8::10 > 2001:db8::1'],
    },
    {
      name: 'without a route of IPv6 the address of IPv4 comes first',
      client: `${FOUR}, "2001:db8:9::10/64"`,
      resolver: '10.1.0.1',
      sent: ['dns 1 from 10.1.0.10', 'dns 28 from 10.1.0.10', 'syn 10.1.0.10 > 10.1.0.1'],
    },
  ],
  ({ client, resolver, sent }) => {
    const told = play(sheet(client, SERVER, { resolver, steps: GET }))
    assert.equal(told.sent, sent)
    assert.equal(told.responses, ['ok'])
  },
)

suite('names of both families', (test) => {
  test('a source decides the family', () => {
    const steps = '{ at: 0s, from: client, get: http://www.example.org/, source: 10.1.0.10 }'
    const told = play(sheet(`${FOUR}, ${SIX}`, SERVER, { resolver: '10.1.0.1', steps }))
    assert.equal(told.sent, ['dns 1 from 10.1.0.10', 'syn 10.1.0.10 > 10.1.0.1'])
  })

  test('what the host file knows is asked of nobody', () => {
    const of = (name: string): string => `{ at: 0s, from: client, get: "http://${name}/" }`
    const steps = `${of('both.example.org')}, ${of('six.example.org')}`
    const told = play(sheet(`${FOUR}, ${SIX}`, SERVER, { resolver: '10.1.0.1', steps }))
    assert.equal(told.sent, ['syn 10.1.0.10 > 10.1.0.1', 'syn 2001:db8::10 > 2001:db8::1'])
  })

  test('a machine of IPv4 cannot reach a name of IPv6', () => {
    const steps = '{ at: 0s, from: client, get: http://six.example.org/ }'
    const told = play(sheet(FOUR, SERVER, { steps }))
    assert.equal(told, { sent: [], responses: ['unreachable'] })
  })

  test('type: AAAA asks for that alone', () => {
    const steps = '{ at: 0s, from: client, resolve: www.example.org, type: AAAA }'
    const told = play(sheet(FOUR, SERVER, { resolver: '10.1.0.1', steps }))
    assert.equal(told, { sent: ['dns 28 from 10.1.0.10'], responses: ['ok'] })
  })
})

suite('programs over IPv6', (test) => {
  test('a script calls back: its address stands in brackets', () => {
    const steps = '{ at: 0s, from: client, connect: "[2001:db8::1]:90/tcp", do: [{ send: 1B }] }'
    const text = sheet(SIX, SERVER, { steps }).replace(
      'never: "client.eth0 in tcp client:1 > client:1"',
      'packet: "client.eth0 in P. server:* > [2001:db8::10]:91 len 4"',
    )
    const loaded = load({ file: 'sheet.yaml', text, read: () => undefined })
    if ('errors' in loaded) throw new Error(JSON.stringify(loaded.errors))
    assert.equal(
      createRun(loaded.sheet)
        .finish()
        .expectations.map(({ ok }) => ok),
      [true],
    )
  })

  test('visitors come from a range of addresses in turn', () => {
    const range = '2001:db8::10-2001:db8::12'
    const arrivals = `arrivals: { constant: 10/s }, for: 500ms, sources: "${range}"`
    const steps = `{ at: 0s, from: client, load: "http://[2001:db8::1]/", ${arrivals} }`
    const client = ['10', '11', '12'].map((last) => `"2001:db8::${last}/64"`).join(', ')
    const { sent } = play(sheet(client, SERVER, { steps }))
    assert.equal(
      sent,
      ['10', '11', '12', '10', '11'].map((last) => `syn 2001:db8::${last} > 2001:db8::1`),
    )
  })
})
