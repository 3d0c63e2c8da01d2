import { createJudge, INVARIANT_NAMES, INVARIANTS } from '../../sim/judge/index.ts'
import { assert, suite } from '../lib/harness.ts'

suite('the table of invariants', (test) => {
  test('has all that a judge watches, in the order of its verdicts', () => {
    const judge = createJudge({
      clientPlaces: [],
      servers: [],
      vips: [],
      vipOwners: [],
      alive: () => 0,
      translatesSources: true,
    })
    assert.equal(
      judge.invariants.map(({ name }) => name),
      [...INVARIANT_NAMES],
    )
  })
  test('says of each what it is in a sentence, and exactly', () => {
    for (const { name, sentence, definition } of INVARIANTS) {
      assert.match(sentence, /^[a-z].*[^.]$/, name)
      assert.match(definition, /^[A-Z].*\.$/s, name)
      assert.ok(definition.length > sentence.length, name)
    }
  })
})
