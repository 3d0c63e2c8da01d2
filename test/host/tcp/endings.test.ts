import { type Entry, SENT } from '../../../sim/trace/index.ts'
import * as ipv4 from '../../../sim/wire/ipv4.ts'
import * as tcp from '../../../sim/wire/tcp.ts'
import { assert, suite } from '../../lib/harness.ts'
import { CLIENT, dial, Lab, serve, SERVER, Side } from './lab.ts'

/** How connections begin and end when both sides act, wait or give up: RFC 9293 and Linux 6.18. */
const nothing = (): void => {}
const closeAtEnd = (side: Side): void => {
  side.drain()
  if (side.atEnd) side.close()
}

suite('TCP at both ends', (test) => {
  test('RFC 9293 §3.6 figure 13: both close at once', () => {
    const lab = new Lab({ delayUs: 5000 })
    const server = serve(lab, nothing)
    const client = dial(lab, nothing)
    lab
      .at(100, () => client.close())
      .at(100, () => server[0]!.close())
      .run(1000)
    const flags = lab.segments.slice(3).map((s) => `${s.fromClient ? 'C' : 'S'} ${s.flags}`)
    assert.equal(flags.sort(), ['C A', 'C FA', 'S A', 'S FA'])
    assert.is(lab.client.tcp.waiting, 1)
    assert.is(lab.server.tcp.waiting, 1)
  })

  test('RFC 9293 §3.5 figure 7: two SYNs cross and make one connection', () => {
    const lab = new Lab({ delayUs: 5000 })
    const client = dial(lab, nothing)
    const server = new Side(lab.server, -1, nothing)
    server.socket = lab.server.tcp.connect({
      owner: server,
      localPort: 80,
      remote: 0xac101464,
      remotePort: 40000,
    })
    lab.run(1000)
    assert.is(lab.client.tcp.established(client.socket), true)
    assert.is(lab.server.tcp.established(server.socket), true)
    assert.equal(
      lab.segments
        .slice(0, 4)
        .map((s) => s.flags)
        .sort(),
      ['S', 'S', 'SA', 'SA'],
    )
  })

  test('13b-syn-flood-cookies: with a full queue a new client is served all the same', () => {
    const lab = new Lab({ loss: (segment) => segment.flags === 'A' && segment.timeMs < 100 })
    const server = serve(lab, (side) => void (side.drain() > 0 && side.write(200)), { backlog: 4 })
    for (let i = 0; i < 6; i++) dial(lab, nothing, { localPort: 41_000 + i })
    const late = (side: Side): void => {
      if (side.wakes === 1) side.write(100)
      side.drain()
    }
    let client: Side | undefined
    lab.at(200, () => {
      client = dial(lab, late)
    })
    lab.run(900)
    // Five in the queue of four; the sixth and the late one got cookies.
    assert.is(lab.server.tcp.sockets().filter((row) => row.state === 'SYN-RECEIVED').length, 5)
    assert.is(client!.got, 200)
    assert.is(server.length, 1)
    const last = lab.lines().slice(-6)
    assert.equal(last, [
      'S SA 0 ack 1 win 65160 len 0 <mss 1460,sackOK,ts,nop,wscale 7>',
      'C A 1 ack 1 win 502 len 0',
      'C PA 1 ack 1 win 502 len 100',
      'S A 1 ack 101 win 502 len 0',
      'S PA 1 ack 101 win 502 len 200',
      'C A 101 ack 201 win 501 len 0',
    ])
  })

  test('13c-syn-flood-nocookies: without cookies a full queue drops new SYNs', () => {
    const lab = new Lab({
      loss: (segment) => segment.flags === 'A',
      server: { 'net.ipv4.tcp_syncookies': 0 },
    })
    serve(lab, nothing, { backlog: 4 })
    for (let i = 0; i < 8; i++) dial(lab, nothing, { localPort: 41_000 + i })
    lab.run(500)
    assert.is(lab.drops().filter((reason) => reason === 'tcp-syn-queue-full').length, 3)
  })

  test('half-close: the other half still carries data', () => {
    const lab = new Lab()
    const server = serve(lab, (side) => {
      side.drain()
      if (!side.atEnd || side.wakes > 5) return
      side.write(5000)
      side.close()
    })
    const client = dial(lab, (side) => {
      if (side.wakes === 1) {
        side.write(300)
        lab.client.tcp.shutdown(side.socket)
      }
      side.drain()
      if (side.atEnd) side.close()
    })
    lab.run(1000)
    assert.is(server[0]!.got, 300)
    assert.is(client.got, 5000)
    assert.is(lab.client.tcp.waiting, 1)
  })

  test('TIME-WAIT lasts 60 s, then nothing is left (TCP_TIMEWAIT_LEN)', () => {
    const lab = new Lab()
    serve(lab, closeAtEnd)
    const client = dial(lab, nothing)
    lab.at(100, () => client.close()).run(60_000)
    assert.is(lab.client.tcp.waiting, 1)
    lab.run(60_200)
    assert.is(lab.client.tcp.waiting, 0)
    assert.is(lab.client.tcp.open, 0)
    assert.is(lab.world.pool.live, 0)
  })

  test('FIN-WAIT-2 becomes TIME-WAIT with the FIN; a repeated FIN is answered (RFC 9293)', () => {
    let lost = false
    const lab = new Lab({
      loss: (segment) => {
        // The answer to the server's FIN is lost, so the server sends its FIN again.
        if (lost || !segment.fromClient || segment.timeMs < 1000) return false
        lost = true
        return true
      },
    })
    const server = serve(lab, nothing)
    const client = dial(lab, nothing)
    lab
      .at(100, () => client.close())
      .at(1000, () => server[0]!.close())
      .run(2000)
    assert.equal(
      lab.client.tcp.sockets().map((line) => line.state),
      ['TIME-WAIT'],
    )
    assert.equal(lab.lines().slice(-4), [
      'S FA 1 ack 2 win 510 len 0',
      'C A 2 ack 2 win 502 len 0',
      'S FA 1 ack 2 win 510 len 0',
      'C A 2 ack 2 win 502 len 0',
    ])
    lab.run(61_150)
    assert.is(lab.client.tcp.waiting, 1, 'the repeated FIN starts the 60 s anew')
    lab.run(61_300)
    assert.is(lab.client.tcp.waiting, 0)
  })

  test('FIN-WAIT-2 without a program ends after tcp_fin_timeout', () => {
    const lab = new Lab({ client: { 'net.ipv4.tcp_fin_timeout': 5 } })
    serve(lab, nothing)
    const client = dial(lab, nothing)
    lab.at(100, () => client.close()).run(4000)
    assert.equal(
      lab.client.tcp.sockets().map((line) => line.state),
      ['FIN-WAIT-2'],
    )
    lab.run(6000)
    assert.equal(lab.client.tcp.sockets(), [])
  })

  test('close with octets unread is a reset (RFC 2525 §2.17)', () => {
    const lab = new Lab()
    const server = serve(lab, nothing)
    const client = dial(lab, (side) => void (side.wakes === 1 && side.write(100)))
    lab.at(10, () => server[0]!.close()).run(1000)
    assert.is(lab.lines().at(-1), 'S RA 1 ack 101 win 509 len 0')
    assert.is(lab.client.tcp.error(client.socket), 'reset')
  })

  test('TCP_CORK holds back what fills no segment', () => {
    const lab = new Lab()
    serve(lab, (side) => void side.drain())
    const client = dial(lab, nothing, { cork: true })
    lab.at(1, () => client.write(2000))
    lab.at(50, () => lab.client.tcp.setOption(client.socket, 'cork', 0)).run(1000)
    const data = lab.segments.filter((s) => s.len > 0)
    assert.equal(
      data.map((s) => s.len),
      [1448, 552],
    )
    assert.ok(data[1]!.timeMs >= 50)
  })

  test('a RST that is not exactly next is asked about, not obeyed (RFC 5961 §3.2)', () => {
    const lab = new Lab()
    serve(lab, (side) => void side.drain())
    const client = dial(lab, nothing)
    lab.run(100)
    forge(lab, 5)
    assert.is(lab.client.tcp.established(client.socket), true)
    forge(lab, 0)
    assert.is(lab.client.tcp.error(client.socket), 'reset')
  })
})

/** Hands the client a RST as if the server had sent it, `ahead` of the next sequence number. */
function forge(lab: Lab, ahead: number): void {
  const answer = lab.journal.entries.filter((entry) => entry.kind === SENT).find(isSynAck)!
  const frame = lab.world.pool.take()
  frame.bytes.set(answer.octets!.subarray(0, 54), frame.start)
  frame.end = frame.start + 54
  const at = frame.network + 20
  const { view } = frame
  const sequence = view.getUint32(at + 4) + 1 + ahead
  ipv4.write(view, frame.network, 0, 40, 0, ipv4.DF, 64, ipv4.TCP, SERVER, CLIENT)
  tcp.write(view, at, 80, 40000, sequence >>> 0, 0, 20, tcp.RST, 0)
  tcp.writeChecksum(frame.bytes, view, frame.words, at, 20, SERVER, CLIENT)
  lab.client.tcp.input(frame, at, frame.end, SERVER, CLIENT)
}

function isSynAck(entry: Entry): boolean {
  return entry.octets!.length > 54 && entry.octets![47] === (tcp.SYN | tcp.ACK)
}
