import { formatAddress, formatPrefix } from '../../../sim/wire/address.ts'
import { formatProblem, readSheet, type Sheet } from '../../../sim/lab/sheet/index.ts'
import { assert, cases, suite } from '../../lib/harness.ts'

const SHEET = `title: A request through the balancer
aim: >
  The balancer rewrites the destination
  and nothing else.
topology: inline
services:
  web:
    balancer: lb
    vip: 199.237.202.124:80/tcp
    forward: dnat
    servers: [rs1:8080, rs2, { server: rs3:80, weight: 3 }]
steps:
  - { at: 0s, from: client, get: http://www.a10networks.com/, name: visit }
  - { after: visit, wait: 2s, from: client, ping: 199.237.202.124, times: 2 }
expect:
  - { response: visit, status: 200 }
`

function read(text: string): { sheet: Sheet; warnings: string[] } {
  const result = readSheet({ file: 'x.yaml', text, read: () => undefined })
  if ('errors' in result) {
    throw new Error(result.errors.map((one) => formatProblem('x.yaml', one)).join('\n'))
  }
  return {
    sheet: result.sheet,
    warnings: result.warnings.map((one) => formatProblem('x.yaml', one)),
  }
}

function errors(text: string): string[] {
  const result = readSheet({ file: 'x.yaml', text, read: () => undefined })
  return 'errors' in result ? result.errors.map((one) => formatProblem('x.yaml', one)) : []
}

suite('sheet: every default is filled in', (test) => {
  const { sheet, warnings } = read(SHEET)

  test('no remark about a sheet that is as it should be', () => {
    assert.equal(warnings, [])
  })

  test('chance, epoch and end', () => {
    assert.is(sheet.seed, 1)
    // date -u -d 2017-07-29T00:00:00Z +%s
    assert.is(sheet.epochSeconds, 1501286400)
    assert.is(sheet.untilNs, undefined)
    assert.is(sheet.aim, 'The balancer rewrites the destination and nothing else.')
  })

  test('the schedule and the servers with their ports', () => {
    const service = sheet.services[0]!
    assert.is(service.schedule, 'round-robin')
    const servers = service.servers.map(
      ({ address, port, weight }) => `${formatAddress(address)} ${port} ${weight}`,
    )
    assert.equal(servers, ['172.16.20.1 8080 1', '172.16.20.2 80 1', '172.16.20.3 80 3'])
  })

  test('the balancer owns the VIP where its network holds it', () => {
    const lb = sheet.plan.nodes.find((node) => node.name === 'lb')!
    const outside = lb.interfaces.find((iface) => iface.name === 'outside')!
    assert.equal(outside.addresses.map(formatPrefix), ['199.237.202.2/24', '199.237.202.124/32'])
  })

  test('a TCP server without a program runs web with a page of 1,024 octets', () => {
    const programs = sheet.programs.map(({ nodes, port }) => [nodes, port])
    assert.equal(programs, [
      [[3], 8080],
      [[4], 80],
      [[5], 80],
    ])
    const { run } = sheet.programs[0]!
    assert.is(run.kind === 'web' && run.pages[0]?.size, 1024)
  })

  test('steps know their instants and each other', () => {
    const [visit, knock] = sheet.steps
    assert.equal([visit!.atNs, visit!.after], [0, undefined])
    assert.equal([knock!.atNs, knock!.after, knock!.waitNs], [undefined, 0, 2_000_000_000])
    assert.is(knock!.verb === 'ping' && knock!.everyNs, 1_000_000_000)
  })

  test('each thing knows its place in the file', () => {
    assert.equal([sheet.steps[1]!.line, sheet.steps[1]!.column], [14, 5])
    assert.equal([sheet.expect[0]!.line, sheet.expect[0]!.column], [16, 5])
    assert.is(sheet.services[0]!.line, 8)
  })
})

suite('sheet: it does not matter', (test) => {
  test('how lines end', () => {
    const { sheet } = read(SHEET.replaceAll('\n', '\r\n'))
    assert.equal(JSON.stringify(sheet), JSON.stringify(read(SHEET).sheet))
  })

  test('that an editor put a byte order mark before it', () => {
    assert.is(read(`\uFEFF${SHEET}`).sheet.title, 'A request through the balancer')
  })
})

