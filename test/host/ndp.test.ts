import type { Host } from '../../sim/host/host.ts'
import { NEIGHBOUR_STATES } from '../../sim/host/neighbour-entry.ts'
import { assert, bytes, suite } from '../lib/harness.ts'
import { Stand } from './ipv6-stand.ts'

const A = '2001:db8::a'
const B = '2001:db8::b'
/** Link-local addresses: 02:00:00:00:01:00 and 02:00:00:00:02:00. */
const LINK_A = 'fe80::ff:fe00:100'
const LINK_B = 'fe80::ff:fe00:200'

interface Pair {
  readonly stand: Stand
  readonly a: Host
  readonly b: Host
  readonly ping: ReturnType<Stand['pinger']>
}

function pair(sysctlOfB: Record<string, number> = {}): Pair {
  const stand = new Stand()
  const a = stand.net.host('a')
  const b = stand.net.host('b', sysctlOfB)
  stand.net.cable(stand.iface(a, `${A}/64`), stand.iface(b, `${B}/64`))
  stand.net.start()
  return { stand, a, b, ping: stand.pinger(a) }
}

function state({ stand, a }: Pair, host: Host, address: string): string | undefined {
  const entry = host.neighbours.find(host.interfaces[1]!, stand.number(address))
  assert.ok(a)
  return entry === undefined ? undefined : NEIGHBOUR_STATES[entry.state]
}

/** An advertisement for B, with the MAC 02:00:00:00:09:09, to A. */
function advertisement(flags: string, checksum: string): Uint8Array {
  return bytes(`
    60 00 00 00 00 20 3a ff
    20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 0b
    20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 0a
    88 00 ${checksum} ${flags} 00 00 00
    20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 0b
    02 01 02 00 00 00 09 09`)
}

