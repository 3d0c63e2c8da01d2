import { assert, suite } from '../lib/harness.ts'
import { get, MS, Stand, web } from './stand.ts'

const REQUEST = 'GET / HTTP/1.1\r\nHost: 10.1.0.1\r\nUser-Agent: curl/8.14.1\r\nAccept: */*\r\n\r\n'

suite('get and web', (test) => {
  test('request and response have the octets of curl and of the lab', () => {
    const stand = new Stand().listen(web()).step(0, get()).run(1)
    assert.is(stand.said('C'), REQUEST)
    assert.is(
      stand.said('S'),
      'HTTP/1.1 200 OK\r\nServer: server\r\n' +
        'Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello',
    )
    const [told] = stand.told
    assert.is(told!.outcome, 'ok')
    assert.is(told!.status, 200)
    assert.is(told!.body, 'hello')
    assert.is(told!.bytes, 5)
    assert.is(stand.steps.length, 1)
  })

  test('head and body are one write, and the client closes when it has them', () => {
    const stand = new Stand().listen(web()).step(0, get()).run(1)
    const head = `S PA ${stand.said('S').length}`
    assert.equal(stand.talk(), ['C S', 'S SA', `C PA ${REQUEST.length}`, head, 'C FA', 'S FA'])
  })

  test('a server that is asked to close does so first', () => {
    const asked = get({ headers: [['Connection', 'close']] })
    const talk = new Stand().listen(web()).step(0, asked).run(1).talk()
    assert.equal(talk.slice(-3), ['S PA 104', 'S FA', 'C FA'])
  })

  test('a page that says close is closed behind, whoever asks', () => {
    const stand = new Stand().listen(web({ headers: [['Connection', 'close']] }))
    assert.equal(stand.step(0, get()).run(1).talk().slice(-1), ['C FA'])
    assert.ok(stand.said('S').includes('Connection: close\r\n'))
  })

  test('{node} and {peer} become the names of both sides', () => {
    const stand = new Stand().listen(web({ body: '{node} for {peer}, {else}' }))
    stand.step(0, get({ sourcePort: 40000 })).run(1)
    assert.is(stand.told[0]!.body, 'server for 10.1.0.10:40000, {else}')
  })

  test('a page that was not changed is not sent again', () => {
    const stand = new Stand().listen(web({ headers: [['ETag', '"v1"']] }))
    stand.step(0, get({ headers: [['If-None-Match', '"v1"']] }))
    stand.step(100, get({ index: 1, headers: [['If-None-Match', '"v0"']] })).run(1)
    assert.equal(
      stand.told.map(({ status, bytes }) => [status, bytes]),
      [
        [304, 0],
        [200, 5],
      ],
    )
  })

  test('pages are found by path, without the question; all else is not found', () => {
    const stand = new Stand().listen(web({ path: '/a' }))
    stand
      .step(0, get({ path: '/a?b=c' }))
      .step(100, get({ index: 1, path: '/b' }))
      .run(1)
    assert.equal(
      stand.told.map(({ status }) => status),
      [200, 404],
    )
  })

  test('a page larger than the buffers arrives whole', () => {
    const stand = new Stand({ bodies: false }).listen(web({ body: undefined, size: 3_000_000 }))
    stand.step(0, get()).run(5)
    assert.equal(
      stand.told.map(({ outcome, bytes }) => [outcome, bytes]),
      [['ok', 3_000_000]],
    )
  })

  test('a large page is closed behind by the server when it has left, not before', () => {
    const large = web({ body: undefined, size: 3_000_000, headers: [['Connection', 'close']] })
    const stand = new Stand({ bodies: false }).listen(large).step(0, get()).run(5)
    assert.is(stand.told[0]!.bytes, 3_000_000)
    const ends = stand.talk().filter((line) => / F/.test(line))
    assert.equal(
      ends.map((line) => line[0]),
      ['S', 'C'],
    )
  })

  test('post sends its body with its length', () => {
    const stand = new Stand()
      .listen(web())
      .step(0, get({ verb: 'post', body: 'a=b' }))
      .run(1)
    assert.ok(
      stand
        .said('C')
        .endsWith(
          'Content-Length: 3\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\na=b',
        ),
    )
    assert.is(stand.told[0]!.status, 200)
  })
})

suite('waiting and work', (test) => {
  test('an answer waits as long as the page says', () => {
    const slow = web({}, { wait: { kind: 'constant', value: 30 * MS } })
    const { told } = new Stand().listen(slow).step(0, get()).run(1)
    assert.ok(told[0]!.tookNs > 30 * MS && told[0]!.tookNs < 31 * MS, `${told[0]!.tookNs}`)
  })

  test('one core answers first come, first served', () => {
    const busy = web({}, { work: { kind: 'constant', value: 100 * MS } })
    const stand = new Stand({ cores: 1 }).listen(busy)
    for (let i = 0; i < 3; i++) stand.step(i, get({ index: i }))
    const ends = stand.run(2).told.map(({ atMs }) => Math.round(atMs))
    assert.equal(ends, [100, 200, 300])
  })

  test('two cores answer two at a time', () => {
    const busy = web({}, { work: { kind: 'constant', value: 100 * MS } })
    const stand = new Stand({ cores: 2 }).listen(busy)
    for (let i = 0; i < 4; i++) stand.step(i, get({ index: i }))
    const ends = stand.run(2).told.map(({ atMs }) => Math.round(atMs))
    assert.equal(ends, [100, 101, 200, 201])
  })
})

