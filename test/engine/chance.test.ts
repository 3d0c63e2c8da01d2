import { cubeRoot, naturalLog } from '../../sim/engine/arithmetic.ts'
import { Chance, Stream } from '../../sim/engine/chance.ts'
import { assert, suite } from '../lib/harness.ts'

suite('chance', (test) => {
  test('the same seed and name give the same numbers, other names and seeds others', () => {
    const draw = (seed: number, name: string): number[] => {
      const stream = new Stream(seed, name)
      return [stream.uint32(), stream.uint32(), stream.uint32()]
    }
    assert.equal(draw(1, 'client isn'), draw(1, 'client isn'))
    assert.not.equal(draw(1, 'client isn'), draw(1, 'client port'))
    assert.not.equal(draw(1, 'client isn'), draw(2, 'client isn'))
    assert.not.equal(draw(1, 'client isn'), draw(1 + 2 ** 32, 'client isn'))
  })

  test('drawing from one stream does not shift another', () => {
    const alone = new Chance(7).stream('a').uint32()
    const chance = new Chance(7)
    chance.stream('b').uint32()
    assert.is(chance.stream('a').uint32(), alone)
  })

  test('below() is even: chi-square over ten cells is under 27.9 (p = 0.001)', () => {
    const stream = new Stream(3, 'even')
    const cells = new Array<number>(10).fill(0)
    for (let i = 0; i < 100_000; i++) cells[stream.below(10)]!++
    const chi = cells.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0)
    assert.ok(chi < 27.9, `chi-square ${chi}`)
  })

  test('an exponential variate has its mean within 1 %', () => {
    const stream = new Stream(5, 'exponential')
    let sum = 0
    for (let i = 0; i < 200_000; i++) sum += stream.exponential(1000)
    assert.ok(Math.abs(sum / 200_000 - 1000) < 10, `mean ${sum / 200_000}`)
  })
})

suite('arithmetic', (test) => {
  test('the logarithm agrees with the platform to 1e-14', () => {
    for (const x of [1e-10, 0.001, 0.3, 0.75, 1, 1.4999, 2, 10, 12345.678, 1e12]) {
      const error = Math.abs(naturalLog(x) - Math.log(x))
      assert.ok(error <= 1e-14 * Math.max(1, Math.abs(Math.log(x))), `ln ${x} is off by ${error}`)
    }
  })

  test('the cube root is the integer below, at each edge', () => {
    for (const n of [1, 2, 3, 10, 99, 1000, 65535, 200000]) {
      assert.is(cubeRoot(n ** 3), n)
      assert.is(cubeRoot(n ** 3 - 1), n - 1)
      assert.is(cubeRoot(n ** 3 + 1), n)
    }
    assert.is(cubeRoot(0), 0)
  })
})
