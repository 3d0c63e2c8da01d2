import fc from 'fast-check'
import { FORWARDERS } from '../../../sim/balancer/forward/index.ts'
import { ACCEPT, RELAY, REROUTE, type Verdict } from '../../../sim/hook/hook.ts'
import { REWRITTEN, TRANSLATED } from '../../../sim/trace/index.ts'
import * as tcp from '../../../sim/wire/tcp.ts'
import { assert, sameBytes, suite } from '../../lib/harness.ts'
import { datagram, type Ends, ip, segment, wrongChecksums } from '../../nat/packets.ts'
import { OWN, type Passed, Stand, service, VIP } from '../stand.ts'

/** What each forwarder does to the first packet of a connection. */
interface Promise {
  readonly verdict: Verdict
  /** Whose address the packet leaves for and from, and the next hop given with it. */
  readonly dst: 'server' | 'vip'
  readonly src: 'client' | 'own'
  readonly nextHop: 'server' | 'none'
}
const DESTINATION = { dst: 'server', src: 'client', nextHop: 'none' } as const
const UNTOUCHED = { dst: 'vip', src: 'client' } as const
const PROMISES: Readonly<Record<string, Promise>> = {
  dnat: { verdict: REROUTE, ...DESTINATION },
  snat: { verdict: REROUTE, ...DESTINATION, src: 'own' },
  direct: { verdict: REROUTE, ...UNTOUCHED, nextHop: 'server' },
  l2: { verdict: RELAY, ...UNTOUCHED, nextHop: 'server' },
  local: { verdict: ACCEPT, ...UNTOUCHED, nextHop: 'none' },
}

const address = fc.integer({ min: 0x0100_0000, max: 0xdfff_ffff })
const port = fc.integer({ min: 1, max: 65535 })
const payload = fc.uint8Array({ maxLength: 100 })
const sheet = fc.record({
  client: address,
  server: address,
  clientPort: port,
  serverPort: port,
  vport: port,
  payload,
})
type Row = typeof sheet extends fc.Arbitrary<infer T> ? T : never

for (const forwarder of FORWARDERS) {
  const promise = PROMISES[forwarder.name]!
  suite(`forwarder ${forwarder.name}`, (test) => {
    test('says what it is', () => {
      assert.match(forwarder.name, /^[a-z0-9]+(-[a-z0-9]+)*$/)
      assert.ok(forwarder.sentence.length > 20)
      assert.match(forwarder.source, /\S/)
      assert.is(forwarder.changesSource, promise.src === 'own')
    })

    test('requests leave as promised, with right sums', () => {
      const property = fc.property(sheet, fc.boolean(), (row, isTcp) => {
        fc.pre(distinct(row))
        const sent = standOf(row, forwarder.name).request(packet(isTcp, requestOf(row), row))
        assert.is(sent.verdict, promise.verdict)
        assert.equal(wrongChecksums(sent.octets), [])
        assert.equal(endsOf(sent.octets), {
          src: promise.src === 'own' ? ip(OWN) : row.client,
          dst: promise.dst === 'server' ? row.server : ip(VIP),
          srcPort: row.clientPort,
          dstPort: promise.dst === 'server' ? row.serverPort : row.vport,
        })
        assert.is(sent.nextHop, promise.nextHop === 'server' ? row.server : 0)
      })
      fc.assert(property, { seed: 1, numRuns: 200 })
    })

    test('answers that come back look like those of the virtual address', () => {
      if (!forwarder.seesReplies) return
      const property = fc.property(sheet, fc.boolean(), (row, isTcp) => {
        fc.pre(distinct(row))
        const stand = standOf(row, forwarder.name)
        const out = endsOf(stand.request(packet(isTcp, requestOf(row), row)).octets)
        const got = back(stand, packet(isTcp, turned(out), row))
        assert.is(got.verdict, promise.src === 'own' ? REROUTE : ACCEPT)
        // All that differs from the virtual address's own answer is the TTL.
        const answer = packet(isTcp, turned(requestOf(row)), row)
        sameBytes(got.octets, new Stand(service([])).reply(answer).octets)
      })
      fc.assert(property, { seed: 1, numRuns: 200 })
    })

    test('says each field it changes, and by which rule', () => {
      const stand = new Stand(service(['172.16.20.1:8080'], { forward: forwarder.name }))
      const ends = { src: ip('10.0.0.2'), dst: ip(VIP), srcPort: 40000, dstPort: 80 }
      const { octets } = stand.request(segment(ends, tcp.SYN))
      const [translated] = stand.events(TRANSLATED)
      const rule = stand.balancer.rules()[translated!.code]
      assert.is(rule, 'service web: round-robin chose 172.16.20.1:8080')
      const out = endsOf(octets)
      const changed = (Object.keys(ends) as (keyof Ends)[]).filter((key) => ends[key] !== out[key])
      assert.is(stand.events(REWRITTEN).length, changed.length)
      for (const { place } of stand.journal.entries) assert.is(place, 9)
    })

    test('counts the connection, and the client alone moves its state when answers pass by', () => {
      const stand = new Stand(service(['172.16.20.1'], { forward: forwarder.name }))
      const ends = { src: ip('10.0.0.2'), dst: ip(VIP), srcPort: 40000, dstPort: 80 }
      const states = [tcp.SYN, tcp.ACK, tcp.FIN | tcp.ACK, tcp.ACK].map((flags) => {
        stand.request(segment(ends, flags))
        return stand.balancer.connections()[0]?.state
      })
      // Measured on a real kernel: where it sees both halves, a FIN of the client is CLOSE_WAIT.
      const closing = forwarder.seesReplies ? 'CLOSE_WAIT' : 'FIN_WAIT'
      assert.equal(states, ['SYN_RECV', 'ESTABLISHED', closing, closing])
      assert.equal(stand.balancer.counts(0, 0), { active: 0, inactive: 1 })
    })
  })
}

function distinct({ client, server }: Row): boolean {
  return new Set([client, server, ip(VIP), ip(OWN)]).size === 4
}

function standOf(row: Row, forward: string): Stand {
  const vip = { address: ip(VIP), port: row.vport, lastPort: row.vport, protocol: 'any' as const }
  const thresholds = { upperThreshold: 0, lowerThreshold: 0, fromStart: true }
  const { server: address, serverPort: port } = row
  const server = { name: 'rs', address, port, weight: 1, ...thresholds }
  return new Stand({ ...service([], { forward, vips: [vip] }), servers: [server] })
}

function requestOf({ client, clientPort, vport }: Row): Ends {
  return { src: client, dst: ip(VIP), srcPort: clientPort, dstPort: vport }
}

function turned({ src, dst, srcPort, dstPort }: Ends): Ends {
  return { src: dst, dst: src, srcPort: dstPort, dstPort: srcPort }
}

function packet(isTcp: boolean, ends: Ends, { payload: data }: Row): Uint8Array {
  return isTcp ? segment(ends, tcp.SYN, data) : datagram(ends, data)
}

/** A reply arrives at the machine itself, or passes it. */
function back(stand: Stand, octets: Uint8Array): Passed {
  return endsOf(octets).dst === ip(OWN) ? stand.request(octets) : stand.reply(octets)
}

function endsOf(octets: Uint8Array): Ends {
  const v = new DataView(octets.buffer, octets.byteOffset)
  return {
    src: v.getUint32(12),
    dst: v.getUint32(16),
    srcPort: v.getUint16(20),
    dstPort: v.getUint16(22),
  }
}
