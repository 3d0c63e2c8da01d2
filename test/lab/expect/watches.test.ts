import { CountWatch } from '../../../sim/lab/expect/count.ts'
import { DroppedWatch } from '../../../sim/lab/expect/dropped.ts'
import { OrderWatch } from '../../../sim/lab/expect/order.ts'
import { PathWatch } from '../../../sim/lab/expect/path.ts'
import { SequenceWatch, ServedWatch } from '../../../sim/lab/expect/served.ts'
import type { Bound } from '../../../sim/lab/sheet/types.ts'
import { DECIDED, dropCode, DROPPED, TRANSLATED } from '../../../sim/trace/index.ts'
import { COPY, type Frame, RETRANSMIT } from '../../../sim/wire/frame.ts'
import { assert, suite } from '../../lib/harness.ts'
import { ACK, ARP_REQUEST, REQUEST, SYN, SYN_ACK } from './frames.ts'
import { BASE, explain, line, PLAN, Scene } from './scene.ts'

const exactly = (value: number): Bound => ({
  min: value,
  max: value,
  text: String(value),
  percent: false,
})

/** The same frame with another destination address: 172.16.20.1. */
function rewritten(frame: Frame): Frame {
  frame.view.setUint32(frame.start + 30, 0xac101401)
  return frame
}

const path = (...lines: string[]) =>
  ({ ...BASE, kind: 'path', lines: lines.map(line), nth: 1, complete: false }) as const

suite('path', (test) => {
  const sheet = path(
    'lb.outside in S *:* > 199.237.202.124:80',
    'lb.inside out S *:* > 172.16.20.1:80',
    'rs1.eth0 in S *:* > rs1:80',
  )

  test('follows one packet through a rewrite', () => {
    const scene = new Scene()
    const watch = new PathWatch(sheet, scene.context)
    scene.listen(watch)
    const frame = scene.pass('lb.outside in', SYN)
    scene.pass('lb.inside out', rewritten(frame))
    scene.pass('rs1.eth0 in', frame)
    assert.is(watch.misfit(), undefined)
  })

  test('is not met by another packet of the same looks, but by a copy', () => {
    const play = (relation: number): string | undefined => {
      const scene = new Scene()
      const watch = new PathWatch(sheet, scene.context)
      scene.listen(watch)
      const frame = scene.pass('lb.outside in', SYN)
      const other = scene.frame(SYN, frame, relation)
      scene.pass('lb.inside out', rewritten(other))
      scene.pass('rs1.eth0 in', other)
      return watch.misfit()?.problem
    }
    assert.is(play(COPY), undefined)
    assert.is(play(RETRANSMIT), 'the packet met 1 line, but not line 2')
  })

  test('a line that is not met is shown with the nearest frame of the journey and its rule', () => {
    const failure = explain(
      (context) => new PathWatch(sheet, context),
      (scene) => {
        const frame = scene.pass('lb.outside in', SYN, 1000)
        scene.trace.emit(TRANSLATED, 0, frame, 0, 0, 0)
        frame.view.setUint32(frame.start + 30, 0xac101402)
        scene.pass('lb.inside out', frame, 2000)
        scene.pass('rs2.eth0 in', frame, 3000)
      },
    )
    assert.is(failure.problem, 'the packet met 1 line, but not line 2')
    assert.is(failure.expected, 'lb.inside out S *:* > 172.16.20.1:80')
    assert.equal(failure.evidence, {
      timeNs: 2000,
      place: 'lb.inside',
      direction: 'out',
      number: 1,
      numberOfAll: 2,
      text: 'frame',
      differences: [{ name: 'destination', expected: '172.16.20.1', actual: '172.16.20.2' }],
      rule: 'service web: chose rs1',
    })
  })

  test('counts to the nth packet that fits the first line', () => {
    const scene = new Scene()
    const watch = new PathWatch({ ...sheet, nth: 2 }, scene.context)
    scene.listen(watch)
    scene.pass('lb.outside in', SYN)
    assert.is(watch.misfit()?.problem, 'only 1 packet fits the first line')
    const frame = scene.pass('lb.outside in', SYN)
    scene.pass('lb.inside out', rewritten(frame))
    scene.pass('rs1.eth0 in', frame)
    assert.is(watch.misfit(), undefined)
  })

  test('complete leaves out no hop', () => {
    const play = (complete: boolean): string | undefined => {
      const scene = new Scene()
      const watch = new PathWatch({ ...sheet, complete }, scene.context)
      scene.listen(watch)
      const frame = scene.pass('lb.outside in', SYN)
      scene.pass('lb.inside out', rewritten(frame))
      scene.pass('rs2.eth0 in', frame)
      scene.pass('rs1.eth0 in', frame)
      return watch.misfit()?.problem
    }
    assert.is(play(false), undefined)
    assert.is(play(true), 'the packet was also seen at rs2.eth0 in, where no line has it')
  })
})

