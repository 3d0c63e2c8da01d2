import type { Resolution } from '../../sim/app/inquiry.ts'
import type { VerbSettings, ZoneEntry } from '../../sim/app/settings.ts'
import { formatAddress } from '../../sim/wire/address.ts'
import * as dns from '../../sim/wire/dns.ts'
import { encodeText } from '../../sim/wire/text.ts'
import { assert, cases, suite } from '../lib/harness.ts'
import { get, MS, named, Stand, TRAFFIC, v4, web } from './stand.ts'

const NAME_SERVER = { port: 53, protocol: 'udp' } as const

/** A name server that knows www.example.com. */
function zone(entry: Partial<ZoneEntry> = {}): { kind: 'dns'; zone: ZoneEntry[] } {
  const plain = { name: 'www.example.com', ttlSeconds: 60, rotate: false }
  const addresses = [v4('10.1.0.1'), v4('10.1.0.2'), v4('10.1.0.3')]
  return { kind: 'dns', zone: [{ ...plain, addresses, ...entry }] }
}

function resolve(more: Partial<Extract<VerbSettings, { verb: 'resolve' }>> = {}): VerbSettings {
  const plain = { question: 'www.example.com', type: 'A', ident: 0 } as const
  return { ...TRAFFIC, verb: 'resolve', ...plain, ...more }
}

const questions = (stand: Stand): number => stand.sent().filter(({ who }) => who === 'C').length

suite('names', (test) => {
  test('the host file comes first: nobody is asked', () => {
    const stand = new Stand({ names: { 'www.example.com': '10.1.0.1' }, resolver: {} })
    stand
      .listen(web())
      .step(0, get({ target: named('WWW.example.com', 80) }))
      .run(1)
    assert.equal(stand.outcomes(), ['ok'])
    assert.equal(
      stand.sent().filter(({ flags }) => flags === 'udp'),
      [],
    )
  })

  test('what it does not know is asked of the name server', () => {
    const stand = new Stand({ resolver: {} }).listen(zone(), NAME_SERVER).listen(web())
    stand.step(0, get({ target: named('www.example.com', 80) })).run(1)
    assert.equal(stand.outcomes(), ['ok'])
    assert.is(stand.talk()[0], 'C udp 33')
  })

  test('the addresses of an answer are told in their order', () => {
    const stand = new Stand({ resolver: {} }).listen(zone(), NAME_SERVER).step(0, resolve()).run(1)
    assert.is(stand.told[0]!.body, '10.1.0.1 10.1.0.2 10.1.0.3')
  })

  test('a rotating name begins with the next address each time', () => {
    const stand = new Stand({ resolver: { cache: false } })
    stand
      .listen(zone({ rotate: true }), NAME_SERVER)
      .step(0, resolve({ times: 4 }))
      .run(1)
    assert.equal(
      stand.told.map(({ body }) => body!.split(' ')[0]),
      ['10.1.0.1', '10.1.0.2', '10.1.0.3', '10.1.0.1'],
    )
  })

  test('the id of a question is drawn, or what the step says', () => {
    const stand = new Stand({ resolver: {} }).listen(zone(), NAME_SERVER)
    stand.step(0, resolve({ ident: 0x1234 })).run(1)
    assert.is(stand.said('C').slice(0, 2), '\x12\x34')
  })

  test('an unknown name, and one without such addresses, is not found', () => {
    const stand = new Stand({ resolver: {} }).listen(zone(), NAME_SERVER)
    stand.step(0, resolve({ question: 'nowhere.example.com' }))
    stand.step(100, resolve({ index: 1, type: 'AAAA' })).run(1)
    assert.equal(stand.outcomes(), ['unreachable', 'unreachable'])
  })

  test('a machine without a resolver knows its host file only', () => {
    assert.equal(new Stand().step(0, resolve()).run(1).outcomes(), ['unreachable'])
  })
})

cases(
  'how long an answer is believed',
  [
    { name: 'its TTL', resolver: {}, asked: 2 },
    { name: 'not at all', resolver: { ttl: 'ignore' }, asked: 4 },
    { name: 'for ever', resolver: { ttl: 'for-ever' }, asked: 1 },
    { name: 'never without a cache', resolver: { cache: false }, asked: 4 },
  ] as const,
  ({ resolver, asked }) => {
    const stand = new Stand({ resolver }).listen(zone({ ttlSeconds: 60 }), NAME_SERVER)
    // At 0 s, 20 s, 40 s, and shortly after the minute is over.
    stand.step(0, resolve({ times: 4, everyNs: 20_001 * MS })).run(100)
    assert.is(questions(stand), asked)
    assert.is(stand.told.length, 4)
  },
)

