import type { Host } from '../../sim/host/host.ts'
import { cases, assert, suite } from '../lib/harness.ts'
import { ip, Network } from './machines.ts'

const OWNER = { wake: (): void => {} }
const B = ip('10.2.0.10')

interface Path {
  readonly net: Network
  readonly a: Host
  readonly b: Host
  readonly router: Host
}

/** Two machines with a router between; its second cable carries `mtu` octets. */
function narrow(mtu: number, sysctl: Record<string, number> = {}): Path {
  const net = new Network()
  const a = net.host('a', sysctl)
  const router = net.host('router', { 'net.ipv4.ip_forward': 1 })
  const b = net.host('b')
  net.cable(net.iface(a, '10.1.0.10/24'), net.iface(router, '10.1.0.1/24'))
  net.cable(net.iface(router, '10.2.0.1/24'), net.iface(b, '10.2.0.10/24'))
  router.interfaces[2]!.mtu = mtu
  b.interfaces[1]!.mtu = mtu
  net.start([a, '10.1.0.1'], [b, '10.2.0.1'])
  return { net, a, b, router }
}

const out = ({ net, a }: Path): string[] =>
  net.seen(a.interfaces[1]!, 'out').filter((line) => !line.includes('arp'))

suite('path MTU', (test) => {
  test('one packet is lost to "fragmentation needed", later ones are cut at once', () => {
    const one = narrow(1280)
    const { net, a } = one
    const socket = a.icmp.echo.open(OWNER, 7)
    a.icmp.echo.send(socket, B, 1, 1400, 0, 0, 'when-it-fits')
    net.run(1)
    assert.is(net.drops().join(' '), 'too-big')
    assert.is(a.ip.mtuTowards(B), 1280)
    assert.is(a.icmp.echo.receive(socket)?.code, 4)
    a.icmp.echo.send(socket, B, 2, 1400, 0, 0, 'when-it-fits')
    net.run(1)
    assert.equal(out(one).slice(1), [
      '> icmp 8/0 10.1.0.10 > 10.2.0.10 ttl 64 fragment 0+',
      '> ip 1 10.1.0.10 > 10.2.0.10 ttl 64 fragment 1256',
    ])
    assert.is(a.icmp.echo.receive(socket)?.isReply, true)
  })

  test('what was learned is forgotten after ten minutes (mtu_expires)', () => {
    const { net, a } = narrow(1280)
    const socket = a.icmp.echo.open(OWNER, 7)
    a.icmp.echo.send(socket, B, 1, 1400, 0, 0, 'when-it-fits')
    net.run(599.9)
    assert.is(a.ip.mtuTowards(B), 1280)
    net.run(0.2)
    assert.is(a.ip.mtuTowards(B), 1500)
  })

  test('an MTU below min_pmtu counts as 552, and packets go without DF', () => {
    const one = narrow(400)
    const { net, a, router } = one
    const socket = a.icmp.echo.open(OWNER, 7)
    a.icmp.echo.send(socket, B, 1, 500, 0, 0, 'when-it-fits')
    net.run(1)
    assert.is(a.ip.mtuTowards(B), 552)
    a.icmp.echo.send(socket, B, 2, 500, 0, 0, 'when-it-fits')
    net.run(1)
    const cut = net.seen(router.interfaces[2]!, 'out').filter((line) => line.includes('fragment'))
    assert.is(cut.length, 2, 'the router cuts it in two')
    a.icmp.echo.receive(socket)
    assert.is(a.icmp.echo.receive(socket)?.isReply, true)
  })

  test('an error about what no socket has sent teaches nothing', () => {
    const { net, a } = narrow(1280)
    const socket = a.icmp.echo.open(OWNER, 7)
    a.icmp.echo.send(socket, B, 1, 1400, 0, 0, 'when-it-fits')
    a.icmp.echo.close(socket)
    net.run(1)
    assert.is(a.ip.mtuTowards(B), 1500)
    assert.equal(net.drops(), ['too-big', 'icmp-unmatched'])
  })

  test('a router goes by its cables, whatever it has learned for itself', () => {
    const { net, a, router } = narrow(1500)
    router.routes.exceptions.learnMtu(B, 1000, false, 0, 1e12)
    router.routes.changed()
    assert.is(router.ip.mtuTowards(B), 1000)
    const socket = a.icmp.echo.open(OWNER, 7)
    a.icmp.echo.send(socket, B, 1, 1400, 0, 0, 'when-it-fits')
    net.run(1)
    assert.is(a.icmp.echo.receive(socket)?.isReply, true)
    assert.equal(net.drops(), [])
  })
})

cases(
  'UDP and what must not be cut',
  [
    { name: 'always: a datagram larger than the cable is refused', df: 'always', size: 1473 },
    { name: 'always: one that just fits is sent', df: 'always', size: 1472 },
    { name: 'when-it-fits: it is cut', df: 'when-it-fits', size: 1473 },
    { name: 'never: it is cut', df: 'never', size: 1473 },
  ] as const,
  ({ df, size }) => {
    const { net, a } = narrow(1500)
    const socket = a.udp.open({ owner: OWNER, local: 0, localPort: 9, dontFragment: df })
    const sent = a.udp.sendTo(socket, new Uint8Array(size), 0, size, B, 9)
    net.run(0.5)
    const refused = df === 'always' && size > 1472
    assert.is(sent, !refused)
    const error = a.udp.error(socket)
    // Who was sent it has no socket on that port, and says so.
    assert.is(error, refused ? 'too-big' : 'refused')
  },
)

cases(
  'the DF bit of a datagram of 100 octets',
  [
    { name: 'by itself', sysctl: {}, df: undefined, bit: true },
    { name: 'never', sysctl: {}, df: 'never', bit: false },
    {
      name: 'ip_no_pmtu_disc',
      sysctl: { 'net.ipv4.ip_no_pmtu_disc': 1 },
      df: undefined,
      bit: false,
    },
    { name: 'always beats it', sysctl: { 'net.ipv4.ip_no_pmtu_disc': 1 }, df: 'always', bit: true },
  ] as const,
  ({ sysctl, df, bit }) => {
    const { net, a } = narrow(1500, sysctl)
    const options = df === undefined ? {} : { dontFragment: df }
    const socket = a.udp.open({ owner: OWNER, local: 0, localPort: 9, ...options })
    a.udp.sendTo(socket, new Uint8Array(100), 0, 100, B, 9)
    net.run(0.5)
    const frame = net.journal.entries.find(({ octets }) => octets?.[23] === 17)!
    assert.is((frame.octets![20]! & 0x40) !== 0, bit)
  },
)
