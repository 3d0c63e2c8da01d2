import { distance, nearest, suggestion } from '../../../sim/lab/sheet/nearest.ts'
import { assert, cases, suite } from '../../lib/harness.ts'

// The first are the worked examples of the literature on edit distance.
cases(
  'nearest: how far two words are apart',
  [
    { name: 'kitten sitting', d: 3 },
    { name: 'saturday sunday', d: 3 },
    { name: 'flaw lawn', d: 2 },
    { name: 'teh the', d: 1 },
    { name: 'same same', d: 0 },
    { name: 'ab ba', d: 1 },
    { name: 'lb bl', d: 1 },
  ],
  ({ name, d }) => {
    const [one = '', other = ''] = name.split(' ')
    assert.is(distance(one, other), d)
    assert.is(distance(other, one), d)
  },
)

suite('nearest: the word that was meant', (test) => {
  test('is found through a slip, and not where nothing is like it', () => {
    assert.is(nearest('round-robbin', ['round-robin', 'random']), 'round-robin')
    assert.is(nearest('cleint', ['client', 'router', 'lb']), 'client')
    assert.is(nearest('colour', ['title', 'aim', 'steps']), undefined)
    assert.is(nearest('x', []), undefined)
  })

  test('ends a sentence, or all words do', () => {
    assert.is(suggestion('bl', ['lb', 'rs1']), "; did you mean 'lb'?")
    assert.is(suggestion('zebra', ['lb', 'rs1']), '; known: lb, rs1')
    assert.is(suggestion('zebra', []), '; there is none')
  })
})
