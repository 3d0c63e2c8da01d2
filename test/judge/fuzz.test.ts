import { compile } from '../../sim/filter/index.ts'
import { Conversations, dissect, FAULTS, plainFrame, verify } from '../../sim/judge/index.ts'
import { damaged } from './damaged.ts'
import { linuxCapture } from '../capture/linux.ts'
import { assert, suite } from '../lib/harness.ts'

const CAPTURES = [
  '01-inline-dnat/client-eth0',
  '07e-redirect-no-nat/client2-eth0',
  '08a-icmp-port-unreachable/client-eth0',
  '11-udp-dns/client-eth0',
  '12-v6-dnat/client-eth0',
]

/** Numbers of one fixed stream (xorshift), so that a failure comes again. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const frames = CAPTURES.flatMap((name) => linuxCapture(name).records.map((record) => record.bytes))
const filters = [
  'ip.addr == 10.0.0.0/8',
  'tcp.seq > 5',
  'dns.qry.name contains "a"',
  'ip.src[3] == 1',
]

function survive(frame: Uint8Array, conversations: Conversations): void {
  const d = dissect(frame, 0, frame.length)
  conversations.annotate(d)
  plainFrame(d)
  for (const text of filters) {
    const filter = compile(text)
    if (!('problem' in filter)) filter.test(d)
  }
  const slab = new Uint8Array(new ArrayBuffer((frame.length + 1) & ~1))
  slab.set(frame)
  const fault = verify(slab, new Uint16Array(slab.buffer), 0, frame.length)
  assert.ok(FAULTS[fault] !== undefined)
}

suite('judge: what strangers send', (test) => {
  test('frames with a few octets changed, cut or repeated', () => {
    const below = numbers(0x5eed)
    const conversations = new Conversations()
    for (let i = 0; i < 6000; i++) {
      const frame = frames[below(frames.length)]!
      survive(damaged(frame, below), conversations)
    }
  })

  test('random octets under each protocol', () => {
    const below = numbers(7)
    const conversations = new Conversations()
    for (let i = 0; i < 6000; i++) {
      const frame = Uint8Array.from({ length: 14 + below(120) }, () => below(256))
      const types = [0x0800, 0x0806, 0x86dd]
      new DataView(frame.buffer).setUint16(12, types[i % 3]!)
      if (i % 2 === 0) frame[14] = i % 3 === 0 ? 0x45 : 0x60
      if (i % 3 === 0 && frame.length > 24) frame[23] = [1, 6, 17][below(3)]!
      if (i % 3 === 2 && frame.length > 24) frame[20] = [58, 6, 17, 44][below(4)]!
      survive(frame, conversations)
    }
  })
})
