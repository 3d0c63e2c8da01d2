import { NEIGHBOUR_STATES } from '../../sim/host/neighbour-entry.ts'
import type { Host } from '../../sim/host/host.ts'
import { assert, suite } from '../lib/harness.ts'
import { ip, Network } from './machines.ts'

/** Two machines on one cable, `a` 10.1.0.10 and `b` 10.1.0.1. */
function pair(): {
  net: Network
  a: Host
  b: Host
  ping: (to?: string, sequence?: number) => void
} {
  const net = new Network()
  const a = net.host('a')
  const b = net.host('b')
  net.cable(net.iface(a, '10.1.0.10/24'), net.iface(b, '10.1.0.1/24'))
  net.start()
  const socket = a.icmp.echo.open({ wake() {} }, 77)
  const ping = (to = '10.1.0.1', sequence = 1): void => {
    a.icmp.echo.send(socket, ip(to), sequence, 56, 0, 0, 'never')
  }
  return { net, a, b, ping }
}

function state(host: Host, address: string): string | undefined {
  const entry = host.neighbours.find(host.interfaces[1]!, ip(address))
  return entry === undefined ? undefined : NEIGHBOUR_STATES[entry.state]
}

suite('neighbour', (test) => {
  test('one question, one answer; who is asked need not ask (capture 01)', () => {
    const { net, a, b, ping } = pair()
    ping()
    net.run(1)
    assert.equal(net.seen(a.interfaces[1]!), [
      '> arp who-has 10.1.0.1 tell 10.1.0.10 broadcast',
      '< arp 10.1.0.1 is-at',
      '> icmp 8/0 10.1.0.10 > 10.1.0.1 ttl 64',
      '< icmp 0/0 10.1.0.1 > 10.1.0.10 ttl 64',
    ])
    assert.is(state(a, '10.1.0.1'), 'REACHABLE')
    // Learned from a request, then used: in its five seconds of grace (capture 14b).
    assert.is(state(b, '10.1.0.10'), 'DELAY')
  })

  test('what a request taught is probed by unicast after 5 s (capture 14b)', () => {
    const { net, a, b, ping } = pair()
    ping()
    net.run(4.9)
    assert.is(net.seen(b.interfaces[1]!, 'out').length, 2)
    net.run(0.2)
    assert.equal(net.seen(b.interfaces[1]!).slice(-2), [
      '> arp who-has 10.1.0.10 tell 10.1.0.1 unicast',
      '< arp 10.1.0.10 is-at',
    ])
    assert.is(state(b, '10.1.0.10'), 'REACHABLE')
    assert.is(state(a, '10.1.0.1'), 'REACHABLE')
  })

  test('a confirmation from above makes the probe needless', () => {
    const { net, b, ping } = pair()
    ping()
    net.run(3)
    b.ip.confirm(ip('10.1.0.10'))
    net.run(3)
    assert.is(net.seen(b.interfaces[1]!, 'out').length, 2)
    assert.is(state(b, '10.1.0.10'), 'REACHABLE')
  })

  test('nobody answers: three questions a second apart, then the packet ends (capture 14a)', () => {
    const { net, a, ping } = pair()
    ping('10.1.0.99')
    net.run(2.5)
    assert.equal(net.seen(a.interfaces[1]!, 'out'), [
      '> arp who-has 10.1.0.99 tell 10.1.0.10 broadcast',
      '> arp who-has 10.1.0.99 tell 10.1.0.10 broadcast',
      '> arp who-has 10.1.0.99 tell 10.1.0.10 broadcast',
    ])
    net.run(1)
    assert.is(net.drops().pop(), 'neighbour-unreachable')
    assert.is(state(a, '10.1.0.99'), 'FAILED')
    assert.is(net.world.pool.live, 0)
  })

  test('a question about somebody else teaches nothing', () => {
    const { net, b, ping } = pair()
    ping('10.1.0.99')
    net.run(1)
    assert.is(state(b, '10.1.0.10'), undefined)
    assert.ok(net.drops().length === 0)
  })

  test('of two answers the first wins, for a second (captures 06 and 06b)', () => {
    const net = new Network()
    const [a, b, c] = [net.host('a'), net.host('b'), net.host('c')] as const
    const one = net.iface(a, '10.1.0.10/24')
    const two = net.iface(b, '10.1.0.1/24', '10.1.0.7/32')
    const three = net.iface(c, '10.1.0.2/24', '10.1.0.7/32')
    net.star(one, two, three)
    net.start()
    const socket = a.icmp.echo.open({ wake() {} }, 77)
    a.icmp.echo.send(socket, ip('10.1.0.7'), 1, 56, 0, 0, 'never')
    net.run(1)
    // The port plugged in last is served first, so c answers first.
    assert.is(a.neighbours.find(one, ip('10.1.0.7'))!.macLo, three.macLo)
    assert.is(net.seen(three, 'in').filter((line) => line.includes('icmp 8/0')).length, 1)
    assert.is(net.seen(two, 'in').filter((line) => line.includes('icmp 8/0')).length, 0)
  })

  test('arp_ignore = 1 answers only for addresses of the very interface', () => {
    const net = new Network()
    const a = net.host('a')
    const b = net.host('b', { 'net.ipv4.conf.all.arp_ignore': 1 })
    const near = net.iface(a, '10.1.0.10/24')
    const far = net.iface(b, '10.1.0.1/24')
    b.interfaces[0]!.addresses.push({ address: ip('10.1.0.7'), prefixLen: 32, mask: 0xffffffff })
    net.cable(near, far)
    net.start()
    const socket = a.icmp.echo.open({ wake() {} }, 77)
    for (const to of ['10.1.0.7', '10.1.0.1']) {
      a.icmp.echo.send(socket, ip(to), 1, 56, 0, 0, 'never')
    }
    net.run(4)
    assert.equal(
      net.seen(near, 'in').filter((line) => line.includes('is-at')),
      ['< arp 10.1.0.1 is-at'],
    )
  })
})
