// Over IPv6 TCP is the same but for what this file names. The kernel was asked for flow labels and
// for the path MTU: two network namespaces, three for the narrow link (Linux 6.18).

import type { Host } from '../../../sim/host/host.ts'
import { type Entry, SENT } from '../../../sim/trace/index.ts'
import { fold, pseudoSum, sumOf } from '../../../sim/wire/checksum.ts'
import * as tcp from '../../../sim/wire/tcp.ts'
import * as udp from '../../../sim/wire/udp.ts'
import { assert, bytes, suite } from '../../lib/harness.ts'
import { CLIENT, type Lab, lab, SERVER } from '../ipv6-stand.ts'
import { Side } from './lab.ts'
import { sender } from './losses.ts'

/** A TCP segment as it left a machine. */
interface Seen {
  readonly label: number
  readonly flags: number
  readonly len: number
  readonly win: number
  readonly options: string
}

/** Segments that left `place`, in order. */
function segments({ stand }: Lab, place: number): Seen[] {
  return stand.net.journal.entries
    .filter((entry) => entry.kind === SENT && entry.place === place)
    .flatMap(({ octets }: Entry): Seen[] => {
      const v = new DataView(octets!.buffer, octets!.byteOffset, octets!.byteLength)
      if (v.getUint16(12) !== 0x86dd || v.getUint8(20) !== 6) return []
      const header = tcp.headerLen(v, 54)
      const options = [...octets!.subarray(74, 54 + header)]
      return [
        {
          label: v.getUint32(14) & 0xfffff,
          flags: tcp.flags(v, 54),
          len: v.getUint16(18) - header,
          win: tcp.window(v, 54),
          options: options.map((octet) => octet.toString(16).padStart(2, '0')).join(' '),
        },
      ]
    })
}

/** Everything that listens on port 80 reads to the end. */
function listen({ tcp: listening }: Host): void {
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
}

function connect(at: Lab, octets: number, port = 80): Side {
  const side = new Side(at.client, -1, sender(octets))
  const remote = at.stand.number(SERVER)
  side.socket = at.client.tcp.connect({ owner: side, remote, remotePort: port })
  return side
}

const labels = (list: readonly Seen[]): number => new Set(list.map(({ label }) => label)).size

suite('TCP over IPv6', (test) => {
  test('offers 1440 octets and the windows that follow from it (capture 12)', () => {
    const at = lab()
    listen(at.server)
    connect(at, 100)
    at.stand.net.run(1)
    const [syn] = segments(at, at.near.place)
    const [synAck] = segments(at, at.far.place)
    assert.match(syn!.options, /^02 04 05 a0 /) // MSS 1440
    assert.is(syn!.win, 64800)
    assert.is(synAck!.win, 64260)
  })

  test('a router whose next link takes 1280 octets: all is sent again in 1208', () => {
    const at = lab(1280)
    // Only the router's side of the cable is narrow.
    at.far.mtu = 1500
    at.server.routes.changed()
    listen(at.server)
    const side = connect(at, 14_280)
    at.stand.net.run(3)
    const full = Array.from({ length: 10 }, () => 1428)
    const unit = [1208, 1208, 1208, 1208, 1208, 1100]
    const lens = segments(at, at.near.place).flatMap(({ len }) => (len > 0 ? [len] : []))
    assert.equal(lens, [...full, ...unit, ...unit])
    assert.is(side.host.tcp.counters.timeouts, 0)
  })

  test('a port nobody listens on answers with RST, and the program is told', () => {
    const at = lab()
    const side = connect(at, 1, 81)
    at.stand.net.run(1)
    assert.is(at.client.tcp.error(side.socket), 'refused')
    const [reset] = segments(at, at.far.place)
    assert.equal([reset!.flags, reset!.win, reset!.options], [tcp.RST | tcp.ACK, 0, ''])
  })

  test('no route to it is told by ICMPv6', () => {
    const at = lab()
    const side = new Side(at.client, -1, sender(1))
    const remote = at.stand.number('2001:db8:77::1')
    side.socket = at.client.tcp.connect({ owner: side, remote, remotePort: 80 })
    at.stand.net.run(1)
    assert.is(at.client.tcp.error(side.socket), 'unreachable')
  })

  test('an address of the other family cannot be the source', () => {
    const at = lab()
    const remote = at.stand.number(SERVER)
    const owner = { wake() {} }
    assert.is(at.client.tcp.connect({ owner, local: 0x0a000001, remote, remotePort: 80 }), -1)
    assert.is(at.client.tcp.lastError, 'unreachable')
  })
})