suite('neighbour discovery', (test) => {
  test('the question goes to the group of the address, the answer back alone', () => {
    const at = pair()
    at.ping(B)
    at.stand.net.run(1)
    assert.equal(at.stand.seen(at.a.interfaces[1]!), [
      `> who has ${B}? ${A} > ff02::1:ff00:b option 1`,
      `< I have ${B} SO ${B} > ${A} option 2`,
      `> icmp 128/0 ${A} > ${B} limit 64`,
      `< icmp 129/0 ${B} > ${A} limit 64`,
    ])
    assert.is(state(at, at.a, B), 'REACHABLE')
    assert.is(state(at, at.b, A), 'DELAY', 'learned from a question, and used')
  })

  test('a router says that it is one', () => {
    const at = pair({ 'net.ipv6.conf.all.forwarding': 1 })
    at.ping(B)
    at.stand.net.run(1)
    assert.is(at.stand.seen(at.a.interfaces[1]!)[1], `< I have ${B} RSO ${B} > ${A} option 2`)
    assert.is(at.a.neighbours.find(at.a.interfaces[1]!, at.stand.number(B))?.router, true)
  })

  test('a probe comes from the link-local address; its answer names no MAC', () => {
    const at = pair()
    at.ping(B)
    at.stand.net.run(5.5)
    assert.equal(at.stand.seen(at.a.interfaces[1]!).slice(4), [
      `< who has ${A}? ${LINK_B} > ${A} option 1`,
      `> I have ${A} S ${A} > ${LINK_B}`,
    ])
    assert.is(state(at, at.b, A), 'REACHABLE')
    assert.is(state(at, at.a, LINK_B), 'DELAY')
  })

  test('three questions a second apart, then the ping fails', () => {
    const at = pair()
    at.ping('2001:db8::dead')
    at.stand.net.run(4)
    const question = `> who has 2001:db8::dead? ${A} > ff02::1:ff00:dead option 1`
    assert.equal(at.stand.seen(at.a.interfaces[1]!), [question, question, question])
    assert.is(state(at, at.a, '2001:db8::dead'), 'FAILED')
    assert.is(at.a.icmp.echo.receive(0)?.type, 1)
  })

  test('only the interface that has the address answers for it, unlike ARP', () => {
    const at = pair()
    const { stand, a, b } = at
    stand.add(b, b.interfaces[0]!, '2001:db8::99/128')
    b.ready()
    // The group of ...:99 is heard by nobody; that of an address with the same last 24 bits is.
    stand.add(b, b.interfaces[1]!, '2001:db8:5::99/64')
    b.ready()
    at.ping('2001:db8::99')
    stand.net.run(4)
    assert.is(state(at, a, '2001:db8::99'), 'FAILED')
    assert.ok(stand.net.drops().includes('ndp-not-for-us'))
  })

  test('who is not in the group never looks at the question', () => {
    const at = pair()
    at.ping('2001:db8::dead')
    at.stand.net.run(0.5)
    assert.equal(at.stand.net.drops(), ['not-in-group'])
  })

  // The kernel's __neigh_update with NEIGH_UPDATE_F_WEAK_OVERRIDE.
  test('another MAC without the override flag makes a REACHABLE entry STALE, no more', () => {
    const at = pair()
    at.ping(B)
    at.stand.net.run(1)
    const iface = at.a.interfaces[1]!
    at.stand.arrive(iface, '02:00:00:00:09:09', advertisement('40', 'a1 4f'))
    assert.is(state(at, at.a, B), 'STALE')
    assert.is(at.a.neighbours.find(iface, at.stand.number(B))?.macLo, 0x200)
    at.stand.arrive(iface, '02:00:00:00:09:09', advertisement('60', '81 4f'))
    assert.is(at.a.neighbours.find(iface, at.stand.number(B))?.macLo, 0x909)
    assert.is(state(at, at.a, B), 'REACHABLE')
  })

  test('an advertisement that nobody asked for makes no entry', () => {
    const at = pair()
    at.stand.arrive(at.a.interfaces[1]!, '02:00:00:00:09:09', advertisement('20', 'c1 4f'))
    assert.is(state(at, at.a, B), undefined)
  })

  test('an announcement moves an address that is known', () => {
    const at = pair()
    at.ping(B)
    at.stand.net.run(1)
    const { a, b, stand } = at
    b.interfaces[1]!.macLo = 0x707
    b.ipv6.ndp.announce(b.interfaces[1]!, stand.number(B))
    stand.net.run(0.1)
    assert.is(stand.seen(a.interfaces[1]!).at(-1), `< I have ${B} O ${B} > ff02::1 option 2`)
    assert.is(a.neighbours.find(a.interfaces[1]!, stand.number(B))?.macLo, 0x707)
    assert.is(state(at, a, B), 'STALE')
  })

  test('the prober of an address that is taken hears so (RFC 4861 §7.2.4)', () => {
    const { stand, a } = pair()
    const probe = bytes(`
      60 00 00 00 00 18 3a ff
      00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
      ff 02 00 00 00 00 00 00 00 00 00 01 ff 00 00 0a
      87 00 4c db 00 00 00 00
      20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 0a`)
    stand.arrive(a.interfaces[1]!, '02:00:00:00:09:09', probe, '33:33:ff:00:00:0a')
    assert.equal(stand.seen(a.interfaces[1]!), [`> I have ${A} O ${A} > ff02::1 option 2`])
  })

  test('what came from beyond the link is not believed', () => {
    const at = pair()
    at.ping(B)
    at.stand.net.run(1)
    const far = advertisement('60', '81 4f')
    far[7] = 254
    at.stand.arrive(at.a.interfaces[1]!, '02:00:00:00:09:09', far)
    assert.is(at.stand.net.drops().at(-1), 'ndp-hop-limit')
    assert.is(at.a.neighbours.find(at.a.interfaces[1]!, at.stand.number(B))?.macLo, 0x200)
  })

  test('link-local neighbours reach each other, and answer with that address', () => {
    const at = pair()
    at.ping(LINK_B)
    at.stand.net.run(0.5)
    assert.equal(at.stand.seen(at.a.interfaces[1]!).slice(2), [
      `> icmp 128/0 ${LINK_A} > ${LINK_B} limit 64`,
      `< icmp 129/0 ${LINK_B} > ${LINK_A} limit 64`,
    ])
  })

  test('a machine without IPv6 does not listen to it', () => {
    const stand = new Stand()
    const a = stand.net.host('a')
    const b = stand.net.host('b')
    stand.net.cable(stand.iface(a, `${A}/64`), stand.net.iface(b, '10.0.0.1/24'))
    stand.net.start()
    stand.pinger(a)(B)
    stand.net.run(0.5)
    assert.equal(stand.net.drops(), ['ipv6-disabled'])
  })
})
