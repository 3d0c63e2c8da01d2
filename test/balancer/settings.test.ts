import { ACCEPT, DROP, REJECT, REROUTE } from '../../sim/hook/hook.ts'
import { DROPS } from '../../sim/trace/index.ts'
import { ACK, FIN, RST, SYN } from '../../sim/wire/tcp.ts'
import { assert, suite } from '../lib/harness.ts'
import { type Ends, ip, segment } from '../nat/packets.ts'
import { type Passed, Stand, server, service, VIP } from './stand.ts'

// The kernel settings of a balancer (Documentation/networking/ipvs-sysctl.rst). They may change
// while it runs.

const CLIENT = '207.17.117.20'
const RS1 = '172.16.20.1'
const RS2 = '172.16.20.2'
const toVip = (srcPort: number): Ends => {
  return { src: ip(CLIENT), dst: ip(VIP), srcPort, dstPort: 80 }
}
const from = (address: string): Ends => {
  return { src: ip(address), dst: ip(CLIENT), srcPort: 80, dstPort: 1000 }
}

function standWith(settings: Record<string, number>, forward = 'dnat'): Stand {
  const stand = new Stand(service([RS1, RS2], { forward }))
  for (const [name, value] of Object.entries(settings)) {
    stand.settings[`net.ipv4.vs.${name}`] = value
  }
  return stand
}

const to = ({ octets }: Passed): string => [...octets.slice(16, 20)].join('.')

suite('conn_reuse_mode', (test) => {
  const over = [SYN, ACK, FIN | ACK]

  test('0: a SYN stays with the server of a connection that is over', () => {
    const stand = standWith({ conn_reuse_mode: 0 })
    for (const flags of [SYN, ACK, RST]) stand.request(segment(toVip(1000), flags))
    assert.is(stand.balancer.connections()[0]?.state, 'CLOSE')
    assert.is(to(stand.request(segment(toVip(1000), SYN))), RS1)
  })

  // Measured: FIN_WAIT is not over with 1, the default; bit 2 makes it so where answers are unseen.
  for (const [mode, server] of [
    [1, RS1],
    [2, RS2],
    [3, RS2],
  ] as const) {
    test(`${mode}: in direct routing a SYN after the client's FIN goes to ${server}`, () => {
      const stand = standWith({ conn_reuse_mode: mode }, 'direct')
      for (const flags of over) stand.request(segment(toVip(1000), flags))
      assert.is(stand.balancer.connections()[0]?.state, 'FIN_WAIT')
      assert.is(stand.request(segment(toVip(1000), SYN)).nextHop, ip(server))
    })
  }
})

suite('expire_nodest_conn', (test) => {
  test('1: connections end with their server, and what follows is for the machine', () => {
    const stand = standWith({ expire_nodest_conn: 1 })
    stand.request(segment(toVip(1000), SYN))
    stand.balancer.removeServer(0, 0)
    assert.is(stand.balancer.size, 0)
    assert.is(stand.request(segment(toVip(1000), ACK)).verdict, ACCEPT)
  })

  test('1: a connection that outlived its server ends at its next packet', () => {
    const stand = standWith({})
    stand.request(segment(toVip(1000), SYN))
    stand.balancer.removeServer(0, 0)
    stand.settings['net.ipv4.vs.expire_nodest_conn'] = 1
    assert.is(stand.request(segment(toVip(1000), ACK)).verdict, DROP)
    assert.is(stand.balancer.size, 0)
  })

  test('1: a SYN leaves a server that has weight 0', () => {
    for (const [value, server] of [
      [0, RS1],
      [1, RS2],
    ] as const) {
      const stand = standWith({ expire_nodest_conn: value, conn_reuse_mode: 0 })
      for (const flags of [SYN, ACK]) stand.request(segment(toVip(1000), flags))
      stand.balancer.setWeight(0, 0, 0)
      assert.is(to(stand.request(segment(toVip(1000), SYN))), server)
    }
  })
})

suite('sloppy_tcp', (test) => {
  test('1: any segment but a reset begins a connection', () => {
    const stand = standWith({ sloppy_tcp: 1 })
    assert.is(stand.request(segment(toVip(1000), ACK)).verdict, REROUTE)
    assert.is(stand.balancer.connections()[0]?.state, 'ESTABLISHED')
    assert.is(stand.request(segment(toVip(1001), RST)).verdict, ACCEPT)
    assert.is(stand.request(segment(toVip(1001), SYN | RST)).verdict, ACCEPT)
  })
})

suite('nat_icmp_send', (test) => {
  test('1: a server that answers nothing we know of is told so', () => {
    const stand = standWith({ nat_icmp_send: 1 })
    stand.balancer.addServer(0, server(`${RS1}:80`))
    const { verdict, icmp, reason } = stand.reply(segment(from(RS1), SYN | ACK))
    assert.is(verdict, REJECT)
    assert.is(icmp, 3 * 256 + 3)
    assert.is(DROPS[reason], 'no-destination')
    // A reset needs no answer, and other machines are nobody's business.
    assert.is(stand.reply(segment(from(RS1), RST)).verdict, ACCEPT)
    assert.is(stand.reply(segment(from('172.16.20.9'), ACK)).verdict, ACCEPT)
  })
})
