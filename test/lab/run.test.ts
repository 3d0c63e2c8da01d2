import { reportVerdict, runSheet, SheetError, type Verdict } from '../../sim/lab/index.ts'
import { assert, suite } from '../lib/harness.ts'

/** Two machines on one wire; the steps and what follows are the test's. */
function lan(rest: string): string {
  return `
title: test
aim: test
topology:
  networks: { lan: { subnets: [10.0.0.0/24], delay: 1ms } }
  nodes:
    client: { interfaces: { eth0: 10.0.0.1/24 } }
    server: { role: server, interfaces: { eth0: 10.0.0.2/24 } }
programs:
  web: { nodes: [server], listen: 80/tcp, run: { web: { pages: { /: { body: "hello {node}" } } } } }
${rest}`
}

/** The article's drawing with one service and a visit. */
function inline(rest: string, allow = ''): string {
  return `
title: test
aim: test
topology:
  names: { www.a10networks.com: 199.237.202.124 }
  networks: { internet: 207.17.117.0/24, dmz: 199.237.202.0/24, lan: 172.16.20.0/24 }
  nodes:
    client: { interfaces: { eth0: 207.17.117.20/24 }, gateway: router }
    router: { role: router, interfaces: { internet: 207.17.117.1/24, dmz: 199.237.202.1/24 } }
    lb:
      role: balancer
      interfaces: { outside: 199.237.202.2/24, inside: 172.16.20.254/24 }
      gateway: router
    rs1: { role: server, interfaces: { eth0: 172.16.20.1/24 }, gateway: lb }
    rs2: { role: server, interfaces: { eth0: 172.16.20.2/24 }, gateway: lb }
services:
  web: { balancer: lb, vip: 199.237.202.124:80/tcp, forward: dnat, servers: [rs1:80, rs2:80] }
steps:
  - { at: 0s, from: client, get: http://www.a10networks.com/, name: visit, times: 3 }
expect:
${rest}
${allow}`
}

function held(verdict: Verdict): void {
  assert.is(reportVerdict(verdict), '')
  assert.equal(verdict.notes, [])
  assert.is(verdict.ok, true)
}

function failures(verdict: Verdict): string[] {
  assert.is(verdict.ok, false)
  return verdict.expectations.flatMap(({ failure }) => failure?.problem ?? [])
}

