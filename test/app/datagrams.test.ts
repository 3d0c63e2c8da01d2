import { mustHold } from '../../sim/lab/index.ts'
import { assert, suite } from '../lib/harness.ts'
import { onLan, responses } from './lan.ts'

suite('datagram', (test) => {
  test('an echo comes back; a closed port is refused; silence is a timeout', () => {
    const verdict = onLan({
      programs: `
        back: { nodes: [server], listen: 7/udp, run: echo }
        hole: { nodes: [server], listen: 9/udp, run: sink }`,
      steps: `
        - { at: 0s, from: client, datagram: 172.16.20.1:7/udp, text: hello, name: echo }
        - { at: 1s, from: client, datagram: 172.16.20.1:8/udp, size: 10B, name: closed }
        - { at: 2s, from: client, datagram: 172.16.20.1:9/udp, size: 10B, timeout: 1s, name: silent }
        - { at: 4s, from: client, datagram: 172.16.20.1:9/udp, size: 10B, answers: 0, name: one-way }`,
      expect: '- { response: echo, body: hello, server: server }',
    })
    mustHold(verdict)
    assert.equal(responses(verdict), [
      'echo ok 5',
      'closed refused 0',
      'silent timeout 0',
      'one-way ok 0',
    ])
  })

  test('a script answers each datagram', () => {
    const verdict = onLan({
      programs:
        'answer: { nodes: [server], listen: 5/udp, run: { script: [sleep: 10ms, say: "from {node}"] } }',
      steps: '- { at: 0s, from: client, datagram: 172.16.20.1:5/udp, size: 1B, name: ask }',
      expect: '- { response: ask, body: from server, took: { min: 10ms, max: 11ms } }',
    })
    mustHold(verdict)
  })

  test('4,000 octets travel in fragments and are answered whole', () => {
    const verdict = onLan({
      programs: 'back: { nodes: [server], listen: 7/udp, run: echo }',
      steps:
        '- { at: 0s, from: client, datagram: 172.16.20.1:7/udp, size: 4000B, dont-fragment: never, name: big }',
      expect: `
        - { response: big, outcome: ok, bytes: 4000B }
        - { count: 3, where: server.eth0 in, filter: ip.flags.mf == 1 || ip.frag_offset > 0 }`,
    })
    mustHold(verdict)
  })

  test('pings rise in sequence, one a second', () => {
    const verdict = onLan({
      steps: '- { at: 0s, from: client, ping: 172.16.20.1, times: 3, id: 7, name: pings }',
      expect: `
        - { count: 3, where: server.eth0 in, filter: icmp.type == 8 && icmp.ident == 7 }
        - packet: server.eth0 in icmp echo-request 172.16.20.100 > 172.16.20.1
          with: { icmp.seq: 3 }
          at: { min: 2s, max: 2001ms }`,
    })
    mustHold(verdict)
  })
})

const NAMES = `
  names:
    nodes: [server]
    listen: 53/udp
    run:
      dns:
        zone:
          www.example.com: { addresses: [172.16.20.1, 172.16.20.2, 172.16.20.3], ttl: 60s, rotate: true }`
const RESOLVER = '{ use: lan, nodes: { client: { resolver: { server: server } } } }'

suite('resolver', (test) => {
  test('believes an answer for its TTL, then asks again and meets the next address', () => {
    const verdict = onLan({
      topology: RESOLVER,
      programs: NAMES,
      steps: `
        - { at: 0s, from: client, resolve: www.example.com, name: first }
        - { at: 59s, from: client, resolve: www.example.com, name: cached }
        - { at: 61s, from: client, resolve: www.example.com, name: again }
        - { at: 62s, from: client, resolve: nobody.example.com, name: nobody }`,
      expect: `
        - { response: first, body: 172.16.20.1 172.16.20.2 172.16.20.3 }
        - { response: cached, body: 172.16.20.1 172.16.20.2 172.16.20.3 }
        - { response: again, body: 172.16.20.2 172.16.20.3 172.16.20.1 }
        - { response: nobody, outcome: unreachable }
        - { count: 3, where: server.eth0 in, filter: dns.flags.response == 0 }`,
    })
    mustHold(verdict)
  })

  test('a silent name server is asked twice, five seconds each', () => {
    const verdict = onLan({
      topology: RESOLVER,
      programs: 'hole: { nodes: [server], listen: 53/udp, run: sink }',
      steps: '- { at: 0s, from: client, resolve: www.example.com, name: ask }',
      expect: `
        - { response: ask, outcome: timeout, took: { min: 10s, max: 10001ms } }
        - { count: 2, where: server.eth0 in, filter: udp.dstport == 53 }`,
    })
    mustHold(verdict)
  })
})

suite('load', (test) => {
  const site = 'site: { nodes: [server], listen: 80/tcp, run: web }'

  test('a constant rate is one visit each so often', () => {
    const verdict = onLan({
      programs: site,
      steps:
        '- { at: 0s, from: client, load: http://172.16.20.1/, arrivals: { constant: 10/s }, for: 2s, name: load }',
      expect: `
        - { count: 20, where: server.eth0 in, filter: tcp.flags.syn == 1 }
        - { count: 10, where: server.eth0 in, filter: tcp.flags.syn == 1, during: [950ms, 1950ms] }`,
    })
    mustHold(verdict)
    assert.is(responses(verdict).filter((line) => line === 'load ok 200 1024').length, 20)
  })

  test('a request is padded to its size', () => {
    const verdict = onLan({
      programs: site,
      steps:
        '- { at: 0s, from: client, load: http://172.16.20.1/, arrivals: { constant: 1/s }, for: 1s, size: 200B, name: load }',
      expect: '- { count: 1, where: server.eth0 in, filter: tcp.len == 200 }',
    })
    mustHold(verdict)
  })

  test('busy users begin the next visit when one has ended', () => {
    const verdict = onLan({
      programs: 'site: { nodes: [server], listen: 80/tcp, run: { web: { wait: 100ms } } }',
      steps:
        '- { at: 0s, from: client, load: http://172.16.20.1/, arrivals: { closed: 3 }, for: 1s, name: load }',
      expect:
        '- { count: { min: 28, max: 33 }, where: server.eth0 in, filter: tcp.flags.syn == 1 }',
    })
    mustHold(verdict)
  })

  test('random arrivals come at their rate', () => {
    const verdict = onLan({
      programs: site,
      steps:
        '- { at: 0s, from: client, load: http://172.16.20.1/, arrivals: { poisson: 100/s }, for: 20s, name: load }',
      expect:
        '- { count: { about: 2000, within: 135 }, where: server.eth0 in, filter: tcp.flags.syn == 1 }',
    })
    mustHold(verdict)
  })
})
