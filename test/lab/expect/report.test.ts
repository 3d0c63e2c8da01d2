import { PathWatch } from '../../../sim/lab/expect/path.ts'
import { reportFailure, reportInvariant } from '../../../sim/lab/expect/report.ts'
import type { Verdict } from '../../../sim/lab/verdict.ts'
import { TRANSLATED } from '../../../sim/trace/index.ts'
import { assert, suite } from '../../lib/harness.ts'
import { SYN } from './frames.ts'
import { BASE, explain, line } from './scene.ts'

const VERDICT: Verdict = {
  ok: false,
  title: 'test',
  file: 'lab.yaml',
  seed: 7,
  command: 'vipwire run lab.yaml --seed 7',
  expectations: [],
  invariants: [],
  responses: [],
  events: 0,
  endedNs: 0,
  hops: 0,
  notes: [],
}

suite('report', (test) => {
  test('a failure tells place, expected and nearest frame, rule, why and how again', () => {
    const lines = ['lb.outside in S *:* > *:80', 'lb.inside out S *:* > 172.16.20.1:80 ttl 62']
    const sheet = {
      ...BASE,
      kind: 'path',
      lines: lines.map(line),
      nth: 1,
      complete: false,
    } as const
    const { problem, expected, evidence } = explain(
      (context) => new PathWatch(sheet, context),
      (scene) => {
        const frame = scene.pass('lb.outside in', SYN, 1000)
        scene.trace.emit(TRANSLATED, 0, frame, 0, 0, 0)
        frame.view.setUint32(frame.start + 30, 0xac101402)
        scene.pass('lb.inside out', frame, 1_500_000)
      },
    )
    const result = {
      kind: 'path',
      text: 'path of lb.outside in S *:* > *:80',
      place: 'lab.yaml:12:5',
      ok: false,
      why: 'the balancer chooses rs1',
      failure: { problem: problem!, expected, evidence, drops: ['1 no-route at lb'] },
    }
    const text = `\
lab.yaml:12:5: path of lb.outside in S *:* > *:80
            the packet met 1 line, but not line 2
  expected  lb.inside out S *:* > 172.16.20.1:80 ttl 62
  nearest   lb.inside out frame
            at 1.5ms, frame 1 of lb-inside.pcap, 2 of all
            destination: 172.16.20.1 expected, 172.16.20.2 seen
            ttl: 62 expected, 63 seen
  rule      service web: chose rs1
  dropped   1 no-route at lb
  why       the balancer chooses rs1
  again     vipwire run lab.yaml --seed 7 (seed 7)
  closer    vipwire why lab.yaml 2 --seed 7`
    assert.fixture(reportFailure(result, VERDICT), text)
  })

  test('an invariant that was allowed to be broken and was not is told too', () => {
    const detail = undefined
    const held = { name: 'leak', ok: false, broken: 0, allowed: 'a lesson', detail }
    assert.fixture(
      reportInvariant(held, VERDICT),
      `\
lab.yaml: leak was allowed to be broken and held
  allowed   a lesson
  again     vipwire run lab.yaml --seed 7 (seed 7)`,
    )
    const broken = {
      name: 'leak',
      ok: false,
      broken: 2,
      allowed: undefined,
      detail: '10.0.0.1 seen',
    }
    assert.fixture(
      reportInvariant(broken, VERDICT),
      `\
lab.yaml: leak was broken 2 times
            10.0.0.1 seen
  again     vipwire run lab.yaml --seed 7 (seed 7)`,
    )
  })
})
