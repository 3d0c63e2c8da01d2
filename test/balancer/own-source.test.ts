import { ACCEPT, DROP, REJECT, REROUTE } from '../../sim/hook/hook.ts'
import { DROPS } from '../../sim/trace/index.ts'
import { ACK, SYN } from '../../sim/wire/tcp.ts'
import { assert, suite } from '../lib/harness.ts'
import { type Ends, icmpError, ip, segment, wrongChecksums } from '../nat/packets.ts'
import { OWN, type Passed, S, Stand, service, VIP } from './stand.ts'

// `forward: snat`: connections with a source of the balancer's.

const CLIENT = '207.17.117.20'
const OTHER = '207.17.117.21'
const RS1 = '172.16.20.1'
const RS2 = '172.16.20.2'

const toVip = (srcPort: number, client = CLIENT): Ends => {
  return { src: ip(client), dst: ip(VIP), srcPort, dstPort: 80 }
}

/** A reply of RS1 to the balancer's port. */
const back = (dstPort: number): Ends => {
  return { src: ip(RS1), dst: ip(OWN), srcPort: 80, dstPort }
}

function ends({ octets }: Passed, at = 0): string {
  const host = (from: number): string => [...octets.slice(at + from, at + from + 4)].join('.')
  const port = (from: number): number => octets[at + from]! * 256 + octets[at + from + 1]!
  return `${host(12)}:${port(20)} > ${host(16)}:${port(22)}`
}

/** Source and destination of the IP header alone. */
const hosts = (passed: Passed): string => ends(passed).replaceAll(/:\d+/g, '')

function snat(servers: readonly string[] = [RS1], ports?: readonly [number, number]): Stand {
  const [firstPort, lastPort] = ports ?? [0, 0]
  const sources = { addresses: [], firstPort, lastPort }
  return new Stand(service(servers, { forward: 'snat', sources }))
}

suite('ports of the balancer', (test) => {
  test('stay what the client had while they are free, and then are others', () => {
    const stand = snat()
    assert.is(ends(stand.request(segment(toVip(40000), SYN))), `${OWN}:40000 > ${RS1}:80`)
    const second = stand.request(segment(toVip(40000, OTHER), SYN))
    assert.not.match(ends(second), ':40000')
    assert.match(ends(second), `${OWN}:`)
    // Both are told apart in the answers.
    const port = Number(/:(\d+) >/.exec(ends(second))![1])
    assert.is(ends(stand.request(segment(back(40000), SYN | ACK))), `${VIP}:80 > ${CLIENT}:40000`)
    assert.is(ends(stand.request(segment(back(port), SYN | ACK))), `${VIP}:80 > ${OTHER}:40000`)
  })

  test('serve every server once more', () => {
    const stand = snat([RS1, RS2], [50000, 50000])
    assert.is(ends(stand.request(segment(toVip(1000), SYN))), `${OWN}:50000 > ${RS1}:80`)
    assert.is(ends(stand.request(segment(toVip(1001), SYN))), `${OWN}:50000 > ${RS2}:80`)
  })

  test('run out: the packet is dropped in silence and leaves nothing behind', () => {
    const stand = snat([RS1], [50000, 50001])
    for (const port of [1000, 1001]) stand.request(segment(toVip(port), SYN))
    const { verdict, reason } = stand.request(segment(toVip(1002), SYN))
    assert.is(verdict, DROP)
    assert.is(DROPS[reason], 'nat-clash')
    assert.is(stand.balancer.size, 2)
    assert.equal(stand.balancer.counts(0, 0), { active: 2, inactive: 0 })
  })

  test('are free again when their connection is forgotten', () => {
    const stand = snat([RS1], [50000, 50000])
    stand.request(segment(toVip(1000), SYN))
    stand.clock.now = 60 * S
    assert.is(stand.request(segment(toVip(1001), SYN)).verdict, REROUTE)
  })

  test('come from the pool of the sheet', () => {
    const sources = { addresses: [ip('172.16.20.250')], firstPort: 0, lastPort: 0 }
    const stand = new Stand(service([RS1], { forward: 'snat', sources }))
    const { octets, verdict } = stand.request(segment(toVip(1000), SYN))
    assert.is(verdict, REROUTE)
    assert.equal([...octets.slice(12, 16)].join('.'), '172.16.20.250')
  })
})

suite('ICMP errors about connections with a source of the balancer', (test) => {
  test('about a request go to the client, who sees its own packet', () => {
    const stand = snat([`${RS1}:8080`])
    const sent = stand.request(segment(toVip(40000), SYN))
    const error = icmpError(ip(RS1), ip(OWN), sent.octets.subarray(0, 28))
    const got = stand.request(error)
    assert.is(got.verdict, REROUTE)
    assert.equal(wrongChecksums(got.octets), [])
    assert.is(hosts(got), `${VIP} > ${CLIENT}`)
    assert.is(ends(got, 28), `${CLIENT}:40000 > ${VIP}:80`)
  })

  test('about a reply go to the server, who sees its own packet', () => {
    const stand = snat([`${RS1}:8080`])
    stand.request(segment(toVip(40000), SYN))
    const answer = { ...back(40000), srcPort: 8080 }
    const seen = stand.request(segment(answer, SYN | ACK))
    const got = stand.request(icmpError(ip('10.9.9.9'), ip(VIP), seen.octets.subarray(0, 28), 3, 4))
    assert.is(got.verdict, REROUTE)
    assert.equal(wrongChecksums(got.octets), [])
    assert.is(hosts(got), `${OWN} > ${RS1}`)
    assert.is(ends(got, 28), `${RS1}:8080 > ${OWN}:40000`)
  })

  test('of the machine itself find their way in both directions', () => {
    const stand = snat()
    const sent = stand.request(segment(toVip(40000), SYN))
    const toClient = stand.own(icmpError(ip(OWN), ip(OWN), sent.octets.subarray(0, 28)))
    assert.is(toClient.verdict, ACCEPT)
    assert.is(hosts(toClient), `${VIP} > ${CLIENT}`)
    assert.is(ends(toClient, 28), `${CLIENT}:40000 > ${VIP}:80`)
    const seen = stand.request(segment(back(40000), SYN | ACK))
    const toServer = stand.own(icmpError(ip(VIP), ip(VIP), seen.octets.subarray(0, 28)))
    assert.is(hosts(toServer), `${OWN} > ${RS1}`)
    assert.is(ends(toServer, 28), `${RS1}:80 > ${OWN}:40000`)
    for (const { octets } of [toClient, toServer]) assert.equal(wrongChecksums(octets), [])
  })

  test('a reply with one hop left ends here, and the server is told of what it sent', () => {
    const stand = snat()
    stand.request(segment(toVip(40000), SYN))
    const answer = segment(back(40000), SYN | ACK, new Uint8Array(0), 1)
    const got = stand.request(answer)
    assert.is(got.verdict, REJECT)
    assert.is(got.icmp, 11 * 256)
    assert.is(ends(got), `${RS1}:80 > ${OWN}:40000`)
  })
})
