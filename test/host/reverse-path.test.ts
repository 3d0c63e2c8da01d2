import { maskOf } from '../../sim/host/interface.ts'
import { changeAddress } from '../../sim/host/readdress.ts'
import type { Host } from '../../sim/host/host.ts'
import { DROPPED, DROPS } from '../../sim/trace/index.ts'
import * as icmp from '../../sim/wire/icmp.ts'
import * as ipv4 from '../../sim/wire/ipv4.ts'
import { assert, cases, suite } from '../lib/harness.ts'
import { ip, Network } from './machines.ts'

/** A server with two ways: eth0 towards the sender of the packets, eth1 with its default route. */
function twoWays(
  sysctl: Record<string, number>,
  gateway = true,
): { net: Network; sender: Host; server: Host } {
  const net = new Network()
  const sender = net.host('sender')
  const server = net.host('server', sysctl)
  const other = net.host('other')
  net.cable(net.iface(sender, '10.1.0.10/24'), net.iface(server, '10.1.0.1/24'))
  net.cable(net.iface(server, '10.2.0.1/24'), net.iface(other, '10.2.0.10/24'))
  net.start([sender, '10.1.0.1'])
  if (gateway) {
    const route = { prefix: 0, prefixLen: 0, via: ip('10.2.0.10'), source: 0 }
    server.routes.add({ ...route, iface: server.interfaces[2]! })
  }
  return { net, sender, server }
}

/** An echo request with any source address. */
function send(sender: Host, src: string, dst: string): void {
  const frame = sender.ipv4.allocate(16)
  const at = frame.network + ipv4.MIN_LEN
  frame.end = at + 16
  frame.bytes.fill(0, at, frame.end)
  icmp.write(frame.view, at, icmp.ECHO_REQUEST, 0, 0x0001_0001)
  icmp.writeChecksum(frame.bytes, frame.view, frame.words, at, 16)
  sender.ipv4.send(frame, ip(src), ip(dst), ipv4.ICMP, 0, 64, 1, 0)
}

const STRICT = { 'net.ipv4.conf.all.rp_filter': 1 }
const LOOSE = { 'net.ipv4.conf.all.rp_filter': 2 }

// What the kernel's documentation says of rp_filter, and fib_validate_source of the rest.
cases(
  'who may be the source of a packet at eth0',
  [
    { name: 'a neighbour there', src: '10.1.0.10', sysctl: STRICT, drop: undefined },
    { name: 'somebody behind eth1, no filter', src: '207.0.0.1', sysctl: {}, drop: undefined },
    {
      name: 'somebody behind eth1, strict',
      src: '207.0.0.1',
      sysctl: STRICT,
      drop: 'reverse-path',
    },
    { name: 'somebody behind eth1, loose', src: '207.0.0.1', sysctl: LOOSE, drop: undefined },
    {
      name: 'strict on the interface alone',
      src: '207.0.0.1',
      sysctl: { 'net.ipv4.conf.eth0.rp_filter': 1 },
      drop: 'reverse-path',
    },
    {
      name: 'strict on the other interface',
      src: '207.0.0.1',
      sysctl: { 'net.ipv4.conf.eth1.rp_filter': 1 },
      drop: undefined,
    },
    {
      name: 'the larger of all and its own counts',
      src: '207.0.0.1',
      sysctl: { ...STRICT, 'net.ipv4.conf.eth0.rp_filter': 2 },
      drop: undefined,
    },
    { name: 'an address of our own', src: '10.2.0.1', sysctl: {}, drop: 'martian-source' },
    {
      name: 'an address of our own, accept_local',
      src: '10.2.0.1',
      sysctl: { 'net.ipv4.conf.all.accept_local': 1 },
      drop: undefined,
    },
    { name: 'loopback', src: '127.0.0.1', sysctl: {}, drop: 'martian-source' },
    { name: 'a group', src: '224.0.0.1', sysctl: {}, drop: 'martian-source' },
    { name: 'nobody yet', src: '0.0.0.0', sysctl: {}, drop: 'martian-source' },
  ],
  ({ src, sysctl, drop }) => {
    const { net, sender, server } = twoWays(sysctl)
    const { place, macHi, macLo } = server.interfaces[1]!
    sender.neighbours.know(sender.interfaces[1]!, ip('10.1.0.1'), macHi, macLo)
    send(sender, src, '10.1.0.1')
    net.run(0.5)
    const at = net.journal.entries.find((each) => each.kind === DROPPED && each.place === place)
    assert.is(at === undefined ? undefined : DROPS[at.code], drop)
  },
)

