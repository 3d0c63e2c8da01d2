// The invariants over IPv6, tried on what a real kernel sent.

import { createJudge, type InvariantVerdict, type JudgeConfig } from '../../sim/judge/index.ts'
import { RECEIVED, SENT, Trace } from '../../sim/trace/index.ts'
import { parseAddress } from '../../sim/wire/address.ts'
import { FramePool } from '../../sim/wire/frame.ts'
import { linuxCapture } from '../capture/linux.ts'
import { assert, suite } from '../lib/harness.ts'

const VIP = parseAddress('2001:db8:202::124')!
const SERVER = parseAddress('2001:db8:20::1')!
const CLIENT_PLACE = 3

/** Shows frames at a place in their order; `born`: the order in which they were made. */
function judged(
  frames: readonly Uint8Array[],
  config: Partial<JudgeConfig> & { readonly place?: number; readonly kind?: number },
  born: readonly number[] = frames.map((_, i) => i),
): (name: string) => InvariantVerdict {
  const clock = { now: 0 }
  const trace = new Trace(clock)
  const pool = new FramePool(1514)
  const { place = CLIENT_PLACE, kind = RECEIVED, ...rest } = config
  const judge = createJudge({
    clientPlaces: [CLIENT_PLACE],
    servers: [SERVER],
    vips: [VIP],
    ...rest,
  })
  judge.listen(trace)
  const made = [...born]
    .sort((a, b) => a - b)
    .map((i) => {
      const frame = pool.take()
      frame.bytes.set(frames[i]!, frame.start)
      frame.end = frame.start + frames[i]!.length
      return { i, frame }
    })
  for (const i of born) trace.emit(kind, place, made.find((each) => each.i === i)!.frame, 0, 0, 0)
  return (name) => judge.verdicts().find((each) => each.name === name)!
}

const octets = (name: string): Uint8Array[] => linuxCapture(name).records.map(({ bytes }) => bytes)

suite('invariants over IPv6', (test) => {
  test('inline, the client sees the VIP only; beside the server it would see the server', () => {
    assert.is(judged(octets('12-v6-dnat/client-eth0'), {})('leak').broken, 0)
    const { broken, first } = judged(octets('12-v6-dnat/s1-eth0').slice(5), {})('leak')
    assert.ok(broken >= 5)
    assert.match(first?.detail ?? '', /^2001:db8:20::1 > 2001:db8:117::20 shows a real server/)
  })

  test('neighbour discovery is no flow', () => {
    const talk = octets('12-v6-dnat/s1-eth0').filter((frame) => frame[20] === 58)
    assert.ok(talk.length >= 4)
    assert.is(judged(talk, {})('leak').broken, 0)
  })

  test('an error that quotes the server is a leak', () => {
    const error = octets('16d-v6-errors/client-eth0').find((frame) => frame[54] === 1)!
    const quoted = parseAddress('2001:db8:3::1')!
    const { first } = judged([error], { servers: [quoted] })('leak')
    assert.match(first?.detail ?? '', /an ICMP error quotes .* > 2001:db8:3::1/)
  })

  test('only the owner of a VIP advertises it', () => {
    const frames = octets('12-v6-dnat/lb-eth0')
    const owner = { vip: VIP, places: [4] }
    const at = (place: number): InvariantVerdict =>
      judged(frames, { vipOwners: [owner], kind: SENT, place })('arp-silence')
    assert.is(at(4).broken, 0)
    assert.is(at(5).broken, 1)
    assert.match(at(5).first?.detail ?? '', /neighbour discovery for 2001:db8:202::124/)
  })

  test('the later segment first', () => {
    const frames = octets('12-v6-dnat/client-eth0')
    assert.is(judged(frames, {})('reordered').broken, 0)
    const [early, late] = [4, 5] // ACK and request of the client
    const { broken, first } = judged(frames, {}, [late, early])('reordered')
    assert.is(broken, 1)
    assert.match(first?.detail ?? '', /^a frame of 2001:db8:117::20 > 2001:db8:202::124 /)
  })
})