suite('connections that stay', (test) => {
  test('all repetitions use one connection, which the client closes at last', () => {
    const stand = new Stand()
      .listen(web())
      .step(0, get({ times: 3, keepAlive: true }))
      .run(1)
    assert.equal(stand.outcomes(), ['ok', 'ok', 'ok'])
    const talk = stand.talk()
    assert.is(talk.filter((line) => line === 'C S').length, 1)
    assert.equal(talk.slice(-2), ['C FA', 'S FA'])
  })

  test('repetitions on one connection keep their gaps', () => {
    const often = get({ times: 3, keepAlive: true, everyNs: 100 * MS })
    const stand = new Stand().listen(web()).step(0, often).run(1)
    assert.equal(
      stand.told.map(({ atMs }) => Math.floor(atMs)),
      [0, 100, 200],
    )
    assert.is(stand.talk().filter((line) => line === 'C S').length, 1)
  })

  test('a server that closes after each answer gets a connection for each request', () => {
    const stand = new Stand().listen(web({ headers: [['Connection', 'close']] }))
    stand.step(0, get({ times: 3, keepAlive: true })).run(1)
    assert.equal(stand.outcomes(), ['ok', 'ok', 'ok'])
    assert.is(stand.talk().filter((line) => line === 'C S').length, 3)
  })

  test('a connection that the server gave up meanwhile is replaced', () => {
    const rarely = get({ times: 2, keepAlive: true, everyNs: 3000 * MS })
    const stand = new Stand().listen(web({}, { keepAliveNs: 1000 * MS }))
    stand.step(0, rarely).run(10)
    assert.equal(stand.outcomes(), ['ok', 'ok'])
    assert.is(stand.talk().filter((line) => line === 'C S').length, 2)
  })

  test('a request that comes in time is answered, however long that takes', () => {
    const slow = web({}, { keepAliveNs: 500 * MS, wait: { kind: 'constant', value: 400 * MS } })
    const stand = new Stand().listen(slow)
    stand.step(0, get({ times: 2, keepAlive: true, everyNs: 700 * MS })).run(10)
    assert.equal(stand.outcomes(), ['ok', 'ok'])
    assert.is(stand.talk().filter((line) => line === 'C S').length, 1)
  })

  test('an idle connection is closed by the server when its patience ends', () => {
    const stand = new Stand().listen(web({}, { keepAliveNs: 500 * MS }))
    stand.step(0, get({ times: 2, keepAlive: true, everyNs: 3000 * MS })).run(10)
    const fin = stand.sent().find(({ who, flags }) => who === 'S' && flags.includes('F'))
    assert.is(Math.round(fin!.atMs), 500)
  })
})

suite('get that fails', (test) => {
  test('nobody listens: refused', () => {
    assert.equal(new Stand().step(0, get()).run(1).outcomes(), ['refused'])
  })

  test('no machine there: unreachable, when ARP gives up', () => {
    const nobody = { kind: 'address', address: { family: 4, v4: 0x0a010063 }, port: 80 } as const
    const { told } = new Stand().step(0, get({ target: nobody })).run(10)
    assert.is(told[0]!.outcome, 'unreachable')
    assert.ok(told[0]!.atMs > 3000 && told[0]!.atMs < 3200, `${told[0]!.atMs}`)
  })

  test('no route: each repetition is unreachable, on one connection or on several', () => {
    const away = { kind: 'address', address: { family: 4, v4: 0xc0000201 }, port: 80 } as const
    const stand = new Stand().step(0, get({ target: away, times: 3, keepAlive: true }))
    stand.step(100, get({ index: 1, target: away, times: 2 })).run(1)
    assert.equal(stand.outcomes(), new Array(5).fill('unreachable'))
    assert.is(stand.steps.length, 2)
  })

  test('no answer: timeout, after the patience of that wait', () => {
    const slow = web({}, { wait: { kind: 'constant', value: 5000 * MS } })
    const { told } = new Stand()
      .listen(slow)
      .step(0, get({ timeoutNs: 1000 * MS }))
      .run(10)
    assert.is(told[0]!.outcome, 'timeout')
    assert.is(Math.round(told[0]!.atMs), 1000)
  })

  test('a server that ends before its answer is complete: closed', () => {
    const stand = new Stand().listen({
      kind: 'script',
      operations: [
        { kind: 'receive', until: 'any' },
        { kind: 'say', text: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', size: undefined },
        { kind: 'close' },
      ],
    })
    stand.step(0, get()).run(1)
    assert.is(stand.told[0]!.outcome, 'closed')
    assert.is(stand.told[0]!.bytes, 4)
  })

  test('a server that resets: reset', () => {
    const operations = [{ kind: 'receive', until: 'any' }, { kind: 'abort' }] as const
    const stand = new Stand().listen({ kind: 'script', operations })
    assert.equal(stand.step(0, get()).run(1).outcomes(), ['reset'])
  })

  test('what is no request is answered by 400 and closed', () => {
    const stand = new Stand().listen(web())
    stand.step(0, {
      ...get(),
      verb: 'connect',
      operations: [
        { kind: 'say', text: 'EHLO there\r\n\r\n', size: undefined },
        { kind: 'receive', until: 'end' },
      ],
    } as Parameters<Stand['step']>[1])
    stand.run(1)
    assert.ok(stand.told[0]!.body!.startsWith('HTTP/1.1 400 Bad Request\r\n'))
  })
})