suite('SYN cookies over IPv6', (test) => {
  /** A segment of a far machine, as an IPv6 packet; `options` in hexadecimal. */
  function segment(at: Lab, port: number, flags: number, seq: number, ack: number, options = '') {
    const tail = bytes(options)
    const packet = new Uint8Array(40 + 20 + tail.length)
    packet.set(
      bytes(`
        60 00 00 00 00 ${(20 + tail.length).toString(16)} 06 40
        20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 99
        20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 20`),
    )
    packet.set(tail, 60)
    const [view, words] = [new DataView(packet.buffer), new Uint16Array(packet.buffer)]
    tcp.write(view, 40, port, 80, seq, ack, 20 + tail.length, flags, 64000)
    const { addresses } = at.stand.net.world
    const [src, dst] = ['2001:db8:1::99', SERVER].map((each) =>
      addresses.sum(at.stand.number(each)),
    )
    tcp.writeChecksum(packet, view, words, 40, 20 + tail.length, src!, dst!)
    at.stand.arrive(at.far, '02:00:00:00:02:01', packet)
    at.stand.net.run(0.1)
  }

  /** Fills the queue, comes in by a cookie and asks for 5000 octets; returns their segments. */
  function visit(mss: number): number[] {
    const at = lab()
    const { tcp: listening } = at.server
    const owner = {
      wake: (listener: number): void => {
        const socket = listening.accept(listener)
        if (socket < 0) return
        listening.setOwner(socket, { wake() {} })
        listening.write(socket, new Uint8Array(5000), 0, 5000)
      },
    }
    listening.listen({ address: 0, port: 80, backlog: 1, owner })
    const offer = `02 04 ${(mss >> 8).toString(16).padStart(2, '0')} ${(mss & 0xff).toString(16)}`
    for (const port of [1001, 1002, 1003]) segment(at, port, tcp.SYN, 7000, 0, offer)
    const answers = at.stand.net.journal.entries.filter(
      (entry) => entry.kind === SENT && entry.place === at.far.place && entry.octets![20] === 6,
    )
    const last = answers.at(-1)!.octets!
    const iss = new DataView(last.buffer, last.byteOffset).getUint32(58)
    segment(at, 1003, tcp.ACK, 7001, iss + 1)
    return segments(at, at.far.place).flatMap(({ len }) => (len > 0 ? [len] : []))
  }

  test('what the client offered is remembered as 1220, 1420, 1440 or 8940', () => {
    assert.is(visit(1440)[0], 1440)
    assert.is(visit(1430)[0], 1420)
    assert.is(visit(1300)[0], 1220)
    assert.is(visit(1220)[0], 1220)
  })
})

