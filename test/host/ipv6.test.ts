import type { Host } from '../../sim/host/host.ts'
import type { Interface } from '../../sim/host/interface.ts'
import { assert, bytes, cases, suite } from '../lib/harness.ts'
import { Stand } from './ipv6-stand.ts'

const CLIENT = '2001:db8:1::10'
const ROUTER = '2001:db8:1::1'
const SERVER = '2001:db8:2::20'

interface Lab {
  readonly stand: Stand
  readonly client: Host
  readonly router: Host
  readonly server: Host
  readonly near: Interface
  readonly far: Interface
  readonly ping: ReturnType<Stand['pinger']>
}

/** client -- router -- server; the far cable may carry less. Warm: all MACs are known. */
function lab(farMtu = 1500, sysctl: Record<string, number> = {}): Lab {
  const stand = new Stand()
  const { net } = stand
  const client = net.host('client')
  const router = net.host('router', { 'net.ipv6.conf.all.forwarding': 1, ...sysctl })
  const server = net.host('server')
  const near = stand.iface(client, `${CLIENT}/64`)
  const far = stand.iface(server, `${SERVER}/64`)
  net.cable(near, stand.iface(router, `${ROUTER}/64`))
  const outside = stand.iface(router, '2001:db8:2::1/64')
  net.cable(outside, far)
  outside.mtu = farMtu
  far.mtu = farMtu
  net.start()
  stand.route(client, near, ROUTER)
  stand.route(server, far, '2001:db8:2::1')
  const ping = stand.pinger(client)
  ping(SERVER)
  net.run(0.1)
  return { stand, client, router, server, near, far, ping }
}

/** What the client's wire has seen since the last ping's first packet. */
const after = ({ stand, near }: Lab, count: number): string[] => stand.seen(near).slice(-count)

suite('ipv6 forwarding', (test) => {
  test('a router lowers the hop limit, and the answer finds its way', () => {
    const at = lab()
    assert.equal(after(at, 2), [
      `> icmp 128/0 ${CLIENT} > ${SERVER} limit 64`,
      `< icmp 129/0 ${SERVER} > ${CLIENT} limit 63`,
    ])
  })

  test('hop limit 1: time exceeded, from the address towards the sender (capture 16d)', () => {
    const at = lab()
    at.ping(SERVER, 56, 1)
    at.stand.net.run(0.1)
    assert.is(after(at, 1)[0], `< icmp 3/0 ${ROUTER} > ${CLIENT} limit 64`)
    assert.equal(at.stand.net.drops().slice(-1), ['ttl-exceeded'])
  })

  test('no route comes before the hop limit (capture 16d: 1/0)', () => {
    const at = lab()
    at.ping('2001:db8:3::1', 56, 1)
    at.stand.net.run(0.1)
    assert.is(after(at, 1)[0], `< icmp 1/0 ${ROUTER} > ${CLIENT} limit 64`)
  })

  test('nobody behind the router: address unreachable after three seconds', () => {
    const at = lab()
    at.ping('2001:db8:2::77')
    at.stand.net.run(3.1)
    assert.is(after(at, 1)[0], `< icmp 1/3 ${ROUTER} > ${CLIENT} limit 64`)
    assert.is(at.client.icmp.echo.receive(0)?.isReply, true)
    assert.is(at.client.icmp.echo.receive(0)?.type, 1)
  })

  test('a machine that is no router forwards nothing and says nothing', () => {
    const at = lab(1500, { 'net.ipv6.conf.all.forwarding': 0 })
    assert.equal(at.stand.net.drops().slice(-1), ['not-forwarding'])
  })

  test('errors to one machine: six and then one in 100 ms (net.ipv6.icmp.ratelimit)', () => {
    const at = lab()
    for (let i = 0; i < 20; i++) at.ping('2001:db8:3::1')
    at.stand.net.run(0.01)
    const errors = (): number =>
      at.stand.seen(at.near).filter((line) => line.includes('1/0')).length
    assert.is(errors(), 6)
    at.stand.net.run(0.1)
    at.ping('2001:db8:3::1')
    at.ping('2001:db8:3::1')
    at.stand.net.run(0.01)
    assert.is(errors(), 7)
    assert.is(at.router.ipv6.icmp.suppressed, 15)
  })
})