suite('order', (test) => {
  const sheet = {
    ...BASE,
    kind: 'order',
    lines: [
      'lb.outside in S *:* > *:*',
      'lb.outside out S. *:* > *:*',
      'lb.outside in . *:* > *:*',
    ].map(line),
    only: undefined,
  } as const
  const play = (scene: Scene): void => {
    scene.pass('lb.outside in', SYN)
    scene.pass('lb.outside in', ARP_REQUEST)
    scene.pass('lb.outside out', SYN_ACK)
    scene.pass('lb.outside in', ACK)
  }

  test('is met with other frames between', () => {
    assert.is(explain((context) => new OrderWatch(sheet, context), play).problem, undefined)
    const only = { ...sheet, only: 'tcp' }
    assert.is(explain((context) => new OrderWatch(only, context), play).problem, undefined)
  })

  test('names the line that did not follow', () => {
    const lines = [...sheet.lines].reverse()
    const failure = explain((context) => new OrderWatch({ ...sheet, lines }, context), play)
    assert.is(failure.problem, 'line 2 of 3 was not seen after those before it')
    assert.is(failure.expected, 'lb.outside out S. *:* > *:*')
    assert.is(failure.evidence, undefined)
  })

  test('with only, shows the frame that came between', () => {
    const only = { ...sheet, only: 'arp || tcp' }
    const failure = explain((context) => new OrderWatch(only, context), play)
    assert.is(failure.problem, 'another frame passed lb.outside in before line 2')
    assert.is(failure.evidence?.number, 2)
  })

  test('with only, shows the frame that came after', () => {
    const only = { ...sheet, only: 'tcp' }
    const failure = explain(
      (context) => new OrderWatch(only, context),
      (scene) => {
        play(scene)
        scene.pass('lb.outside in', REQUEST)
      },
    )
    assert.is(failure.problem, 'another frame passed lb.outside in after the last line')
    assert.is(failure.evidence?.number, 5)
  })
})

suite('count', (test) => {
  const place = { node: 'lb', iface: 'outside' }
  const sheet = {
    ...BASE,
    kind: 'count',
    count: exactly(0),
    where: [{ place, direction: undefined }],
    filter: 'ip.addr == 199.237.202.0/24',
    during: undefined,
  } as const
  const play = (scene: Scene): void => {
    scene.pass('lb.outside in', ARP_REQUEST, 10)
    scene.pass('lb.outside in', SYN, 20)
    scene.pass('lb.outside out', SYN_ACK, 30)
    scene.pass('rs1.eth0 in', SYN, 30)
  }

  test('counts what the filter matches at its places', () => {
    const failure = explain((context) => new CountWatch(sheet, context), play)
    assert.is(failure.problem, '2 frames match, not 0')
    assert.is(failure.evidence?.number, 2)
    const two = { ...sheet, count: exactly(2) }
    assert.is(explain((context) => new CountWatch(two, context), play).problem, undefined)
  })

  test('can be told a direction, and a time', () => {
    const out = { ...sheet, count: exactly(1), where: [{ place, direction: 'out' }] } as const
    assert.is(explain((context) => new CountWatch(out, context), play).problem, undefined)
    const during = { fromNs: 0, toNs: 20 }
    const early = { ...sheet, during }
    assert.is(explain((context) => new CountWatch(early, context), play).problem, undefined)
  })

  test('relative numbers are counted as in a capture of that place', () => {
    const data = { ...sheet, filter: 'tcp.seq == 1 && tcp.len > 0', count: exactly(1) }
    const failure = explain(
      (context) => new CountWatch(data, context),
      (scene) => {
        play(scene)
        scene.pass('lb.outside in', REQUEST)
      },
    )
    assert.is(failure.problem, undefined)
  })
})

