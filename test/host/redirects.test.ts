import type { Host } from '../../sim/host/host.ts'
import { assert, suite } from '../lib/harness.ts'
import { ip, Network } from './machines.ts'

const OWNER = { wake: (): void => {} }

interface Lan {
  readonly net: Network
  readonly client: Host
  readonly gateway: Host
  readonly server: Host
  readonly ping: (sequence: number) => void
}

/**
 * A client, its gateway and a server on one wire; behind the server lies 10.9.9.0/24, to which the
 * gateway's way is the server: three machines in which a real kernel was watched.
 */
function lan(client: Record<string, number> = {}, gateway: Record<string, number> = {}): Lan {
  const net = new Network()
  const c = net.host('client', client)
  const g = net.host('gateway', { 'net.ipv4.ip_forward': 1, ...gateway })
  const s = net.host('server', { 'net.ipv4.ip_forward': 1 })
  net.star(net.iface(c, '10.0.0.5/24'), net.iface(g, '10.0.0.1/24'), net.iface(s, '10.0.0.2/24'))
  net.iface(s, '10.9.9.9/24')
  net.start([c, '10.0.0.1'])
  const route = { prefix: ip('10.9.9.0'), prefixLen: 24, via: ip('10.0.0.2'), source: 0 }
  g.routes.add({ ...route, iface: g.interfaces[1]! })
  const socket = c.icmp.echo.open(OWNER, 0x1234)
  const ping = (sequence: number): void => {
    c.icmp.echo.send(socket, ip('10.9.9.9'), sequence, 56, 0, 0, 'when-it-fits')
  }
  return { net, client: c, gateway: g, server: s, ping }
}

const redirects = ({ net, client }: Lan): number =>
  net.seen(client.interfaces[1]!, 'in').filter((line) => line.includes('icmp 5/1')).length
const forwarded = ({ net, gateway }: Lan): number =>
  net.seen(gateway.interfaces[1]!, 'out').filter((line) => line.includes('icmp 8/0')).length

suite('redirects', (test) => {
  test('the first makes the client ask for the better gateway, the second is obeyed', () => {
    const one = lan()
    for (let i = 1; i <= 6; i++) {
      one.ping(i)
      one.net.run(1)
    }
    assert.equal(one.net.seen(one.client.interfaces[1]!).slice(0, 8), [
      '> arp who-has 10.0.0.1 tell 10.0.0.5 broadcast',
      '< arp 10.0.0.1 is-at',
      '> icmp 8/0 10.0.0.5 > 10.9.9.9 ttl 64',
      '< icmp 5/1 10.0.0.1 > 10.0.0.5 ttl 64',
      '> arp who-has 10.0.0.2 tell 10.0.0.5 broadcast',
      '< arp who-has 10.0.0.2 tell 10.0.0.1 broadcast',
      '< arp 10.0.0.2 is-at',
      '< icmp 0/0 10.9.9.9 > 10.0.0.5 ttl 64',
    ])
    assert.is(redirects(one), 2)
    assert.is(forwarded(one), 2, 'from the third on the client goes to 10.0.0.2 itself')
  })

  test('what was learned is forgotten after 300 s', () => {
    const one = lan()
    for (let i = 1; i <= 3; i++) {
      one.ping(i)
      one.net.run(1)
    }
    const towards = (): number => one.client.routes.find(ip('10.9.9.9'))!.nextHop
    assert.is(towards(), ip('10.0.0.2'))
    one.net.run(297)
    assert.is(towards(), ip('10.0.0.2'))
    one.net.run(1.1)
    assert.is(towards(), ip('10.0.0.1'))
  })

  test('a client that does not listen is told nine times, each time twice as late', () => {
    const one = lan({
      'net.ipv4.conf.all.accept_redirects': 0,
      'net.ipv4.conf.default.accept_redirects': 0,
    })
    // Every 10 ms for 30 s: 20 ms, 40 ms ... 5,120 ms after one another, then none.
    for (let i = 1; i <= 3000; i++) {
      one.ping(i)
      one.net.run(0.01)
    }
    assert.is(redirects(one), 9)
    assert.is(forwarded(one), 3000)
  })

  test('after 20.48 s without a packet to redirect the count begins again', () => {
    const one = lan({
      'net.ipv4.conf.all.accept_redirects': 0,
      'net.ipv4.conf.default.accept_redirects': 0,
    })
    one.ping(1)
    one.net.run(20)
    one.ping(2)
    one.net.run(20.5)
    one.ping(3)
    one.net.run(0.001)
    one.ping(4)
    one.net.run(1)
    assert.is(redirects(one), 3)
  })

  test('send_redirects = 0 sends none; all or the interface suffices for sending', () => {
    const off = { 'net.ipv4.conf.all.send_redirects': 0 }
    const half = lan({}, off)
    half.ping(1)
    half.net.run(1)
    assert.is(redirects(half), 1)
    const whole = lan({}, { ...off, 'net.ipv4.conf.eth0.send_redirects': 0 })
    whole.ping(1)
    whole.net.run(1)
    assert.is(redirects(whole), 0)
    assert.is(forwarded(whole), 1)
  })

  test('a router obeys no redirect', () => {
    const one = lan({ 'net.ipv4.ip_forward': 1 })
    for (let i = 1; i <= 3; i++) {
      one.ping(i)
      one.net.run(1)
    }
    assert.is(one.client.routes.find(ip('10.9.9.9'))!.nextHop, ip('10.0.0.1'))
  })
})