suite('ipv6 path MTU and fragments', (test) => {
  test('only the source cuts: 3,008 octets are 1448 + 1448 + 112 (capture 16b)', () => {
    const at = lab()
    at.ping(SERVER, 3000)
    at.stand.net.run(0.1)
    const there = `${CLIENT} > ${SERVER}`
    const back = `${SERVER} > ${CLIENT}`
    assert.equal(after(at, 6), [
      `> fragment 0+1448 more ${there}`,
      `> fragment 1448+1448 more ${there}`,
      `> fragment 2896+112 ${there}`,
      `< fragment 0+1448 more ${back}`,
      `< fragment 1448+1448 more ${back}`,
      `< fragment 2896+112 ${back}`,
    ])
    assert.is(at.client.icmp.echo.receive(0)?.size, 56)
    assert.is(at.client.icmp.echo.receive(0)?.size, 3000)
  })

  test('packet too big teaches the path MTU, and the next one is cut (capture 16c)', () => {
    const at = lab(1400)
    at.ping(SERVER, 1452)
    at.stand.net.run(0.1)
    assert.is(after(at, 1)[0], `< icmp 2/0 1400 ${ROUTER} > ${CLIENT} limit 64`)
    at.ping(SERVER, 1452)
    at.stand.net.run(0.1)
    assert.equal(after(at, 4).slice(0, 2), [
      `> fragment 0+1352 more ${CLIENT} > ${SERVER}`,
      `> fragment 1352+108 ${CLIENT} > ${SERVER}`,
    ])
    assert.is(at.client.ip.mtuTowards(at.stand.number(SERVER)), 1400)
  })

  test('it is forgotten after ten minutes', () => {
    const at = lab(1400)
    at.ping(SERVER, 1452)
    at.stand.net.run(599)
    assert.is(at.client.ip.mtuTowards(at.stand.number(SERVER)), 1400)
    at.stand.net.run(2)
    assert.is(at.client.ip.mtuTowards(at.stand.number(SERVER)), 1500)
  })

  test('a packet that may not be cut stays here once the path MTU is known', () => {
    const at = lab(1400)
    at.ping(SERVER, 1452, 0, false)
    at.stand.net.run(0.1)
    at.ping(SERVER, 1452, 0, false)
    at.stand.net.run(0.1)
    assert.is(at.stand.net.drops().at(-1), 'too-big')
  })

  test('a fragment that is lost: after 60 s the sender hears that it took too long', () => {
    const at = lab()
    let seen = 0
    const port = at.far.port!
    const { receiver } = port
    port.receiver = {
      receive: (frame, by) => {
        seen++
        if (seen === 2) at.server.drop(frame, at.far.place, 0)
        else receiver.receive(frame, by)
      },
    }
    at.ping(SERVER, 3000)
    const errors = (): string[] => at.stand.seen(at.near).filter((line) => line.includes('icmp 3'))
    at.stand.net.run(59.9)
    assert.equal(errors(), [])
    at.stand.net.run(0.2)
    assert.equal(errors(), [`< icmp 3/1 ${SERVER} > ${CLIENT} limit 63`])
    assert.is(at.server.ipv6.held, 0)
  })
})

/** A UDP-like fragment of 16 octets, id 7, from CLIENT to SERVER. */
function fragment(offset: number, more: boolean, size = 16): Uint8Array {
  const head = bytes(`
    60 00 00 00 00 ${(size + 8).toString(16).padStart(2, '0')} 2c 40
    20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 10
    20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 20
    11 00 ${(offset | Number(more)).toString(16).padStart(4, '0')} 00 00 00 07`)
  return Uint8Array.of(...head, ...new Array<number>(size).fill(0xee))
}

cases(
  'ipv6 reassembly',
  [
    {
      name: 'an overlap spoils the packet (RFC 5722)',
      parts: [fragment(0, true), fragment(8, false)],
      drops: ['fragment-overlap', 'fragment-overlap'],
      held: 0,
    },
    {
      name: 'the same part twice is dropped once',
      parts: [fragment(0, true), fragment(0, true)],
      drops: ['fragment-overlap'],
      held: 1,
    },
    {
      name: 'a part that is no multiple of eight',
      parts: [fragment(0, true, 15)],
      drops: ['fragment-bad'],
      held: 0,
    },
    {
      name: 'a packet longer than 65,535 octets',
      parts: [fragment(0xfff8, false)],
      drops: ['fragment-bad'],
      held: 0,
    },
    {
      name: 'the only part is the whole packet (RFC 6946)',
      parts: [fragment(0, false)],
      drops: ['udp-bad-length'],
      held: 0,
    },
  ],
  ({ parts, drops, held }) => {
    const at = lab()
    for (const part of parts) at.stand.arrive(at.far, '02:00:00:00:02:01', part)
    assert.equal(at.stand.net.drops(), drops)
    assert.is(at.server.ipv6.fragments.held, held)
  },
)

