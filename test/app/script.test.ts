import { mustHold } from '../../sim/lab/index.ts'
import { assert, suite } from '../lib/harness.ts'
import { onLan, responses } from './lan.ts'

const listener = (operations: string): string =>
  `peer: { nodes: [server], listen: 80/tcp, run: { script: [${operations}] } }`
const talk = (operations: string, more = ''): string =>
  `- { at: 0s, from: client, connect: 172.16.20.1:80/tcp, source-port: 40000, do: [${operations}]${more}, name: talk }`

suite('script', (test) => {
  test('half-close: the client ends its half and reads to the end (RFC 9293 §3.6)', () => {
    const verdict = onLan({
      programs: listener('receive: end, sleep: 100ms, send: 5000B, close'),
      steps: talk('send: 1000B, shutdown, receive: end, close'),
      expect: `
        - order:
            - client.eth0 out F. 172.16.20.100:40000 > 172.16.20.1:80
            - client.eth0 in  172.16.20.1:80 > 172.16.20.100:40000 seq 1:1449
            - client.eth0 out . 172.16.20.100:40000 > 172.16.20.1:80 ack 5001
        - { count: 0, where: client.eth0, filter: tcp.flags.reset == 1 }
        - { response: talk, outcome: ok, bytes: 5000B }`,
    })
    mustHold(verdict)
  })

  test('say replaces {node} and {peer} and is filled up to a size', () => {
    const verdict = onLan({
      programs: listener('say: { text: "{node} {peer} ", size: 50B }, close'),
      steps: talk('receive: end, close'),
      expect: '- { response: talk, bytes: 50B, contains: "server 172.16.20.100:40000 ...." }',
    })
    mustHold(verdict)
  })

  test('abort sends RST, and the other side learns of it', () => {
    const verdict = onLan({
      programs: listener('receive: 10B, abort'),
      steps: talk('send: 10B, receive: end, close'),
      expect: '- packet: client.eth0 in R. 172.16.20.1:80 > 172.16.20.100:40000',
    })
    mustHold(verdict)
    assert.equal(responses(verdict), ['talk reset 0'])
  })

  test('an end where more was expected is "closed"', () => {
    const verdict = onLan({
      programs: listener('send: 10B, close'),
      steps: talk('receive: 100B, close'),
    })
    assert.equal(responses(verdict), ['talk closed 10'])
  })

  test('each wait has its patience', () => {
    const verdict = onLan({
      programs: listener('sleep: 1h'),
      steps: talk('receive: 1B, close', ', timeout: 2s'),
      expect: '- { response: talk, outcome: timeout, took: { min: 2s, max: 2001ms } }',
      until: '5s',
    })
    mustHold(verdict)
  })

  test('a closed port refuses, a silent address is unreachable after three ARP requests', () => {
    const verdict = onLan({
      steps: `
        - { at: 0s, from: client, connect: 172.16.20.1:81/tcp, name: closed }
        - { at: 1s, from: client, connect: 172.16.20.77:80/tcp, name: nobody }
        - { at: 2s, from: client, connect: 10.9.9.9:80/tcp, name: no-route }
        - { at: 3s, from: client, get: http://unknown.example/, name: no-name }`,
    })
    assert.equal(responses(verdict).sort(), [
      'closed refused 0',
      'no-name unreachable 0',
      'no-route unreachable 0',
      'nobody unreachable 0',
    ])
  })

  test('a connection stays open under its name until a later step goes on with it', () => {
    const verdict = onLan({
      programs: 'back: { nodes: [server], listen: 7/tcp, run: echo }',
      steps: `
        - { at: 0s, from: client, connect: 172.16.20.1:7/tcp, name: held }
        - { at: 1s, continue: held, do: [send: 100B, receive: 100B], name: more }
        - { after: more, wait: 1s, continue: held, do: [say: "bye", receive: 3B, close], name: last }`,
      expect: `
        - { count: 1, where: server.eth0 in, filter: tcp.flags.syn == 1 }
        - packet: client.eth0 out P. 172.16.20.100:* > 172.16.20.1:7 seq 101:104
          at: { min: 2s, max: 2010ms }`,
    })
    mustHold(verdict)
    assert.equal(responses(verdict), ['held ok 0', 'more ok 100', 'last ok 3'])
  })

  test('separate writes are separate segments with nodelay', () => {
    const verdict = onLan({
      programs: listener('receive: end, close'),
      steps: talk('set: { no-delay: true }, send: { size: 100B, times: 3 }, close'),
      expect: '- { count: 3, where: client.eth0 out, filter: tcp.len == 100 }',
    })
    mustHold(verdict)
  })

  test('a slow reader takes what is there, again and again', () => {
    const verdict = onLan({
      programs: listener('receive: { up-to: 1000B, every: 100ms }, close'),
      steps: talk('send: 5000B, shutdown, receive: end, close'),
      expect: '- { response: talk, outcome: ok, took: { min: 500ms, max: 700ms } }',
    })
    mustHold(verdict)
  })

  test('call opens a connection back', () => {
    const verdict = onLan({
      programs: `
        ${listener('receive: 1B, call: { to: "{peer-address}:5000", do: [send: 20B, close] }, close')}
        data: { nodes: [client], listen: 5000/tcp, run: sink }`,
      steps: talk('send: 1B, receive: end, close'),
      expect: '- packet: client.eth0 in S 172.16.20.1:* > 172.16.20.100:5000',
    })
    mustHold(verdict)
  })
})
