import type { Host } from '../../sim/host/host.ts'
import { DROPPED } from '../../sim/trace/index.ts'
import { assert, bytes, sameBytes, suite } from '../lib/harness.ts'
import { ip, Network } from './machines.ts'

/** `a` 10.1.0.10 - router - `b` 10.2.0.10. */
function routed(forwarding = 1): { net: Network; a: Host; router: Host; b: Host; socket: number } {
  const net = new Network()
  const a = net.host('a')
  const router = net.host('router', { 'net.ipv4.ip_forward': forwarding })
  const b = net.host('b')
  net.cable(net.iface(a, '10.1.0.10/24'), net.iface(router, '10.1.0.1/24'))
  net.cable(net.iface(router, '10.2.0.1/24'), net.iface(b, '10.2.0.10/24'))
  net.start([a, '10.1.0.1'], [b, '10.2.0.1'])
  return { net, a, router, b, socket: a.icmp.echo.open({ wake() {} }, 77) }
}

suite('ipv4 forwarding', (test) => {
  test('each way costs one TTL, and every frame is accounted for', () => {
    const { net, a, b, socket } = routed()
    a.icmp.echo.send(socket, ip('10.2.0.10'), 1, 56, 0, 0, 'when-it-fits')
    net.run(1)
    assert.ok(net.seen(b.interfaces[1]!, 'in').includes('< icmp 8/0 10.1.0.10 > 10.2.0.10 ttl 63'))
    assert.ok(net.seen(a.interfaces[1]!, 'in').includes('< icmp 0/0 10.2.0.10 > 10.1.0.10 ttl 63'))
    assert.is(net.world.pool.live, 0)
  })

  test('a TTL of 1 ends at the router, which says so from its near address', () => {
    const { net, a, socket } = routed()
    a.icmp.echo.send(socket, ip('10.2.0.10'), 1, 56, 1, 0, 'when-it-fits')
    net.run(1)
    assert.is(net.seen(a.interfaces[1]!, 'in').pop(), '< icmp 11/0 10.1.0.1 > 10.1.0.10 ttl 64')
    assert.equal(net.drops(), ['ttl-exceeded'])
    assert.is(a.icmp.echo.receive(socket)?.type, 11)
  })

  test('without a route the router answers net unreachable', () => {
    const { net, a, socket } = routed()
    a.icmp.echo.send(socket, ip('10.9.9.9'), 1, 56, 0, 0, 'when-it-fits')
    net.run(1)
    assert.is(net.seen(a.interfaces[1]!, 'in').pop(), '< icmp 3/0 10.1.0.1 > 10.1.0.10 ttl 64')
  })

  test('nobody behind the router: host unreachable after three questions', () => {
    const { net, a, socket } = routed()
    a.icmp.echo.send(socket, ip('10.2.0.99'), 1, 56, 0, 0, 'when-it-fits')
    net.run(4)
    assert.is(net.seen(a.interfaces[1]!, 'in').pop(), '< icmp 3/1 10.1.0.1 > 10.1.0.10 ttl 64')
  })

  test('a machine that is no router drops what is for others, and is silent', () => {
    const { net, a, socket } = routed(0)
    a.icmp.echo.send(socket, ip('10.2.0.10'), 1, 56, 0, 0, 'when-it-fits')
    net.run(4)
    assert.equal(net.drops(), ['not-forwarding'])
  })

  test('six errors to one address at once, then one a second (icmp_ratelimit)', () => {
    const { net, a, socket } = routed()
    for (let i = 1; i <= 10; i++)
      a.icmp.echo.send(socket, ip('10.2.0.10'), i, 56, 1, 0, 'when-it-fits')
    net.run(1)
    const errors = (): number =>
      net.seen(a.interfaces[1]!, 'in').filter((line) => line.includes('icmp 11/0')).length
    assert.is(errors(), 6)
    net.run(1)
    a.icmp.echo.send(socket, ip('10.2.0.10'), 11, 56, 1, 0, 'when-it-fits')
    net.run(0.5)
    assert.is(errors(), 7)
  })

  // Measured: ten packets without a route get two answers from Linux 6.18, for the bucket that
  // limits "no route" (five seconds, one for each) also limits errors (one more for each).
  test('two packets without a route are answered at once, for they are counted twice', () => {
    const { net, a, socket } = routed()
    for (let i = 1; i <= 10; i++)
      a.icmp.echo.send(socket, ip('10.9.9.9'), i, 56, 0, 0, 'when-it-fits')
    net.run(1)
    const errors = net.seen(a.interfaces[1]!, 'in').filter((line) => line.includes('icmp 3/0'))
    assert.is(errors.length, 2)
  })
})

suite('ipv4 fragments', (test) => {
  test('4,000 octets travel in three parts both ways and are answered whole', () => {
    const { net, a, b, socket } = routed()
    a.icmp.echo.send(socket, ip('10.2.0.10'), 1, 4000, 0, 0, 'never')
    net.run(1)
    assert.equal(net.seen(b.interfaces[1]!, 'in').slice(-3), [
      '< icmp 8/0 10.1.0.10 > 10.2.0.10 ttl 63 fragment 0+',
      '< ip 1 10.1.0.10 > 10.2.0.10 ttl 63 fragment 1480+',
      '< ip 1 10.1.0.10 > 10.2.0.10 ttl 63 fragment 2960',
    ])
    assert.is(a.icmp.echo.receive(socket)?.size, 4000)
    assert.is(net.world.pool.live, 0)
  })

  test('parts without the rest are given up after 30 s, with ICMP time exceeded 11/1', () => {
    const { net, a, b, socket } = routed()
    // Of the three parts only the first gets through.
    const port = b.interfaces[1]!.port!
    a.icmp.echo.send(socket, ip('10.2.0.10'), 2, 4000, 0, 0, 'never')
    let parts = 0
    const receive = b.interfaces[1]!.receive.bind(b.interfaces[1]!)
    b.interfaces[1]!.receive = (frame, from): void => {
      const isPart = frame.end - frame.start > 500
      if (isPart && ++parts > 1) net.cabling.drop(frame, port.place, 0)
      else receive(frame, from)
    }
    net.run(29)
    assert.is(b.held, 1)
    net.run(2)
    assert.is(b.held, 0)
    assert.is(net.seen(a.interfaces[1]!, 'in').pop(), '< icmp 11/1 10.2.0.10 > 10.1.0.10 ttl 63')
  })
})

suite('ipv4 without a route', (test) => {
  test('the packet ends with zero MACs, whatever its frame carried before', () => {
    const net = new Network()
    const a = net.host('a')
    net.iface(a, '10.1.0.10/24')
    net.start()
    const old = net.world.pool.take()
    old.bytes.fill(0xa5, old.start, old.start + 64)
    net.world.pool.release(old)
    const sent = a.ipv4.send(a.ipv4.allocate(), ip('10.1.0.10'), ip('10.9.9.9'), 99, 0, 64, 1, 0)
    assert.is(sent, false)
    assert.equal(net.drops(), ['no-route'])
    const { octets } = net.journal.entries.find((entry) => entry.kind === DROPPED)!
    sameBytes(octets!.slice(0, 14), bytes('00 00 00 00 00 00  00 00 00 00 00 00  08 00'))
  })
})
