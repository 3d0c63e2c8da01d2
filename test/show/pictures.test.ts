import { ladder } from '../../sim/show/ladder.ts'
import { narrate } from '../../sim/show/narrate.ts'
import { ASCII, type Canvas, PLAIN, UNICODE } from '../../sim/show/paint.ts'
import { rewriteTable } from '../../sim/show/rewrites.ts'
import { ladderSvg } from '../../sim/show/svg.ts'
import { verdictLines } from '../../sim/show/verdict.ts'
import { assert, suite } from '../lib/harness.ts'
import { sameAsGolden, told } from './story.ts'

const WIDE: Canvas = { paint: PLAIN, signs: UNICODE, width: 160 }
const SERVICES = [{ name: 'web', manners: ['round-robin'], servers: ['rs1:80', 'rs2:80'] }]
const story = told()
const { hops, nodes, entries, places } = story

suite('pictures of a run', (test) => {
  test('the ladder, wide', () => sameAsGolden('ladder-wide.txt', ladder(hops, nodes, WIDE)))
  test('the ladder in ASCII, in 100 columns', () => {
    const lines = ladder(hops, nodes, { paint: PLAIN, signs: ASCII, width: 100 })
    sameAsGolden('ladder-ascii.txt', lines)
    for (const line of lines) assert.not.match(line, /[^ -~]/)
  })
  test('in a narrow window a list stands instead', () =>
    sameAsGolden('ladder-narrow.txt', ladder(hops.slice(0, 12), nodes, { ...WIDE, width: 60 })))
  test('addresses at each hop, both ways', () =>
    sameAsGolden('addresses.txt', rewriteTable(hops, WIDE)))
  test('decisions and drops in sentences', () => {
    sameAsGolden('narration.txt', narrate(entries, places, SERVICES, 160))
  })
  test('addresses at each hop, in 80 columns', () =>
    sameAsGolden('addresses-narrow.txt', rewriteTable(hops, { ...WIDE, width: 80 })))
  test('SVG', () =>
    sameAsGolden('ladder.svg', [ladderSvg(hops, nodes, { title: 'A visit & a <knock>', most: 8 })]))
})

suite('pictures fit', (test) => {
  for (const width of [20, 40, 60, 80, 100, 120, 200]) {
    for (const signs of [UNICODE, ASCII]) {
      const how = signs === ASCII ? 'ASCII' : 'drawn'
      test(`no line in ${width} columns is wider, ${how}`, () => {
        const canvas = { paint: PLAIN, signs, width }
        const lines = [...ladder(hops, nodes, canvas), ...rewriteTable(hops, canvas)]
        // Words are not broken, and the longest is 'round-robin'.
        if (width > 40) lines.push(...narrate(entries, places, SERVICES, width))
        for (const line of lines) {
          assert.ok(line.length <= width, `${line.length} columns: ${line}`)
        }
      })
    }
  }
  test('a long ladder says how much is left, and how to see it', () => {
    const lines = ladder(hops, nodes, WIDE, 3)
    assert.is(
      lines.at(-1),
      `${hops.length - 3} more of ${hops.length}; --all shows them, -o DIR writes them as captures`,
    )
  })
  test('a machine that speaks to itself has an arrow, too', () => {
    const itself = hops.slice(0, 1).map((hop) => ({ ...hop, toNode: hop.fromNode }))
    assert.match(ladder(itself, nodes, WIDE)[1]!, /●◀/)
  })
  test('the reason of a rewrite is said once', () => {
    const reasons = ladder(hops, nodes, WIDE).filter((line) => line.includes('round-robin chose'))
    assert.is(reasons.length, 2) // there and back
  })
  test('a machine that takes no part has no column', () => {
    assert.not.match(ladder(hops, [...nodes, 'bystander'], WIDE)[0]!, /bystander/)
  })
  test('a run without a frame has no ladder and no table', () => {
    assert.is(ladder([], nodes, WIDE).join(''), '')
    assert.equal(rewriteTable([], WIDE), [])
  })
  test('an expectation that failed has another sign', () => {
    const held = [
      { text: 'one', ok: true, why: undefined },
      { text: 'two', ok: false, why: 'because' },
    ]
    assert.equal(verdictLines(held, { paint: PLAIN, signs: ASCII, width: 80 }), [
      'ok one',
      'NO two',
      '    because',
    ])
  })
})
