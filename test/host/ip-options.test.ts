import type { Host } from '../../sim/host/host.ts'
import { RECEIVED } from '../../sim/trace/index.ts'
import * as icmp from '../../sim/wire/icmp.ts'
import * as ipv4 from '../../sim/wire/ipv4.ts'
import * as udp from '../../sim/wire/udp.ts'
import { assert, bytes, cases } from '../lib/harness.ts'
import { ip, Network } from './machines.ts'

// A client, a router and a server in which Linux 6.18 was watched while `ping -R`, `ping -T` and a
// program with raw sockets sent options; the octets below are those that the kernel sent.

const CLIENT = ip('10.1.0.10')
const SERVER = ip('10.2.0.10')

function routed(midnightMs: number): { net: Network; client: Host; server: Host } {
  const net = new Network(midnightMs)
  const client = net.host('client')
  const router = net.host('router', { 'net.ipv4.ip_forward': 1 })
  const server = net.host('server')
  net.cable(net.iface(client, '10.1.0.10/24'), net.iface(router, '10.1.0.1/24'))
  net.cable(net.iface(router, '10.2.0.1/24'), net.iface(server, '10.2.0.10/24'))
  net.start([client, '10.1.0.1'], [server, '10.2.0.1'])
  return { net, client, server }
}

/** Sends an echo request, or a datagram to a closed port, with these options. */
function send(client: Host, options: Uint8Array, isEcho: boolean): void {
  const frame = client.ipv4.allocate(options.length + 24)
  const at = frame.network + ipv4.MIN_LEN + options.length
  frame.end = at + 24
  const { view, words } = frame
  frame.bytes.fill(0, at, frame.end)
  if (isEcho) {
    icmp.write(view, at, icmp.ECHO_REQUEST, 0, 0x0001_0001)
    icmp.writeChecksum(frame.bytes, view, words, at, 24)
  } else udp.write(frame.bytes, view, words, at, 4000, 9, 24, CLIENT, SERVER)
  const protocol = isEcho ? ipv4.ICMP : ipv4.UDP
  client.ipv4.send(frame, CLIENT, SERVER, protocol, 0, 64, 1, 0, options)
}

/** Options and ICMP type, code and fifth octet of the first IPv4 packet that came in here. */
function first(net: Network, host: Host): { options: string; says: string } | undefined {
  const { place } = host.interfaces[1]!
  const entry = net.journal.entries.find(
    (each) => each.kind === RECEIVED && each.place === place && each.octets![13] === 0,
  )
  if (entry === undefined) return undefined
  const octets = entry.octets!
  const end = 14 + (octets[14]! & 0xf) * 4
  const hex = Buffer.from(octets.subarray(34, end)).toString('hex')
  return { options: hex, says: `${octets[end]}/${octets[end + 1]} ${octets[end + 4]}` }
}

const zeros = (octets: number): string => '00'.repeat(octets)

cases(
  'IPv4 options, as Linux treats them',
  [
    {
      name: 'a route is recorded there and back (ping -R)',
      sent: `010727080a01000a${zeros(32)}`,
      there: `0107270c0a01000a0a020001${zeros(28)}`,
      back: `0727180a01000a0a0200010a02000a0a02000a0a010001${zeros(17)}`,
      says: '0/0 0',
    },
    {
      name: 'times and addresses (ping -T tsandaddr): two have no room',
      sent: `44240d010a01000a020b0929${zeros(24)}`,
      there: `442415010a01000a020b09290a010001020b0929${zeros(16)}`,
      back: '442425110a01000a020b09290a010001020b09290a02000a020b09290a02000a020b0929',
      says: '0/0 0',
    },
    {
      name: 'times only (ping -T tsonly)',
      sent: `44280900020b0929${zeros(32)}`,
      there: `44280d00020b0929020b0929${zeros(28)}`,
      back: `44281900020b0929020b0929020b0929020b0929020b0929${zeros(16)}`,
      says: '0/0 0',
    },
    {
      name: 'an error carries the route, too, as far as there is room',
      sent: '0707040000000000',
      there: '0707080a02000100',
      back: '0707080a02000100',
      says: '3/3 0',
    },
    {
      name: 'a time without room is counted',
      sent: '4408050000000000',
      there: '44080900020b0929',
      back: '44080920020b0929',
      says: '3/3 0',
    },
    { name: 'no operation', sent: '01010100', there: '01010100', back: '', says: '3/3 0' },
    { name: 'router alert', sent: '94040000', there: '94040000', back: '', says: '3/3 0' },
    { name: 'an unknown option', sent: '99040000', there: '99040000', back: '', says: '3/3 0' },
    { name: 'a length that is too small', sent: '07020400', back: '', says: '12/0 21' },
    { name: 'a pointer into the option head', sent: '0707030000000000', back: '', says: '12/0 22' },
    { name: 'half a place left', sent: '07040400', back: '', says: '12/0 22' },
    { name: 'a length beyond the header', sent: '070b0400', back: '', says: '12/0 20' },
    { name: 'a source route gets no answer', sent: '8307040a02000100' },
  ],
  ({ sent, there, back, says }) => {
    const { net, client, server } = routed(0x020b0929)
    send(client, bytes(sent), says === '0/0 0')
    net.run(0.0005)
    assert.is(first(net, server)?.options, there)
    assert.is(first(net, client)?.options, back)
    assert.is(first(net, client)?.says, says)
  },
)

cases(
  'IPv4 options of fragments (RFC 791 §3.1)',
  [{ name: 'a security label goes into all parts, a route record only into the first' }],
  () => {
    const { net, client, server } = routed(0)
    // Type 0x82 has the bit that asks to be copied.
    const options = bytes('82040102 07070400000000 00')
    const frame = client.ipv4.allocate(options.length + 3000)
    const at = frame.network + ipv4.MIN_LEN + options.length
    frame.end = at + 3000
    icmp.write(frame.view, at, icmp.ECHO_REQUEST, 0, 0x0001_0001)
    icmp.writeChecksum(frame.bytes, frame.view, frame.words, at, 3000)
    client.ipv4.send(frame, CLIENT, SERVER, ipv4.ICMP, 0, 64, 1, 0, options)
    net.run(0.001)
    const { place } = server.interfaces[1]!
    const seen = net.journal.entries
      .filter((each) => each.kind === RECEIVED && each.place === place && each.octets![13] === 0)
      .map((each) => Buffer.from(each.octets!.subarray(34, 46)).toString('hex'))
    assert.equal(seen, [
      '82040102070708' + '0a020001' + '00',
      '820401020101010101010100',
      '820401020101010101010100',
    ])
  },
)
