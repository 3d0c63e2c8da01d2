import { BORN, type Entry, SENT } from '../../../sim/trace/index.ts'
import * as ipv4 from '../../../sim/wire/ipv4.ts'
import * as tcp from '../../../sim/wire/tcp.ts'
import { assert, suite } from '../../lib/harness.ts'
import { ip, Network } from '../machines.ts'
import { Side } from './lab.ts'
import { sender } from './losses.ts'

/** A router between client and server, whose cable towards the server takes 1280 octets only. */
function narrow(): { network: Network; client: Side; lens: () => number[]; icmp: () => number } {
  const network = new Network()
  const machines = {
    client: network.host('client'),
    router: network.host('router', { 'net.ipv4.ip_forward': 1 }),
    server: network.host('server'),
  }
  const inner = network.iface(machines.client, '10.1.0.10/24')
  const near = network.iface(machines.router, '10.1.0.1/24')
  const far = network.iface(machines.router, '10.2.0.1/24')
  const outer = network.iface(machines.server, '10.2.0.10/24')
  far.mtu = 1280
  network.cable(inner, near)
  network.cable(far, outer)
  network.start([machines.client, '10.1.0.1'], [machines.server, '10.2.0.1'])
  const { tcp: listening } = machines.server
  const sink = {
    wake: (socket: number): void => {
      listening.read(socket, undefined, 1 << 30)
    },
  }
  const owner = {
    wake: (listener: number): void => {
      const socket = listening.accept(listener)
      if (socket >= 0) listening.setOwner(socket, sink)
    },
  }
  listening.listen({ address: 0, port: 80, backlog: 5, owner })
  const client = new Side(machines.client, -1, sender(14_480))
  client.socket = machines.client.tcp.connect({
    owner: client,
    remote: ip('10.2.0.10'),
    remotePort: 80,
  })
  const { entries } = network.journal
  const sent = (entry: Entry): boolean => entry.kind === SENT && entry.place === inner.place
  const own = (entry: Entry): boolean =>
    entry.kind === BORN && entry.place === machines.router.place
  const lens = (): number[] =>
    entries
      .filter(sent)
      .map(payload)
      .filter((n) => n > 0)
  const icmp = (): number => entries.filter(own).length
  return { network, client, lens, icmp }
}

/** Octets of TCP payload in a frame; 0 for other frames. */
function payload(entry: Entry): number {
  const octets = entry.octets!
  const v = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
  if (v.getUint16(12) !== 0x0800 || ipv4.protocol(v, 14) !== ipv4.TCP) return 0
  return ipv4.totalLen(v, 14) - 20 - tcp.headerLen(v, 34)
}

suite('TCP and path MTU (RFC 1191)', (test) => {
  test('08d: ten full segments are lost, then all is sent again in 1228 octets', () => {
    const { network, client, lens, icmp } = narrow()
    network.run(5)
    const full = Array.from({ length: 10 }, () => 1448)
    // Each unit of the send queue is cut for itself: five of 1228 and the rest.
    const unit = [1228, 1228, 1228, 1228, 1228, 1100]
    assert.equal(lens(), [...full, ...unit, ...unit])
    assert.is(icmp() > 0, true)
    assert.is(client.host.tcp.counters.timeouts, 0)
  })
})