suite('name servers that do not help', (test) => {
  test('no answer: asked again after 5 s, given up after 10 s', () => {
    const stand = new Stand({ resolver: {} })
      .listen({ kind: 'sink' }, NAME_SERVER)
      .step(0, resolve())
      .run(20)
    assert.equal(stand.outcomes(), ['timeout'])
    assert.is(Math.round(stand.told[0]!.atMs), 10_000)
    const asked = stand.sent()
    assert.equal(
      asked.map(({ atMs }) => Math.round(atMs)),
      [0, 5000],
    )
    // The same question from the same port.
    assert.is(asked[0]!.text, asked[1]!.text)
    assert.is(asked[0]!.srcPort, asked[1]!.srcPort)
  })

  test('nobody listens: refused at once', () => {
    const stand = new Stand({ resolver: {} }).step(0, resolve()).run(20)
    assert.equal(stand.outcomes(), ['refused'])
    assert.ok(stand.told[0]!.atMs < 10)
  })

  test('answers with another id, or from another address or port, are not believed', () => {
    const stand = new Stand({ resolver: {} })
    const { udp } = stand.server
    const other = stand.server.interfaces[1]!
    other.addresses.push({ address: 0x0a010002, prefixLen: 24, mask: 0xffffff00 })
    const owner = {
      wake(socket: number): void {
        const got = udp.receive(socket)!
        const query = dns.read(got.bytes) as dns.Message
        const reply = (id: number, from: number, source: number, address: string): void => {
          const octets = dns.writeResponse({ ...query, id }, dns.NO_ERROR, [v4(address)], 60)
          udp.sendTo(from, octets, 0, octets.length, got.from, got.fromPort, source)
        }
        reply(query.id ^ 1, socket, 0, '10.66.0.1')
        reply(query.id, socket, 0x0a010002, '10.66.0.2')
        reply(query.id, elsewhere, 0, '10.66.0.3')
        reply(query.id, socket, 0, '10.1.0.1')
      },
    }
    udp.open({ owner, local: 0, localPort: 53 })
    const elsewhere = udp.open({ owner, local: 0, localPort: 54 })
    stand.step(0, resolve()).run(1)
    assert.is(stand.told[0]!.body, '10.1.0.1')
  })

  test('octets that are no DNS are passed over', () => {
    const operations = [{ kind: 'say', text: 'no', size: undefined }] as const
    const stand = new Stand({ resolver: {} }).listen({ kind: 'script', operations }, NAME_SERVER)
    assert.equal(stand.step(0, resolve()).run(20).outcomes(), ['timeout'])
  })

  test('a question that is none is not answered', () => {
    const stand = new Stand().listen(zone(), NAME_SERVER)
    const { udp } = stand.client
    stand.at(0, () => {
      const socket = udp.open({ owner: { wake() {} }, local: 0, localPort: 0 })
      udp.sendTo(socket, encodeText('what?'), 0, 5, 0x0a010001, 53)
      const query = dns.read(dns.writeQuery(1, 'www.example.com', dns.TYPE_A)) as dns.Message
      const response = dns.writeResponse(query, dns.NO_ERROR, [], 0)
      udp.sendTo(socket, response, 0, response.length, 0x0a010001, 53)
    })
    assert.equal(stand.run(1).talk(), ['C udp 5', 'C udp 33'])
  })
})

suite('which address a machine uses', (test) => {
  test('the first of an answer, or any', () => {
    const answer = ['10.1.0.1', '10.1.0.2', '10.1.0.3'].map(v4)
    const used = (use: 'first' | 'any'): Set<string> => {
      const { resolver } = new Stand({ resolver: { use } }).stage.actors[0]!
      const made = Array.from({ length: 50 }, () => formatAddress(resolver.choose(answer)!))
      return new Set(made)
    }
    assert.is(used('first').size, 1)
    assert.is(used('any').size, 3)
  })

  test('two that ask at once each get their answer', () => {
    const stand = new Stand({ resolver: {} }).listen(zone(), NAME_SERVER)
    const heard: Resolution[] = []
    const asker = { resolved: (resolution: Resolution) => void heard.push(resolution) }
    stand.at(0, () => {
      const { resolver } = stand.stage.actors[0]!
      resolver.resolve('www.example.com', 'A', 0, asker)
      resolver.resolve('www.example.com', 'A', 0, asker)
    })
    stand.run(1)
    assert.is(heard.filter((resolution) => 'addresses' in resolution).length, 2)
  })
})