/** An IPv6 packet from CLIENT to SERVER with the given next header and payload. */
function packet(next: string, payload: string, src = '2001:db8:1::10'): Uint8Array {
  const octets = bytes(payload)
  const head = bytes(`
    60 00 00 00 00 ${octets.length.toString(16).padStart(2, '0')} ${next} 40
    20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 10
    20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 20`)
  if (src === '::1') head.set(bytes('00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01'), 8)
  if (src === 'ff02::1') head.set(bytes('ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 01'), 8)
  return Uint8Array.of(...head, ...octets)
}

const NO_OPTIONS = '00 01 04 00 00 00 00'

cases(
  'ipv6 input',
  [
    {
      name: 'a protocol that nobody knows: parameter problem at its announcement',
      octets: packet('fe', '00'.repeat(8)),
      drop: 'unknown-protocol',
      answer: `> icmp 4/1 6 ${SERVER} > ${CLIENT} limit 64`,
    },
    {
      name: 'the same behind an extension header',
      octets: packet('3c', `fe ${NO_OPTIONS} ${'00'.repeat(8)}`),
      drop: 'unknown-protocol',
      answer: `> icmp 4/1 40 ${SERVER} > ${CLIENT} limit 64`,
    },
    {
      name: 'no next header: nothing to say',
      octets: packet('3b', ''),
      drop: 'unknown-protocol',
      answer: undefined,
    },
    {
      name: 'an extension header that does not fit',
      octets: packet('3c', `11 04 01 04 00 00 00 00`),
      drop: 'ipv6-bad-extension',
      answer: undefined,
    },
    {
      name: 'loopback as a source from a wire',
      octets: packet('11', '00'.repeat(8), '::1'),
      drop: 'martian-source',
      answer: undefined,
    },
    {
      name: 'a group as a source',
      octets: packet('11', '00'.repeat(8), 'ff02::1'),
      drop: 'martian-source',
      answer: undefined,
    },
    {
      name: 'a payload longer than the frame',
      octets: packet('11', '00'.repeat(8)).slice(0, 44),
      drop: 'ipv6-bad-length',
      answer: undefined,
    },
  ],
  ({ octets, drop, answer }) => {
    const at = lab()
    const before = at.stand.seen(at.far).length
    at.stand.arrive(at.far, '02:00:00:00:02:01', octets)
    assert.is(at.stand.net.drops().at(-1), drop)
    assert.is(at.stand.seen(at.far)[before], answer)
  },
)

suite('ipv6 to oneself', (test) => {
  test('::1 and own addresses answer over lo', () => {
    const at = lab()
    at.stand.add(at.client, at.client.interfaces[0]!, '::1/128')
    at.client.ready()
    at.ping('::1')
    at.ping(CLIENT)
    at.stand.net.run(0.1)
    const lo = at.stand.seen(at.client.interfaces[0]!)
    assert.is(lo[0], '> icmp 128/0 ::1 > ::1 limit 64')
    assert.is(lo.at(-1), `< icmp 129/0 ${CLIENT} > ${CLIENT} limit 64`)
  })
})

/** RFC 6724 §10.1 and what a kernel 6.18 chose (`ip -6 route get`). */
cases(
  'ipv6 source',
  [
    { name: 'the only one', own: ['2001:db8:1::10/64'], to: SERVER, source: '2001:db8:1::10' },
    {
      name: 'of two alike the one added last',
      own: ['2001:db8:1::10/64', '2001:db8:1::11/64'],
      to: SERVER,
      source: '2001:db8:1::11',
    },
    {
      name: 'a virtual address of 128 bits has more bits in common with a neighbour',
      own: ['2001:db8:1::124/128', '2001:db8:1::10/64'],
      to: '2001:db8:1::1',
      source: '2001:db8:1::124',
    },
    {
      name: 'link-local to link-local',
      own: ['2001:db8:1::10/64'],
      to: 'fe80::1',
      source: 'fe80::ff:fe00:100',
    },
    {
      name: 'never link-local to the world',
      own: ['fd00::10/64'],
      to: SERVER,
      source: 'fd00::10',
    },
    {
      name: 'a global one to the world rather than a unique local one, whichever came last',
      own: ['2001:db8:1::10/64', 'fd00::10/64'],
      to: SERVER,
      source: '2001:db8:1::10',
    },
    {
      name: 'a unique local one to its like',
      own: ['fd00::10/64', '2001:db8:1::10/64'],
      to: 'fd00:1::1',
      source: 'fd00::10',
    },
  ],
  ({ own, to, source }) => {
    const stand = new Stand()
    const a = stand.net.host('a')
    const iface = stand.iface(a, ...own)
    stand.net.start()
    const chosen = a.ipv6.sourceOn(iface, stand.number(to))
    assert.is(stand.net.world.addresses.format(chosen), source)
  },
)
