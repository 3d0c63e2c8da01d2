import { changeIpv6Address, changeMac } from '../../sim/host/readdress.ts'
import { assert, suite } from '../lib/harness.ts'
import { CLIENT, lab, type Lab, ROUTER, SERVER } from './ipv6-stand.ts'

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

suite('ipv6 addresses that change', (test) => {
  test('a new address brings its route; the old one and the gateway beyond it are gone', () => {
    const at = lab()
    const { client, stand, near } = at
    const lost = changeIpv6Address(client, near, stand.number('2001:db8:7::10'), 64)
    assert.equal(
      lost.map((route) => stand.net.world.addresses.format(route.via)),
      [ROUTER],
    )
    assert.is(client.ip.isLocal(stand.number(CLIENT)), false)
    assert.is(client.ip.mtuTowards(stand.number(ROUTER)), 0, 'no route')
    const source = client.ip.sourceFor(stand.number('2001:db8:7::1'))
    assert.is(source, stand.number('2001:db8:7::10'))
    assert.is(client.ipv6.link(near).addresses.length, 2, 'and the link-local one')
  })

  test('with ndisc_notify another MAC is announced for every address', () => {
    const at = lab()
    at.client.sysctl.set('net.ipv6.conf.eth0.ndisc_notify', 1)
    changeMac(at.client, at.near, 0x0200_0000_0a0a)
    assert.equal(after(at, 2), [
      `> I have ${CLIENT} O ${CLIENT} > ff02::1 option 2`,
      '> I have fe80::ff:fe00:100 O fe80::ff:fe00:100 > ff02::1 option 2',
    ])
    at.stand.net.run(0.1)
    const known = at.router.neighbours.find(at.router.interfaces[1]!, at.stand.number(CLIENT))
    assert.is(known?.macLo, 0x0a0a)
  })
})
