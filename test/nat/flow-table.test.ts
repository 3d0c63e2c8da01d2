import fc from 'fast-check'
import { FlowTable, NO_FLOW } from '../../sim/nat/flow-table.ts'
import { assert, suite } from '../lib/harness.ts'

const TCP = 6
const VIP = 0xc7ed_ca7c
const S = 1_000_000_000

function table(): { flows: FlowTable; ended: number[] } {
  const ended: number[] = []
  const flows = new FlowTable((row) => ended.push(flows.serial(row)))
  return { flows, ended }
}

/** A flow of client number `n`: its own address and port, one VIP, one of three servers. */
function connect(flows: FlowTable, n: number, seconds: number, nowNs: number): number {
  const client = clientOf(n)
  const port = 1024 + (n % 60000)
  const server = 0xac10_1401 + (n % 3)
  const timeout = flows.timeout(seconds * S)
  const inPorts = port * 65536 + 80
  return flows.add(client, VIP, inPorts, TCP, client, server, port * 65536 + 8080, timeout, nowNs)
}

/** Addresses that lie far apart, so that their places in the index collide now and then. */
const clientOf = (n: number): number => (n * n * 7919 + n * 104_729 + 0x0a00_0000) % 0xe000_0000

const original = (flows: FlowTable, n: number, nowNs: number): number =>
  flows.find(clientOf(n), VIP, (1024 + (n % 60000)) * 65536 + 80, TCP, nowNs)
const reply = (flows: FlowTable, n: number, nowNs: number): number =>
  flows.find(0xac10_1401 + (n % 3), clientOf(n), 8080 * 65536 + 1024 + (n % 60000), TCP, nowNs)

suite('flow table', (test) => {
  test('finds a flow by the packet that began it and by the answer to what was sent on', () => {
    const { flows } = table()
    const row = connect(flows, 7, 60, 0)
    assert.is(original(flows, 7, 1), row * 2)
    assert.is(reply(flows, 7, 1), row * 2 + 1)
    assert.is(flows.virtualPort(row), 80)
    assert.is(flows.serverPort(row), 8080)
    assert.is(flows.serverAddress(row), 0xac10_1402)
    assert.is(original(flows, 8, 1), NO_FLOW)
    assert.is(flows.find(clientOf(7), VIP, 1031 * 65536 + 80, 17, 1), NO_FLOW, 'same ports, UDP')
  })

  test('a row ends exactly when its timeout has passed since it was touched last', () => {
    const { flows, ended } = table()
    const row = connect(flows, 1, 60, 0)
    flows.touch(row, flows.timeout(60 * S), 10 * S)
    assert.is(original(flows, 1, 70 * S - 1), row * 2)
    assert.is(original(flows, 1, 70 * S), NO_FLOW)
    assert.equal(ended, [1])
    assert.is(flows.size, 0)
  })

  test('a shorter timeout overtakes a longer one', () => {
    const { flows, ended } = table()
    connect(flows, 1, 900, 0)
    const second = connect(flows, 2, 900, 0)
    connect(flows, 3, 60, 0)
    assert.is(flows.nextExpiryNs, 60 * S)
    flows.touch(second, flows.timeout(10 * S), 1 * S)
    assert.is(flows.nextExpiryNs, 11 * S)
    flows.sweep(60 * S)
    assert.equal(ended.sort(), [2, 3])
    assert.is(flows.nextExpiryNs, 900 * S)
  })

  test('a sweep ends no more rows than it is told', () => {
    const { flows } = table()
    for (let n = 0; n < 10; n++) connect(flows, n, 1, 0)
    flows.sweep(2 * S, 3)
    assert.is(flows.size, 7)
    flows.sweep(2 * S)
    assert.is(flows.size, 0)
    assert.is(flows.nextExpiryNs, Number.POSITIVE_INFINITY)
  })

  test('lists flows in the order in which they began, whatever rows they got', () => {
    const { flows } = table()
    const rows = [0, 1, 2, 3].map((n) => connect(flows, n, 60, 0))
    flows.remove(rows[1]!)
    flows.remove(rows[2]!)
    connect(flows, 4, 60, 0)
    connect(flows, 5, 60, 0)
    const begun = flows.rows().map((row) => flows.clientAddress(row))
    assert.equal(begun, [0, 3, 4, 5].map(clientOf))
  })

  test('never takes more than 128 octets a connection, just after growing too', () => {
    const { flows } = table()
    let most = 0
    for (let n = 0; n < 200_000; n++) {
      connect(flows, n, 60, 0)
      if (flows.size > 1000) most = Math.max(most, flows.octets / flows.size)
    }
    assert.ok(most > 72, `${most} octets is less than the columns hold`)
    assert.ok(most <= 128, `${most} octets a connection`)
  })
})

/** What a client of the table can do, in short keys so that tuples collide often. */
type Operation =
  | { readonly do: 'add'; readonly key: number; readonly seconds: number }
  | { readonly do: 'touch'; readonly key: number; readonly seconds: number }
  | { readonly do: 'remove' | 'find'; readonly key: number }
  | { readonly do: 'wait'; readonly seconds: number }

const key = fc.integer({ min: 0, max: 300 })
const seconds = fc.constantFrom(2, 10, 60)
const operations = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('add' as const), key, seconds }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('touch' as const), key, seconds }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('remove', 'find'), key }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds }) },
  ),
  { maxLength: 600 },
) as fc.Arbitrary<Operation[]>

suite('flow table against a Map', (test) => {
  test('any run of additions, touches, removals and waits leaves the same flows', () => {
    const property = fc.property(operations, (list) => {
      const { flows } = table()
      const model = new Map<number, number>()
      let now = 0
      for (const operation of list) {
        if (operation.do === 'wait') now += operation.seconds * S
        else follow(flows, model, operation, now)
      }
      flows.sweep(now)
      const alive = [...model].filter(([, expiresNs]) => expiresNs > now).map(([n]) => n)
      assert.is(flows.size, alive.length)
      for (let n = 0; n <= 300; n++) {
        const there = alive.includes(n)
        assert.is(original(flows, n, now) !== NO_FLOW, there)
        assert.is(reply(flows, n, now) !== NO_FLOW, there)
      }
    })
    fc.assert(property, { seed: 1, numRuns: 60 })
  })
})

function follow(
  flows: FlowTable,
  model: Map<number, number>,
  operation: Exclude<Operation, { do: 'wait' }>,
  now: number,
): void {
  const n = operation.key
  const lasts = 'seconds' in operation ? operation.seconds : 0
  const found = original(flows, n, now)
  const known = (model.get(n) ?? -1) > now
  assert.is(found !== NO_FLOW, known)
  if (operation.do === 'find') return
  if (operation.do === 'remove') {
    if (known) flows.remove(found >> 1)
    model.delete(n)
    return
  }
  const expiresNs = now + lasts * S
  if (known) flows.touch(found >> 1, flows.timeout(lasts * S), now)
  else if (operation.do === 'add') connect(flows, n, lasts, now)
  if (known || operation.do === 'add') model.set(n, expiresNs)
}
