import { ACCEPT, REJECT, RELAY, REROUTE } from '../../sim/hook/hook.ts'
import { ACK, SYN } from '../../sim/wire/tcp.ts'
import { assert, sameBytes, suite } from '../lib/harness.ts'
import { type Ends, icmpError, ip, segment } from '../nat/packets.ts'
import { OWN, Stand, service, VIP } from './stand.ts'

// Forwarders whose answers go past the balancer: direct, l2 and local.

const CLIENT = '207.17.117.20'
const RS1 = '172.16.20.1'
const toVip: Ends = { src: ip(CLIENT), dst: ip(VIP), srcPort: 40000, dstPort: 80 }
const answer: Ends = { src: ip(VIP), dst: ip(CLIENT), srcPort: 80, dstPort: 40000 }

const stand = (forward: string, server = RS1): Stand => new Stand(service([server], { forward }))

suite('an ICMP error about an answer', (test) => {
  for (const [forward, verdict] of [
    ['direct', REROUTE],
    ['l2', RELAY],
  ] as const) {
    test(`goes on to the server as it came (${forward})`, () => {
      const lb = stand(forward)
      lb.request(segment(toVip, SYN))
      const error = icmpError(ip('10.9.9.9'), ip(VIP), segment(answer, ACK).subarray(0, 28), 3, 4)
      const got = lb.request(error)
      assert.is(got.verdict, verdict)
      assert.is(got.nextHop, ip(RS1))
      if (forward === 'l2') sameBytes(got.octets, error)
      else sameBytes(got.octets.subarray(12), error.subarray(12))
    })
  }

  test('stays with the machine when that is the server (local)', () => {
    const lb = stand('local', VIP)
    lb.request(segment(toVip, SYN))
    const error = icmpError(ip('10.9.9.9'), ip(VIP), segment(answer, ACK).subarray(0, 28), 3, 4)
    const got = lb.request(error)
    assert.is(got.verdict, ACCEPT)
    sameBytes(got.octets, error)
  })
})

suite('the last hop', (test) => {
  const dying = segment(toVip, SYN, new Uint8Array(0), 1)

  test('ends at a balancer that routes, and not at one that bridges or serves itself', () => {
    assert.is(stand('direct').request(dying).verdict, REJECT)
    assert.is(stand('l2').request(dying).verdict, RELAY)
    assert.is(stand('local', VIP).request(dying).verdict, ACCEPT)
  })

  test('reaches a server that is the balancer itself, however it forwards', () => {
    for (const forward of ['dnat', 'direct']) {
      assert.is(stand(forward, `${OWN}:80`).request(dying).verdict, REROUTE)
    }
  })
})

suite('a packet that comes round again', (test) => {
  test('is no second choice: answers of a server that leaves by the balancer stay untouched', () => {
    const lb = stand('direct')
    lb.request(segment(toVip, SYN))
    const own = segment({ src: ip(RS1), dst: ip(CLIENT), srcPort: 80, dstPort: 40000 }, SYN | ACK)
    const { octets, verdict } = lb.reply(own)
    assert.is(verdict, ACCEPT)
    assert.equal([...octets.slice(12, 16)].join('.'), RS1)
  })
})
