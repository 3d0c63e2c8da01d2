import { PERSISTENCES, Templates } from '../../../sim/balancer/persist/index.ts'
import { Trace } from '../../../sim/trace/index.ts'
import { parseAddress } from '../../../sim/wire/address.ts'
import { AddressBook } from '../../../sim/wire/address-book.ts'
import type { ServiceConfig, VipConfig } from '../../../sim/balancer/service.ts'
import { ServiceTable } from '../../../sim/balancer/service-table.ts'
import { assert, suite } from '../../lib/harness.ts'
import { named } from '../schedule/pool.ts'

const S = 1_000_000_000
const addresses = new AddressBook()
const number = (text: string): number => addresses.number(parseAddress(text)!)
const VIP = number('199.237.202.124')

function arrival(client: string, virtual = VIP) {
  return { client: number(client), clientPort: 40000, virtual, virtualPort: 80 }
}

function templates(mask = -1, kind = 'source-address', timeoutNs = 60 * S) {
  const clock = { now: 0 }
  const context = { clock, trace: new Trace(clock), addresses, place: 0 }
  const face = { protocol: 'tcp' as const, virtual: VIP, virtualPort: 80, nobody: 0 }
  const word = PERSISTENCES.find(({ name }) => name === kind)!
  return { clock, context, kept: new Templates(word, { timeoutNs, mask }, face, context) }
}

function serviceOf(vips: readonly VipConfig[]): ServiceConfig {
  const persist = { kind: 'source-address', timeoutNs: 60 * S, mask: -1 }
  const schedule = { schedule: 'round-robin', scheduleSettings: {}, dice: { below: () => 0 } }
  return {
    number: 0,
    name: 'web',
    vips,
    forward: 'dnat',
    ...schedule,
    servers: [],
    persist,
    onePacket: false,
  }
}

suite('templates', (test) => {
  const [a, b] = named('a', 'b') as [ReturnType<typeof named>[0], ReturnType<typeof named>[0]]

  test('a new connection is remembered for the timeout, and renews it', () => {
    const { clock, kept } = templates()
    kept.follow(arrival('207.17.117.20'), a!)
    kept.release(arrival('207.17.117.20'), a!, 1)
    clock.now = 59 * S
    assert.is(kept.find(arrival('207.17.117.20'), false), a)
    assert.is(kept.find(arrival('207.17.117.21'), false), undefined)
    kept.follow(arrival('207.17.117.20'), a!)
    kept.release(arrival('207.17.117.20'), a!, 59 * S)
    clock.now = 118 * S
    assert.is(kept.find(arrival('207.17.117.20'), false), a)
    clock.now = 119 * S
    assert.is(kept.find(arrival('207.17.117.20'), false), undefined)
  })

  test('one that controls a connection lives a minute more, again and again', () => {
    const { clock, kept } = templates()
    kept.follow(arrival('207.17.117.20'), a!)
    clock.now = 61 * S
    assert.is(kept.rows()[0]!.expiresNs, 120 * S)
    clock.now = 500 * S
    assert.is(kept.rows()[0]!.expiresNs, 540 * S)
    // The connection ended at 170 s, which nobody has looked at yet: 180 s was the last minute.
    kept.release(arrival('207.17.117.20'), a!, 170 * S)
    clock.now = 541 * S
    assert.equal(kept.rows(), [])
  })

  test('a connection that ended long ago does not prolong it', () => {
    const { clock, kept } = templates()
    kept.follow(arrival('207.17.117.20'), a!)
    kept.release(arrival('207.17.117.20'), a!, 100 * S)
    clock.now = 119 * S
    assert.is(kept.find(arrival('207.17.117.20'), false), a, 'needed at 60 s, so until 120 s')
    clock.now = 120 * S
    assert.is(kept.find(arrival('207.17.117.20'), false), undefined)
  })

  test('a server that is gone, down or, as set, drained is not met again', () => {
    const { kept } = templates()
    const [c] = named('c')
    kept.follow(arrival('207.17.117.20'), c!)
    c!.weight = 0
    assert.is(kept.find(arrival('207.17.117.20'), false), c, 'expire_quiescent_template = 0')
    assert.is(kept.find(arrival('207.17.117.20'), true), undefined)
    c!.weight = 1
    c!.up = false
    assert.is(kept.find(arrival('207.17.117.20'), false), undefined)
    c!.up = true
    c!.present = false
    assert.is(kept.find(arrival('207.17.117.20'), false), undefined)
  })

  test('a mask makes a network one client, in both families', () => {
    const v4 = templates(24)
    v4.kept.follow(arrival('207.17.117.20'), a!)
    assert.is(v4.kept.find(arrival('207.17.117.99'), false), a)
    assert.is(v4.kept.find(arrival('207.17.118.20'), false), undefined)
    assert.is(addresses.format(v4.kept.rows()[0]!.client), '207.17.117.0')
    const v6 = templates(48)
    v6.kept.follow(arrival('2001:db8:117:1::20'), b!)
    assert.is(v6.kept.find(arrival('2001:db8:117:2::99'), false), b)
    assert.is(v6.kept.find(arrival('2001:db8:118::20'), false), undefined)
    assert.is(addresses.format(v6.kept.rows()[0]!.client), '2001:db8:117::')
    assert.is(templates(0).kept.find(arrival('10.0.0.1'), false), undefined)
  })

  test('by destination it is the address that was asked', () => {
    const { kept } = templates(-1, 'destination-address')
    kept.follow(arrival('207.17.117.20', number('203.0.113.1')), a!)
    assert.is(kept.find(arrival('10.0.0.9', number('203.0.113.1')), false), a)
    assert.is(kept.find(arrival('207.17.117.20', number('203.0.113.2')), false), undefined)
    const [row] = kept.rows()
    assert.is(row!.client, 0)
    assert.is(addresses.format(row!.virtual), '203.0.113.1')
  })

  test('a service of both protocols, or of several addresses, has templates of neither', () => {
    // `ipvsadm -Lnc` for a firewall mark: IP 04:56 ASSURED 207.17.117.21:0 0.0.0.1:0 172.16.20.2:0.
    const face = (...vips: VipConfig[]) => {
      const table = new ServiceTable(templates().context, [serviceOf(vips)], 0)
      const { templates: kept } = table.list[0]!.terms
      kept!.follow(arrival('207.17.117.20'), a!)
      const { protocol, virtual, virtualPort } = kept!.rows()[0]!
      return `${protocol} ${addresses.format(virtual)} ${virtualPort}`
    }
    const vip = (protocol: VipConfig['protocol'], port = 80, text = '199.237.202.124') => {
      return { address: number(text), port, lastPort: port === 0 ? 65535 : port, protocol }
    }
    assert.is(face(vip('tcp')), 'tcp 199.237.202.124 80')
    assert.is(face(vip('udp')), 'udp 199.237.202.124 80')
    assert.is(face(vip('any', 0)), 'ip 199.237.202.124 0')
    assert.is(face(vip('tcp'), vip('tcp', 443)), 'ip 0.0.0.0 0')
    const six = '2001:db8:117::124'
    assert.is(face(vip('tcp', 80, six), vip('udp', 53, six)), 'ip :: 0')
  })

  test('thousands of templates that are over are cleared away', () => {
    const { clock, kept } = templates()
    for (let i = 0; i < 5000; i++) {
      clock.now = i * S
      const client = { ...arrival('10.0.0.1'), client: 0x0a00_0001 + i }
      kept.follow(client, a!)
      kept.release(client, a!, clock.now)
    }
    assert.is(kept.rows().length, 60)
  })
})
