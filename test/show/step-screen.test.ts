import { load } from '../../sim/lab/index.ts'
import { deckOf } from '../../sim/cli/step/deck.ts'
import { ASCII, type Canvas, PLAIN, UNICODE } from '../../sim/show/paint.ts'
import { type Deck, StepScreen } from '../../sim/show/step-screen.ts'
import { assert, suite } from '../lib/harness.ts'
import { sameAsGolden, told } from './story.ts'

const SHEET = `title: A visit that is explained
aim: The balancer rewrites the destination of what comes and the source of what goes back.
topology:
  use: inline
  nodes: { lb: { note: the only machine that knows both sides } }
services:
  web: { balancer: lb, vip: 199.237.202.124:80/tcp, forward: dnat, servers: [rs1:80] }
steps:
  - { at: 0s, from: client, get: http://199.237.202.124/, source-port: 40000, name: visit, note: the visit begins }
expect:
  - { response: visit, status: 200 }
notes:
  - { at: 250us, beside: lb, text: now the SYN reaches the balancer }
  - { at: 300us, text: the server has to be found first }
`

function deck(text: string): Deck {
  const loaded = load({ file: 'sheet.yaml', text, read: () => undefined })
  if ('errors' in loaded) throw new Error(JSON.stringify(loaded.errors))
  return deckOf(loaded.sheet, told(text).hops)
}

const visit = deck(SHEET)
const CANVAS: Canvas = { paint: PLAIN, signs: UNICODE, width: 80 }

/** The number of frames shown when the one that begins like this is on its way. */
function at(text: string, from: string): number {
  const lines = visit.hops.map((_, i) => new StepScreen(visit, CANVAS, 60).lines(i + 1).join('\n'))
  const found = lines.findIndex((screen, i) => {
    return visit.hops[i]!.fromNode === from && screen.includes(`\n${text}`)
  })
  assert.ok(found >= 0, `no frame ${text} from ${from}`)
  return found + 1
}

suite('the screen of a run that is gone through', (test) => {
  const screen = new StepScreen(visit, CANVAS, 24)
  test('begins with the aim', () => sameAsGolden('step-0.txt', screen.lines(0)))
  test('shows the ladder up to a frame, what it is, and what was changed', () => {
    sameAsGolden('step-syn.txt', screen.lines(at('S 207.17.117.20:40000 > 172.16.20.1:80', 'lb')))
  })
  test('says at the end that it is the end', () => {
    sameAsGolden('step-last.txt', screen.lines(visit.hops.length))
  })
  test('has a place for what the sheet says: of an instant, a step, a machine', () => {
    const all = visit.hops.map((_, i) => new StepScreen(visit, CANVAS, 60).lines(i + 1).join('\n'))
    const saying = (text: string): number[] =>
      all.flatMap((lines, i) => (lines.includes(text) ? [visit.hops[i]!.number] : []))
    assert.equal(saying('visit: the visit begins'), [1])
    assert.equal(saying('lb: now the SYN reaches the balancer'), [11])
    assert.equal(saying('\nthe server has to be found first'), [13, 13, 13].slice(0, 1))
    const lbs = visit.hops.filter((hop) => hop.fromNode === 'lb' || hop.toNode === 'lb')
    assert.is(saying('lb: the only machine that knows both sides').length, lbs.length)
  })
  for (const width of [40, 60, 80, 120]) {
    for (const height of [1, 5, 10, 24, 60]) {
      test(`fills ${width} by ${height} and no more`, () => {
        for (const signs of [UNICODE, ASCII]) {
          const small = new StepScreen(visit, { paint: PLAIN, signs, width }, height)
          for (let i = 0; i <= visit.hops.length; i++) {
            const lines = small.lines(i)
            assert.is(lines.length, height)
            for (const line of lines) assert.ok(line.length <= width, `${line.length}: ${line}`)
          }
        }
      })
    }
  }
  test('marks exactly the frame that is on its way', () => {
    const high = new StepScreen(visit, CANVAS, 200)
    for (let i = 1; i <= visit.hops.length; i++) {
      const marked = high.lines(i).filter((line) => line.startsWith('▶'))
      assert.is(marked.length, 1)
      assert.ok(
        marked[0]!
          .slice(2)
          .trimStart()
          .startsWith(`${visit.hops[i - 1]!.number} `),
      )
    }
  })
})