suite('a sheet that is run', (test) => {
  test('holds what it says of a page on a LAN', () => {
    const verdict = runSheet(
      lan(`
steps:
  - { at: 0s, from: client, get: http://10.0.0.2/, name: page }
expect:
  - order:
      - client.eth0 out arp who-has 10.0.0.2 tell 10.0.0.1
      - client.eth0 out S 10.0.0.1:* > 10.0.0.2:80 seq 0
      - client.eth0 in S. 10.0.0.2:80 > 10.0.0.1:* seq 0 ack 1
  - path: [client.eth0 out S client:* > server:80, server.eth0 in S client:* > server:80]
    complete: true
  - { packet: client.eth0 out S *:* > *:80, times: 1, with: { eth.dst: $server.eth0.mac } }
  - never: client in R *:* > *:*
  - { count: 1, where: server.eth0 in, filter: tcp.flags.syn == 1 }
  - { response: page, status: 200, server: server, body: hello server, outcome: ok }
  - { table: client.neighbours, has: [{ address: 10.0.0.2, state: REACHABLE }] }
  - { dropped: no-route, times: 0 }
`),
    )
    held(verdict)
    assert.is(verdict.responses[0]?.server, 'server')
    assert.equal(
      verdict.invariants.map(({ ok }) => ok),
      verdict.invariants.map(() => true),
    )
  })

  test('gives each connection of the virtual service to the next server', () => {
    held(
      runSheet(
        inline(`
  - path:
      - client.eth0 out S 207.17.117.20:* > 199.237.202.124:80 ttl 64
      - lb.inside out S 207.17.117.20:* > 172.16.20.1:80 ttl 62
      - rs1.eth0 in S 207.17.117.20:* > 172.16.20.1:80 ttl 62
  - { served: { rs1: 2, rs2: 1 } }
  - { sequence: [rs1, rs2, rs1] }
  - { response: visit, status: 200 }
  - { table: lb.connections, has: [{ source: "*", virtual: "199.237.202.124:80" }], rows: 3 }
`),
      ),
    )
  })

  test('shows each kind of expectation that does not hold', () => {
    const verdict = runSheet(
      inline(`
  - path:
      - client.eth0 out S 207.17.117.20:* > 199.237.202.124:80
      - lb.inside out S 207.17.117.20:* > 172.16.20.2:80
    why: round-robin begins with rs1
  - packet: lb.inside out S *:* > 172.16.20.9:80
  - never: rs1.eth0 in S *:* > *:*
  - order: [rs1.eth0 in S *:* > *:*, rs1.eth0 in S. *:* > *:*]
  - { count: 1, where: lb.inside, filter: tcp.flags.syn == 1 }
  - { served: { rs1: 3 } }
  - { sequence: [rs2, rs1, rs1] }
  - { response: visit, status: 404 }
  - { table: lb.neighbours, has: [{ address: 172.16.20.77 }] }
  - { dropped: no-route, times: 1 }
`),
    )
    const problems = failures(verdict)
    assert.is(problems.length, 10)
    assert.is(problems[0], 'the packet met 1 line, but not line 2')
    assert.is(problems[6], 'choice 1 was rs1, not rs2 (of 3)')
    assert.is(problems[7], 'repetition 1: the status was 200, not 404')
    const { evidence } = verdict.expectations[0]!.failure!
    assert.is(evidence?.place, 'lb.inside')
    assert.equal(evidence?.differences, [
      { name: 'destination', expected: '172.16.20.2', actual: '172.16.20.1' },
    ])
    assert.is(evidence?.rule, 'service web: round-robin chose rs1:80')
    assert.is(verdict.expectations[0]?.place, 'sheet.yaml:22:5')
  })

  test('is the same run every time, and another with another seed', () => {
    const text = inline('  - { served: { rs1: 2 } }')
    const play = (seed: number): string => JSON.stringify(runSheet(text, { seed }))
    assert.is(play(1), play(1))
    assert.is.not(play(1), play(2))
  })

  test('an invariant that was allowed to be broken and was not is a failure', () => {
    const verdict = runSheet(inline('  - { served: { rs1: 2 } }', 'allow: { leak: a lesson }'))
    assert.is(verdict.ok, false)
    const leak = verdict.invariants.find(({ name }) => name === 'leak')
    assert.equal(leak, {
      name: 'leak',
      ok: false,
      broken: 0,
      allowed: 'a lesson',
      detail: undefined,
    })
  })

  test('may break an invariant that it allows to be broken', () => {
    const play = (allow: string): Verdict =>
      runSheet(`
title: test
aim: The server's gateway is the router, so its answer does not pass the balancer.
topology:
  networks: { outside: 10.1.0.0/24, lan: { subnets: [10.2.0.0/24, 10.3.0.0/24] } }
  nodes:
    client: { interfaces: { eth0: 10.1.0.1/24 }, gateway: router }
    router:
      role: router
      interfaces: { outside: 10.1.0.254/24, lan: { addresses: [10.2.0.254/24, 10.3.0.254/24] } }
    lb: { role: balancer, interfaces: { eth0: 10.2.0.253/24 }, gateway: router }
    rs1: { role: server, interfaces: { eth0: 10.2.0.1/24 }, gateway: router }
services:
  web: { balancer: lb, vip: 10.3.0.1:80/tcp, forward: dnat, servers: [rs1:80] }
steps:
  - { at: 0s, from: client, connect: 10.3.0.1:80/tcp, timeout: 2s, name: visit }
expect:
  - { packet: client.eth0 in S. 10.2.0.1:80 > *:*, times: { min: 1 } }
${allow}`)
    const leak = (verdict: Verdict): unknown =>
      verdict.invariants.find(({ name }) => name === 'leak')
    const forbidden = play('')
    assert.is(forbidden.ok, false)
    const [head = '', detail = ''] = reportVerdict(forbidden).split('\n')
    assert.match(head, /^sheet\.yaml: leak was broken /)
    assert.match(detail, /10\.2\.0\.1 > 10\.1\.0\.1 shows a real server$/)
    const allowed = play('allow: { leak: the answer takes a short cut }')
    assert.is(allowed.ok, true)
    assert.is((leak(allowed) as { allowed: string }).allowed, 'the answer takes a short cut')
  })

  test('ends when its bound of events is reached, and says so', () => {
    const verdict = runSheet(inline('  - { served: { rs1: 2 } }'), { maxEvents: 10 })
    assert.is(verdict.ok, false)
    assert.is(verdict.events, 10)
    assert.ok(verdict.notes[0]?.endsWith('after 10 events; --max-events sets the bound'))
  })

  test('goes on until connections have closed, and a second more', () => {
    const verdict = runSheet(`
title: test
aim: test
topology: lan
programs:
  slow: { nodes: [server], listen: 80/tcp, run: { script: [receive: end, sleep: 5s, close] } }
steps:
  - { at: 0s, from: client, connect: 172.16.20.1:80/tcp, do: [send: 10B, close], name: talk }
expect:
  - { packet: server.eth0 out F. *:* > *:*, at: { min: 5s, max: 5.001s } }
`)
    held(verdict)
    assert.ok(verdict.endedNs > 6e9 && verdict.endedNs <= 8e9, `it ended at ${verdict.endedNs} ns`)
  })

  test('ends when the sheet says so', () => {
    const steps = 'steps: [{ at: 0s, from: client, ping: 10.0.0.2, name: hello }]'
    const verdict = runSheet(lan(`${steps}\nuntil: 70s\nexpect: [{ response: hello }]`))
    held(verdict)
    assert.is(verdict.endedNs, 70e9)
  })

  test('reads a table at its instant, and forgets what a step flushes', () => {
    const row = '{ address: 10.0.0.2, state: REACHABLE }'
    held(
      runSheet(
        lan(`
steps:
  - { at: 1s, from: client, ping: 10.0.0.2, name: hello }
  - { at: 3s, flush: client.neighbours }
expect:
  - { table: client.neighbours, at: 500ms, rows: 0 }
  - { table: client.neighbours, at: 2s, has: [${row}], rows: 1 }
  - { table: client.neighbours, rows: 0 }
`),
      ),
    )
  })

  test('lets a step change a setting of the kernel', () => {
    const verdict = runSheet(
      inline(`
  - { dropped: not-forwarding, where: router, times: 1 }
`)
        .replace(
          'steps:',
          `steps:
  - { at: 0s, node: router, sysctl: { net.ipv4.ip_forward: 0 } }
  - { at: 0s, from: client, ping: 172.16.20.1, timeout: 1s, name: lost }`,
        )
        .replace(/ {2}- { at: 0s, from: client, get.*\n/, ''),
    )
    held(verdict)
  })

  test('a step that waits for another begins after its end', () => {
    held(
      runSheet(
        lan(`
steps:
  - { at: 0s, from: client, ping: 10.0.0.2, times: 2, every: 100ms, name: first }
  - { after: first, wait: 1s, from: client, ping: 10.0.0.2, size: 100B, name: second }
expect:
  - packet: client.eth0 out icmp echo-request client > server len 100
    at: { min: 1.1s, max: 1.12s }
`),
      ),
    )
  })

  test('goes on until the last table has been read', () => {
    const steps = 'steps: [{ at: 0s, from: client, ping: 10.0.0.2, name: hello }]'
    const table = '{ table: client.neighbours, at: 90s, has: [{ state: STALE }] }'
    const verdict = runSheet(lan(`${steps}\nexpect: [${table}]`))
    held(verdict)
    assert.is(verdict.endedNs, 90e9)
  })

  test('is refused where it reads well and cannot be run', () => {
    const problem = (text: string): string => {
      try {
        runSheet(text)
      } catch (error) {
        assert.ok(error instanceof SheetError)
        return (error as SheetError).message
      }
      return 'none'
    }
    const end = 'expect: [{ response: hello }]'
    const steps = 'steps: [{ at: 0s, from: client, ping: 10.0.0.2, name: hello }]'
    assert.is(
      problem(lan(`  two: { nodes: [server], listen: 80/tcp, run: echo }\n${steps}\n${end}`)),
      `sheet.yaml:11:8: 80/tcp of server is taken by program 'web'`,
    )
    const late = `${steps}\nuntil: 3s\nexpect: [{ table: client.neighbours, at: 4s, rows: 0 }]`
    assert.is(problem(lan(late)), 'sheet.yaml:13:10: the run ends at 3s, before 4s')
  })

  test('has to be a sheet', () => {
    assert.throws(
      () => runSheet('title: x'),
      (error: unknown) => error instanceof SheetError,
    )
  })
})
