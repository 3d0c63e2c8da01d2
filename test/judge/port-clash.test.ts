import { createJudge, type InvariantVerdict } from '../../sim/judge/index.ts'
import {
  FIELD_IP_SRC,
  FIELD_TCP_SRC_PORT,
  FIELD_UDP_SRC_PORT,
  RECEIVED,
  REWRITTEN,
  SENT,
  Trace,
  TRANSLATED,
} from '../../sim/trace/index.ts'
import { type Frame, FramePool } from '../../sim/wire/frame.ts'
import { assert, suite } from '../lib/harness.ts'
import { datagram, type Ends, ip, segment } from '../nat/packets.ts'

const S = 1_000_000_000
const FIN = 1
const SYN = 2
const RST = 4
const ACK = 16
const GATEWAY = 5
const PUBLIC = ip('207.17.117.20')
const SERVER = ip('207.17.117.99')

/** A gateway as the judge sees it: what it rewrites, sends and receives. */
class Gateway {
  readonly clock: { now: number } = { now: 0 }
  private readonly trace = new Trace(this.clock)
  private readonly pool = new FramePool(1514)
  private readonly judge = createJudge({
    clientPlaces: [],
    servers: [],
    vips: [],
    translatesSources: true,
  })

  constructor() {
    this.judge.listen(this.trace)
  }

  get verdict(): InvariantVerdict {
    const found = this.judge.verdicts().find(({ name }) => name === 'port-clash')
    assert.ok(found)
    return found!
  }

  /** A segment of machine `n` leaves from port `out` of the gateway. */
  tcp(n: number, out: number, flags: number, port = 40000): void {
    const ends: Ends = { src: PUBLIC, dst: SERVER, srcPort: out, dstPort: 80 }
    this.send(segment(ends, flags), ip('192.168.1.0') + n, port, out, FIELD_TCP_SRC_PORT)
  }

  udp(n: number, out: number): void {
    const ends: Ends = { src: PUBLIC, dst: SERVER, srcPort: out, dstPort: 80 }
    this.send(datagram(ends), ip('192.168.1.0') + n, 40000, out, FIELD_UDP_SRC_PORT)
  }

  /** An answer comes in for port `out`. */
  answer(out: number, flags: number): void {
    const ends: Ends = { src: SERVER, dst: PUBLIC, srcPort: 80, dstPort: out }
    const frame = this.frame(segment(ends, flags))
    this.trace.emit(RECEIVED, GATEWAY, frame, 0, 0, 0)
    this.pool.release(frame)
  }

  private send(octets: Uint8Array, src: number, port: number, out: number, field: number): void {
    const frame = this.frame(octets)
    this.trace.emit(TRANSLATED, GATEWAY, frame, 0, 1, 0)
    this.trace.emit(REWRITTEN, GATEWAY, frame, FIELD_IP_SRC, src, PUBLIC)
    if (port !== out) this.trace.emit(REWRITTEN, GATEWAY, frame, field, port, out)
    this.trace.emit(SENT, GATEWAY, frame, 0, 0, 0)
    this.pool.release(frame)
  }

  private frame(packet: Uint8Array): Frame {
    const frame = this.pool.take()
    frame.bytes.fill(0, frame.start, frame.start + 14)
    frame.view.setUint16(frame.start + 12, 0x0800)
    frame.bytes.set(packet, frame.start + 14)
    frame.end = frame.start + 14 + packet.length
    return frame
  }
}

suite('judge: port-clash', (test) => {
  test('two connections on two ports, and one that goes on, break nothing', () => {
    const gateway = new Gateway()
    gateway.tcp(10, 40000, SYN)
    gateway.tcp(11, 40001, SYN)
    gateway.tcp(10, 40000, SYN)
    gateway.tcp(10, 40000, FIN | ACK)
    assert.is(gateway.verdict.broken, 0)
  })

  test('a port given to another machine while its owner is open is named', () => {
    const gateway = new Gateway()
    gateway.tcp(10, 40000, SYN)
    gateway.answer(40000, SYN | ACK)
    gateway.tcp(11, 40000, SYN)
    const { broken, first } = gateway.verdict
    assert.is(broken, 1)
    assert.match(first?.detail ?? '', /207\.17\.117\.20:40000/)
    assert.is(first?.place, GATEWAY)
  })

  test('another port of the same machine is another owner', () => {
    const gateway = new Gateway()
    gateway.tcp(10, 50000, SYN, 40000)
    gateway.tcp(10, 50000, SYN, 40001)
    assert.is(gateway.verdict.broken, 1)
  })

  test('half closed is open', () => {
    const gateway = new Gateway()
    gateway.tcp(10, 40000, SYN)
    gateway.tcp(10, 40000, FIN | ACK)
    gateway.tcp(11, 40000, SYN)
    assert.is(gateway.verdict.broken, 1)
  })

  test('after a FIN of each side, or a reset, the port is free', () => {
    const gateway = new Gateway()
    gateway.tcp(10, 40000, SYN)
    gateway.tcp(10, 40000, FIN | ACK)
    gateway.answer(40000, FIN | ACK)
    gateway.tcp(11, 40000, SYN)
    gateway.answer(40000, RST | ACK)
    gateway.tcp(12, 40000, SYN)
    assert.is(gateway.verdict.broken, 0)
  })

  test('who was silent for a minute may have been forgotten', () => {
    const gateway = new Gateway()
    gateway.tcp(10, 40000, SYN)
    gateway.clock.now = 60 * S
    gateway.tcp(11, 40000, SYN)
    assert.is(gateway.verdict.broken, 0)
  })

  test('datagrams of two machines by turns on one port are a clash, one after the other are not', () => {
    const gateway = new Gateway()
    gateway.udp(10, 5000)
    gateway.clock.now = 40 * S
    gateway.udp(11, 5000)
    assert.is(gateway.verdict.broken, 0)
    gateway.clock.now = 41 * S
    gateway.udp(10, 5000)
    assert.is(gateway.verdict.broken, 1)
  })
})