suite('flow labels (RFC 6437)', (test) => {
  test('a connection keeps its label, from the SYN or SYN+ACK to the last ACK', () => {
    const at = lab()
    listen(at.server)
    const side = connect(at, 3000)
    at.stand.net.run(1)
    at.client.tcp.close(side.socket)
    at.stand.net.run(1)
    for (const place of [at.near.place, at.far.place]) {
      const seen = segments(at, place)
      assert.ok(seen.length >= 3)
      assert.is(labels(seen), 1)
    }
  })

  test('each SYN that is sent again has another', () => {
    const at = lab()
    at.server.down = true
    connect(at, 1)
    at.stand.net.run(3.5)
    const seen = segments(at, at.near.place)
    assert.equal([seen.length, labels(seen)], [4, 4])
  })

  test('data too: not at the loss probe, but at each timeout', () => {
    const at = lab()
    listen(at.server)
    const side = connect(at, 5)
    at.stand.net.run(0.5)
    const before = segments(at, at.near.place).length
    at.server.down = true
    at.client.tcp.write(side.socket, bytes('61 67 61 69 6e'), 0, 5)
    at.stand.net.run(2.5)
    const seen = segments(at, at.near.place).slice(before)
    assert.equal(
      seen.map(({ len }) => len),
      [5, 5, 5, 5, 5],
    )
    const [first, probe, ...timeouts] = seen.map(({ label }) => label)
    assert.is(probe, first)
    assert.is(new Set([first, ...timeouts]).size, 1 + timeouts.length)
  })

  test('datagrams of one socket share one, another socket has another', () => {
    const at = lab()
    const remote = at.stand.number(SERVER)
    const owner = { wake() {} }
    for (const localPort of [5000, 5000, 5001]) {
      const socket = at.client.udp.open({ owner, local: 0, localPort })
      at.client.udp.sendTo(socket, bytes('78'), 0, 1, remote, 9)
      at.client.udp.close(socket)
    }
    at.stand.net.run(1)
    const seen = at.stand.net.journal.entries
      .filter((entry) => entry.kind === SENT && entry.place === at.near.place)
      .map(({ octets }) => new DataView(octets!.buffer, octets!.byteOffset))
      .filter((v) => v.getUint8(20) === 17)
      .map((v) => v.getUint32(14) & 0xfffff)
    assert.is(seen[0], seen[1])
    assert.is.not(seen[0], seen[2])
  })
})

suite('UDP over IPv6', (test) => {
  /** A datagram to port 9 whose checksum field is `sum`, or right. */
  function datagram(at: Lab, sum: number | undefined): Uint8Array {
    const packet = bytes(`
      60 00 00 00 00 0a 11 40
      20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 10
      20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 20
      13 88 00 09 00 0a 00 00 68 69`)
    const { addresses } = at.stand.net.world
    const ends = [CLIENT, SERVER].map((each) => addresses.sum(at.stand.number(each)))
    const words = new Uint16Array(packet.buffer)
    const right = ~fold(sumOf(packet, words, 40, 10) + pseudoSum(ends[0]!, ends[1]!, 17, 10))
    new DataView(packet.buffer).setUint16(46, (sum ?? right) & 0xffff)
    return packet
  }

  test('a checksum of zero is no checksum, and forbidden (RFC 8200 §8.1)', () => {
    for (const [sum, received] of [
      [undefined, 1],
      [0, 0],
      [1, 0],
    ] as const) {
      const at = lab()
      const socket = at.server.udp.open({ owner: { wake() {} }, local: 0, localPort: 9 })
      at.stand.arrive(at.far, '02:00:00:00:02:01', datagram(at, sum))
      assert.is(at.server.udp.received(socket), received)
      if (received === 0) assert.equal(at.stand.net.drops(), ['udp-bad-checksum'])
    }
  })

  test('IPv4 lets it be none', () => {
    const packet = bytes('13 88 00 09 00 0a 00 00 68 69')
    const view = new DataView(packet.buffer)
    const words = new Uint16Array(packet.buffer)
    assert.is(udp.check(packet, view, words, 0, 10, 1, 2), undefined)
    assert.is(udp.check(packet, view, words, 0, 10, 1, 2, 6), 'udp-bad-checksum')
  })

  test('nobody listening is told to the sender', () => {
    const at = lab()
    const socket = at.client.udp.open({ owner: { wake() {} }, local: 0, localPort: 0 })
    at.client.udp.sendTo(socket, bytes('78'), 0, 1, at.stand.number(SERVER), 9)
    at.stand.net.run(1)
    assert.is(at.client.udp.error(socket), 'refused')
  })
})