suite('choices and drops', (test) => {
  const read = (_place: number, service: number, server: number) => ({
    service,
    node: server === 0 ? 3 : 4,
  })
  const choose = (scene: Scene, ...servers: number[]): void => {
    for (const server of servers) scene.trace.emit(DECIDED, 5, undefined, 0, server, 0)
  }

  test('served counts connections and shares', () => {
    const problem = (bound: Bound, ...servers: number[]): string | undefined => {
      const scene = new Scene()
      const sheet = { ...BASE, kind: 'served', service: 0, during: undefined } as const
      const watch = new ServedWatch({ ...sheet, servers: [{ node: 3, bound }] }, PLAN, read)
      choose(scene.listen(watch), ...servers)
      return watch.misfit()?.problem
    }
    assert.is(problem(exactly(2), 0, 0, 1), undefined)
    assert.is(problem(exactly(2), 0, 1), 'rs1 was given 1, not 2 (2 in all)')
    const half = { min: 45, max: 55, text: '50% within 5%', percent: true }
    assert.is(problem(half, 0, 1), undefined)
    assert.is(problem(half, 0, 0, 1), 'rs1 was given 66.7%, not 50% within 5% (3 in all)')
  })

  test('sequence compares turn by turn', () => {
    const problem = (...servers: number[]): string | undefined => {
      const scene = new Scene()
      const sheet = { ...BASE, kind: 'sequence', service: 0, during: undefined } as const
      const watch = new SequenceWatch({ ...sheet, servers: [3, 4] }, PLAN, read)
      choose(scene.listen(watch), ...servers)
      return watch.misfit()?.problem
    }
    assert.is(problem(0, 1), undefined)
    assert.is(problem(0, 0), 'choice 2 was rs1, not rs2 (of 2)')
    assert.is(problem(0), '1 choice was made, not 2')
    assert.is(problem(0, 1, 0), 'choice 3 was rs1, not nobody (of 3)')
  })

  test('dropped counts a reason, and names the others', () => {
    const scene = new Scene()
    const where = { node: 'lb', iface: undefined }
    const base = { ...BASE, kind: 'dropped', during: undefined } as const
    const sheet = { ...base, reason: 'no-route', where, times: exactly(2) }
    const watch = new DroppedWatch(sheet, scene.context)
    scene.listen(watch)
    const place = scene.places.find('lb.inside')!
    scene.trace.emit(DROPPED, place, scene.frame(SYN), dropCode('no-route'), 0, 0)
    scene.trace.emit(DROPPED, place, scene.frame(SYN), dropCode('ttl-exceeded'), 0, 0)
    assert.is(
      watch.misfit()?.problem,
      '1 packet was dropped as no-route, first at lb.inside, not 2; ' +
        'dropped otherwise: 1 ttl-exceeded',
    )
    scene.trace.emit(
      DROPPED,
      scene.places.find('lb')!,
      scene.frame(SYN),
      dropCode('no-route'),
      0,
      0,
    )
    assert.is(watch.misfit(), undefined)
  })
})
