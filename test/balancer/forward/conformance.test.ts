import fc from 'fast-check'
import { FORWARDERS } from '../../../sim/balancer/forward/index.ts'
import { ACCEPT, REROUTE } from '../../../sim/hook/hook.ts'
import { REWRITTEN, TRANSLATED } from '../../../sim/trace/index.ts'
import * as tcp from '../../../sim/wire/tcp.ts'
import { assert, sameBytes, suite } from '../../lib/harness.ts'
import { datagram, type Ends, ip, segment, wrongChecksums } from '../../nat/packets.ts'
import { Stand, service, VIP } from '../stand.ts'

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

for (const forwarder of FORWARDERS) {
  suite(`forwarder ${forwarder.name}`, (test) => {
    test('says what it is', () => {
      assert.match(forwarder.name, /^[a-z0-9]+(-[a-z0-9]+)*$/)
      assert.ok(forwarder.sentence.length > 20)
      assert.match(forwarder.source, /\S/)
    })

    test('requests go on, answers look like those of the virtual address, sums are right', () => {
      const property = fc.property(sheet, fc.boolean(), (row, isTcp) => {
        fc.pre(row.client !== row.server && row.server !== ip(VIP) && row.client !== ip(VIP))
        const stand = standOf(row, forwarder.name)
        const ends = { src: row.client, dst: ip(VIP), srcPort: row.clientPort, dstPort: row.vport }
        const sent = stand.request(packet(isTcp, ends, tcp.SYN, row.payload))
        assert.is(sent.verdict, REROUTE)
        assert.equal(wrongChecksums(sent.octets), [])
        const out = endsOf(sent.octets)
        assert.is(out.dst, row.server)
        assert.is(out.dstPort, row.serverPort)
        const back = { src: out.dst, dst: out.src, srcPort: out.dstPort, dstPort: out.srcPort }
        const got = stand.reply(packet(isTcp, back, tcp.SYN | tcp.ACK, row.payload))
        assert.is(got.verdict, ACCEPT)
        const turned = {
          src: ends.dst,
          dst: ends.src,
          srcPort: ends.dstPort,
          dstPort: ends.srcPort,
        }
        // All that differs from the virtual address's own answer is the TTL.
        const flags = tcp.SYN | tcp.ACK
        sameBytes(got.octets, stand.reply(packet(isTcp, turned, flags, row.payload)).octets)
      })
      fc.assert(property, { seed: 1, numRuns: 200 })
    })

    test('says each field it changes, and by which rule', () => {
      const stand = new Stand(service(['172.16.20.1:8080'], { forward: forwarder.name }))
      const ends = { src: ip('10.0.0.2'), dst: ip(VIP), srcPort: 40000, dstPort: 80 }
      stand.request(segment(ends, tcp.SYN))
      const [translated] = stand.events(TRANSLATED)
      const rule = stand.balancer.rules()[translated!.code]
      assert.is(rule, 'service web: round-robin chose 172.16.20.1:8080')
      assert.ok(stand.events(REWRITTEN).length > 0)
      for (const { place } of stand.journal.entries) assert.is(place, 9)
    })
  })
}

function standOf(
  row: { server: number; serverPort: number; vport: number },
  forward: string,
): Stand {
  const vip = { address: ip(VIP), port: row.vport, lastPort: row.vport, protocol: 'any' as const }
  const thresholds = { upperThreshold: 0, lowerThreshold: 0 }
  const server = { name: 'rs', address: row.server, port: row.serverPort, weight: 1, ...thresholds }
  return new Stand({ ...service([], { forward, vips: [vip] }), servers: [server] })
}

function packet(isTcp: boolean, ends: Ends, flags: number, data: Uint8Array): Uint8Array {
  return isTcp ? segment(ends, flags, data) : datagram(ends, data)
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
