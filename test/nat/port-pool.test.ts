import { FlowTable } from '../../sim/nat/flow-table.ts'
import { PortPool, type SourceRange } from '../../sim/nat/port-pool.ts'
import { SourceIndex } from '../../sim/nat/source-index.ts'
import { AddressBook } from '../../sim/wire/address-book.ts'
import { assert, cases, suite } from '../lib/harness.ts'
import { ip } from './packets.ts'
import { S } from './stand.ts'

const TCP = 6
const UDP = 17
const ICMP = 1
const PUBLIC = ip('207.17.117.20')
const SERVER = ip('207.17.117.99')
const inside = (n: number): number => ip('192.168.1.0') + n
const ports = (src: number, dst = 80): number => src * 65536 + dst
const any: SourceRange = { addresses: [PUBLIC], firstPort: 0, lastPort: 0 }
const range = (firstPort: number, lastPort: number): SourceRange => {
  return { addresses: [PUBLIC], firstPort, lastPort }
}

class Stand {
  readonly flows: FlowTable = new FlowTable(() => {})
  readonly draws: number[] = []
  drawn = 0
  readonly pool: PortPool
  private readonly sources: SourceIndex

  constructor(reclaim?: (flow: number) => boolean) {
    this.sources = new SourceIndex(this.flows)
    const random16 = (): number => {
      this.drawn++
      return this.draws.shift() ?? 0
    }
    const book = new AddressBook()
    this.pool = new PortPool(this.flows, { now: 0 }, book, random16, this.sources, reclaim)
  }

  /** Chooses and, when that went well, adds the flow: `ADDRESS-PORT`, or 'none'. */
  connect(which: SourceRange, src: number, port: number, dst = SERVER, protocol = TCP): string {
    const { pool, flows } = this
    const leaving = ports(port)
    if (!pool.choose(which, src, dst, leaving, protocol)) return 'none'
    const out = pool.port * 65536 + 80
    const timeout = flows.timeout(60 * S)
    const row = flows.add(src, dst, leaving, protocol, pool.address, dst, out, timeout, 0)
    this.sources.add(row)
    return `${pool.address === PUBLIC ? 'public' : pool.address}-${pool.port}`
  }
}

suite('which port a translated source gets', (test) => {
  test('its own while that is free, without a draw', () => {
    const stand = new Stand()
    assert.is(stand.connect(any, inside(10), 40000), 'public-40000')
    assert.is(stand.connect(any, inside(11), 40001), 'public-40001')
    assert.is(stand.drawn, 0)
  })

  test('another one from a random start when another flow would get the same answers', () => {
    const stand = new Stand()
    stand.draws.push(37242 - 1024)
    stand.connect(any, inside(10), 40000)
    assert.is(stand.connect(any, inside(11), 40000), 'public-37242')
  })

  test('the same towards another server, and of another protocol', () => {
    const stand = new Stand()
    stand.connect(any, inside(10), 40000)
    assert.is(stand.connect(any, inside(11), 40000, ip('207.17.117.98')), 'public-40000')
    assert.is(stand.connect(any, inside(12), 40000, SERVER, UDP), 'public-40000')
  })

  test('the port it has towards another server already, when it is free there', () => {
    const stand = new Stand()
    stand.draws.push(5000 - 1024)
    stand.connect(any, inside(10), 40000)
    assert.is(stand.connect(any, inside(11), 40000), 'public-5000')
    assert.is(stand.connect(any, inside(11), 40000, ip('207.17.117.98')), 'public-5000')
  })

  test('within the range of the rule, in the order of the ports', () => {
    const stand = new Stand()
    stand.draws.push(2, 0, 0)
    assert.is(stand.connect(range(50000, 50003), inside(10), 1), 'public-50002')
    assert.is(stand.connect(range(50000, 50003), inside(10), 2), 'public-50000')
    assert.is(stand.connect(range(50000, 50003), inside(10), 3), 'public-50001')
    assert.is(stand.connect(range(50000, 50003), inside(10), 50003), 'public-50003')
    assert.is(stand.connect(range(50000, 50003), inside(10), 4), 'none')
    assert.is(stand.drawn, 4, 'a range of at most 128 ports is searched once')
  })

  test('after 128 taken ports from new starts, 64, 32, 16 and 8 long, and then none', () => {
    const stand = new Stand()
    for (let port = 1024; port < 1024 + 300; port++) stand.connect(any, inside(1), port)
    stand.draws.push(0, 10, 20, 30, 40)
    stand.drawn = 0
    assert.is(stand.connect(any, inside(2), 1100), 'none')
    assert.is(stand.drawn, 5)
    stand.draws.push(0, 10, 20, 30, 300 - 7)
    assert.is(stand.connect(any, inside(2), 1100), `public-${1024 + 300}`)
  })

  test('of a flow that is over, in the last 32 attempts only', () => {
    const asked: number[] = []
    const stand = new Stand((flow) => {
      asked.push(flow)
      return asked.length === 3
    })
    for (let port = 1024; port < 1024 + 200; port++) stand.connect(any, inside(1), port)
    assert.is(stand.connect(any, inside(2), 1100), `public-${1024 + 96 + 2}`)
    assert.is(asked.length, 3)
    assert.is(stand.flows.outsidePort(asked[0]! >> 1), 1024 + 96)
  })

  test('an echo another identifier, of all there are', () => {
    const stand = new Stand()
    stand.draws.push(7)
    stand.connect(any, inside(10), 4660, SERVER, ICMP)
    assert.is(stand.connect(any, inside(11), 4660, SERVER, ICMP), 'public-7')
  })
})

cases(
  'without a range a low port stays a low one',
  [
    { name: 'below 512', port: 111, first: 1, size: 511 },
    { name: 'below 1024', port: 900, first: 600, size: 424 },
    { name: 'above', port: 5000, first: 1024, size: 64512 },
  ],
  ({ port, first, size }) => {
    const stand = new Stand()
    stand.connect(any, inside(1), port)
    stand.draws.push(size - 1)
    assert.is(stand.connect(any, inside(2), port), `public-${first + size - 1}`)
    stand.draws.push(size)
    assert.is(stand.connect(any, inside(3), port), `public-${first}`)
  },
)

suite('a pool of several addresses', (test) => {
  const addresses = [1, 2, 3, 4].map((n) => ip('207.17.117.0') + n)
  const pool: SourceRange = { addresses, firstPort: 0, lastPort: 0 }

  test('gives one client one address towards one server, and spreads clients', () => {
    const stand = new Stand()
    const seen = new Set<string>()
    for (let n = 1; n <= 40; n++) {
      const [first] = stand.connect(pool, inside(n), 40000).split('-')
      const [second] = stand.connect(pool, inside(n), 40001).split('-')
      assert.is(first, second)
      seen.add(first!)
    }
    assert.is(seen.size, 4)
  })

  test('leaves a source that is in it as it is', () => {
    const stand = new Stand()
    assert.is(stand.connect(pool, addresses[2]!, 40000), `${addresses[2]}-40000`)
  })
})