cases(
  'sheet: the epoch in seconds since 1970 (date -u -d ... +%s)',
  [
    { name: '1970-01-01T00:00:00Z', seconds: 0 },
    { name: '2000-02-29T12:00:00Z', seconds: 951825600 },
    { name: '2038-01-19T03:14:07Z', seconds: 2147483647 },
    { name: '2100-03-01T00:00:00Z', seconds: 4107542400 },
    { name: '2017-02-29T00:00:00Z', seconds: undefined },
    { name: '2017-13-01T00:00:00Z', seconds: undefined },
    { name: '2017-04-31T00:00:00Z', seconds: undefined },
    { name: '2017-01-01T24:00:00Z', seconds: undefined },
    { name: '2017-01-01 00:00:00', seconds: undefined },
    { name: '1969-12-31T23:59:59Z', seconds: undefined },
  ],
  ({ name, seconds }) => {
    const text = `${SHEET}epoch: "${name}"\n`
    if (seconds !== undefined) assert.is(read(text).sheet.epochSeconds, seconds)
    else assert.match(errors(text).join('\n'), /^x\.yaml:17:8: '.*' is no instant/)
  },
)

cases(
  'sheet: remarks that stop nobody',
  [
    {
      name: 'the order of the keys',
      text: `seed: 3\n${SHEET}`,
      warning: /^x\.yaml:2:8: warning: 'title' stands behind 'seed'; the order is title, aim/,
    },
    {
      name: 'a server without a way back',
      text: SHEET.replace('topology: inline', 'topology: one-arm'),
      warning: /^x\.yaml:11:15: warning: no route of rs1 leads through lb/,
    },
    {
      name: 'a map that has a short form',
      text: SHEET.replace('{ server: rs3:80, weight: 3 }', '{ server: rs3:80 }'),
      warning: /^x\.yaml:11:30: warning: a map with 'server' alone is written shorter/,
    },
    {
      name: 'persistence by a destination that is always the same',
      text: SHEET.replace('    forward:', '    persist: destination-address\n    forward:'),
      warning: /warning: every connection goes to this one address, so all of them meet one server/,
    },
    {
      name: 'a drawing in long form',
      text: SHEET.replace('inline', '{ use: inline }'),
      warning: /^x\.yaml:5:11: warning: \{ use: inline \} alone is written shorter/,
    },
    {
      name: 'a step behind a later one',
      text: SHEET.replace('at: 0s', 'at: 5s').replace('after: visit, wait: 2s', 'at: 1s'),
      warning: /^x\.yaml:14:11: warning: this step stands behind a later one/,
    },
    {
      name: 'an address that another machine has',
      text: SHEET.replace(
        /ping: .* }/,
        'ping: 172.16.20.1 }\n  - { at: 9s, readdress: rs1.eth0, to: 172.16.20.2/24 }',
      ),
      warning: /warning: rs2\.eth0 has 172\.16\.20\.2 already: both will answer for it/,
    },
    {
      name: 'an address outside of the subnets of its wire',
      text: SHEET.replace(
        /ping: .* }/,
        'ping: 172.16.20.1 }\n  - { at: 9s, readdress: rs1.eth0, to: 10.0.0.2/24 }',
      ),
      warning: /warning: 10\.0\.0\.2 is in no subnet of network 'lan'/,
    },
    {
      name: 'a setting that nobody obeys',
      text: SHEET.replace(
        /ping: .* }/,
        'ping: 172.16.20.1 }\n  - { at: 9s, node: rs1, sysctl: { net.ipv4.tcp_autocorking: 0 } }',
      ),
      warning:
        /warning: 'net\.ipv4\.tcp_autocorking' is always 1 in this version: this changes nothing/,
    },
  ],
  ({ text, warning }) => {
    assert.match(read(text).warnings[0] ?? '', warning)
  },
)

suite('sheet: mistakes of several parts', (test) => {
  test('are said in one go, in the order of the file', () => {
    const text = SHEET.replace('servers: [rs1:8080', 'servers: [rs9:8080')
      .replace('forward: dnat', 'forward: nat')
      .replace('ping:', 'pong:')
      .replace('response: visit', 'response: visti')
    assert.equal(errors(text), [
      "x.yaml:10:14: unknown word 'nat'; write 'dnat'",
      "x.yaml:14:5: 'pong' is no verb; did you mean 'ping'?",
      "x.yaml:16:17: there is no step 'visti'; did you mean 'visit'?",
    ])
  })
})