suite('reverse path', (test) => {
  test('the loose filter wants some way back', () => {
    const { net, sender } = twoWays(LOOSE, false)
    send(sender, '207.0.0.1', '10.1.0.1')
    net.run(0.5)
    assert.equal(net.drops(), ['reverse-path'])
  })

  test('an answer that nobody asked for is dropped by name', () => {
    const closed = twoWays({})
    send(closed.sender, '10.1.0.10', '10.1.0.1')
    closed.net.run(0.5)
    assert.equal(closed.net.drops(), ['icmp-unmatched'])
  })
})

suite('gratuitous ARP and new addresses', (test) => {
  const entry = (host: Host, address: string) =>
    host.neighbours.find(host.interfaces[1]!, ip(address))

  test('who does not know the address learns nothing, unless arp_accept says so', () => {
    for (const accept of [0, 1]) {
      const { net, sender, server } = twoWays({ 'net.ipv4.conf.all.arp_accept': accept })
      sender.announce(sender.interfaces[1]!, 'request')
      net.run(0.1)
      assert.is(entry(server, '10.1.0.10')?.hasMac, accept === 1 ? true : undefined)
    }
  })

  test('drop_gratuitous_arp hears none', () => {
    const { net, sender, server } = twoWays({ 'net.ipv4.conf.all.drop_gratuitous_arp': 1 })
    sender.announce(sender.interfaces[1]!, 'reply')
    net.run(0.1)
    assert.is(entry(server, '10.1.0.10'), undefined)
    assert.equal(net.drops(), ['arp-not-for-us'])
  })

  test('a new address brings its subnet, and loses gateways that are out of reach', () => {
    const { net, sender, server } = twoWays({})
    const lost = changeAddress(server, server.interfaces[2]!, ip('10.3.0.1'), 24)
    assert.equal(
      lost.map(({ via }) => via),
      [ip('10.2.0.10')],
    )
    assert.is(server.routes.isLocal(ip('10.2.0.1')), false)
    assert.is(server.routes.isLocal(ip('10.3.0.1')), true)
    assert.is(server.routes.find(ip('10.3.0.9'))?.onLink, true)
    assert.is(server.routes.find(ip('10.2.0.10')), undefined)
    const gateway = changeAddress(sender, sender.interfaces[1]!, ip('10.1.0.11'), 24)
    assert.equal(gateway, [], 'the same subnet, the same gateway')
    net.run(0.1)
  })

  test('every address of a subnet on lo is the machine itself, that of another interface is not', () => {
    // Linux: `ip addr add 10.7.0.1/16 dev lo` gives `local 10.7.0.0/16 dev lo` in table local.
    const net = new Network()
    const host = net.host('a')
    const mask = maskOf(16)
    host.interfaces[0]!.addresses.push({ address: ip('10.7.0.1'), prefixLen: 16, mask })
    net.cable(net.iface(host, '10.8.0.1/16'), net.iface(net.host('b'), '10.8.0.2/16'))
    host.ready()
    const local = ['10.7.0.1', '10.7.255.9', '127.9.9.9', '10.8.0.1', '10.8.0.9', '10.6.255.255']
    assert.equal(
      local.map((text) => host.routes.isLocal(ip(text))),
      [true, true, true, true, false, false],
    )
  })
})
