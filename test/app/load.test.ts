import type { LoadSettings, VerbSettings } from '../../sim/app/settings.ts'
import { assert, suite } from '../lib/harness.ts'
import { get, MS, Stand, to, TRAFFIC, v4, web } from './stand.ts'

function load(more: Partial<LoadSettings> = {}): VerbSettings {
  return {
    ...TRAFFIC,
    verb: 'load',
    target: to(80),
    path: '/',
    host: '10.1.0.1',
    arrivals: { kind: 'constant', perSecond: 100 },
    forNs: 1000 * MS,
    sources: undefined,
    size: 0,
    ...more,
  }
}

/** When each connection began, in milliseconds. */
const starts = (stand: Stand): number[] =>
  stand
    .sent()
    .filter(({ flags }) => flags === 'S')
    .map(({ atMs }) => atMs)

suite('load', (test) => {
  test('at a constant rate, visits begin at equal gaps', () => {
    const stand = new Stand().listen(web()).step(0, load()).run(5)
    const at = starts(stand).slice(1)
    assert.is(at.length, 99)
    assert.equal(
      at.map((ms) => Math.round(ms)),
      at.map((_, i) => (i + 1) * 10),
    )
    assert.equal(stand.outcomes(), new Array(100).fill('ok'))
    assert.is(stand.steps.length, 1)
  })

  test('at random, as many visits come as the mean says, at gaps that differ', () => {
    const arrivals = { kind: 'poisson', perSecond: 100 } as const
    const stand = new Stand()
      .listen(web())
      .step(0, load({ arrivals, forNs: 5000 * MS }))
      .run(10)
    const at = starts(stand)
    // The number has a standard deviation of 22.
    assert.ok(Math.abs(at.length - 500) < 90, `${at.length} visits`)
    const gaps = at.slice(1).map((ms, i) => ms - at[i]!)
    const mean = gaps.reduce((a, b) => a + b, 0) / gaps.length
    const variance = gaps.reduce((a, b) => a + (b - mean) ** 2, 0) / gaps.length
    const spread = Math.sqrt(variance) / mean
    assert.ok(spread > 0.85 && spread < 1.15, `exponential gaps spread by 1, these by ${spread}`)
  })

  test('users who are busy begin anew when they have their answer', () => {
    const arrivals = { kind: 'closed', users: 5 } as const
    const slow = web({}, { wait: { kind: 'constant', value: 100 * MS } })
    const stand = new Stand().listen(slow).step(0, load({ arrivals })).run(5)
    // A visit takes 100 ms and a little: ten rounds begin within the second.
    assert.is(stand.told.length, 50)
    assert.is(stand.steps.length, 1)
  })

  test('senders take turns, those of busy users too', () => {
    const sources = [v4('10.1.0.10'), v4('10.1.0.12')] as const
    const arrivals = { kind: 'closed', users: 2 } as const
    const busy = new Stand().listen(web()).step(0, load({ sources, arrivals, forNs: 10 * MS }))
    assert.is(new Set(busy.run(5).told.map(({ local }) => local)).size, 3)
    const stand = new Stand()
      .listen(web())
      .step(0, load({ sources, forNs: 60 * MS }))
      .run(5)
    assert.equal(
      stand.told.map(({ local }) => local & 0xff),
      [10, 11, 12, 10, 11, 12],
    )
  })

  test('requests have the size that is asked for, whatever it is', () => {
    const stand = new Stand().listen(web())
    const plain = new Stand()
      .listen(web())
      .step(0, load({ forNs: 1 }))
      .run(1)
      .said('C').length
    const sizes = Array.from({ length: 20 }, (_, i) => plain + i)
    for (const [i, size] of sizes.entries()) stand.step(i * 10, load({ index: i, size, forNs: 1 }))
    stand.run(5)
    const sent = stand.sent().filter(({ who, text }) => who === 'C' && text.length > 0)
    assert.equal(
      sent.map(({ text }) => text.length),
      sizes,
    )
    assert.equal(stand.outcomes(), new Array(20).fill('ok'))
  })

  test('without a path, connections are opened and closed', () => {
    const stand = new Stand()
      .listen({ kind: 'sink' })
      .step(0, load({ path: undefined }))
      .run(5)
    assert.is(stand.said('C') + stand.said('S'), '')
    assert.equal(stand.outcomes(), new Array(100).fill('ok'))
  })

  test('what fails is told, and users who are refused do not run in circles', () => {
    const arrivals = { kind: 'closed', users: 1 } as const
    const stand = new Stand().step(0, load({ arrivals, forNs: 10 * MS })).run(5)
    assert.ok(stand.told.length > 10 && stand.told.length < 1000, `${stand.told.length} visits`)
    assert.ok(stand.outcomes().every((outcome) => outcome === 'refused'))
  })

  test('no route: every visit is unreachable, and the step ends', () => {
    const away = { kind: 'address', address: { family: 4, v4: 0xc0000201 }, port: 80 } as const
    const stand = new Stand().step(0, load({ target: away })).run(5)
    assert.equal(stand.outcomes(), new Array(100).fill('unreachable'))
    assert.is(stand.steps.length, 1)
    const closed = { kind: 'closed', users: 3 } as const
    const users = new Stand()
      .step(0, load({ target: away, arrivals: closed, forNs: 10 * MS }))
      .run(5)
    assert.is(users.steps.length, 1)
  })

  test('nothing of a visit stays behind', () => {
    const stand = new Stand()
      .listen(web())
      .step(0, load({ forNs: 3000 * MS }))
      .run(100)
    assert.is(stand.client.tcp.open, 0)
    assert.is(stand.server.tcp.open, 1)
    assert.is(stand.client.tcp.waiting, 0)
  })
})

suite('repetitions', (test) => {
  test('without a gap, each begins when the one before has ended', () => {
    const slow = web({}, { wait: { kind: 'constant', value: 100 * MS } })
    const stand = new Stand()
      .listen(slow)
      .step(0, get({ times: 3 }))
      .run(5)
    assert.equal(
      starts(stand).map((ms) => Math.floor(ms / 100)),
      [0, 1, 2],
    )
  })

  test('with a gap, each begins at its instant, whatever became of the one before', () => {
    const slow = web({}, { wait: { kind: 'constant', value: 1000 * MS } })
    const stand = new Stand()
      .listen(slow)
      .step(0, get({ times: 3, everyNs: 50 * MS }))
      .run(5)
    assert.equal(
      starts(stand).map((ms) => Math.round(ms / 50)),
      [0, 1, 2],
    )
    assert.is(stand.steps.length, 1)
    assert.is(stand.told.length, 3)
  })

  test('thousands that fail at once do not nest', () => {
    const away = { kind: 'address', address: { family: 4, v4: 0xc0000201 }, port: 80 } as const
    const stand = new Stand().step(0, get({ target: away, times: 12_000 }))
    stand.step(0, get({ index: 1, target: away, times: 12_000, keepAlive: true })).run(1)
    assert.is(stand.told.length, 24_000)
    assert.is(stand.steps.length, 2)
  })
})
