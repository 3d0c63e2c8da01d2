import { readFileSync } from 'node:fs'
import { ACCEPT, REROUTE } from '../../sim/hook/hook.ts'
import { bytes, cases, sameBytes, assert } from '../lib/harness.ts'
import { ip } from '../nat/packets.ts'
import { Stand, service, VIP } from './stand.ts'

/** Packets as they came to and left a balancer of real Linux, without their Ethernet headers. */
interface Recording {
  readonly capture: string
  readonly packets: readonly { direction: 'request' | 'reply'; in: string; out: string }[]
}

function recording(name: string): Recording {
  return JSON.parse(readFileSync(new URL(`data/${name}.json`, import.meta.url), 'utf8'))
}

/** IPVS scans the server that was added last first. */
const IPVS = ['172.16.20.3', '172.16.20.2', '172.16.20.1']
const NFT = ['172.16.20.1']

cases(
  'every octet as Linux sends it on',
  [
    { name: 'ipvs-nat', servers: IPVS },
    { name: 'ipvs-nat-client-closes', servers: IPVS },
    { name: 'ipvs-nat-udp', servers: IPVS },
    { name: 'nft-dnat', servers: NFT },
    { name: 'nft-dnat-port-unreachable', servers: NFT },
    { name: 'nft-dnat-fragmentation-needed', servers: NFT },
  ],
  ({ name, servers }) => {
    const vips = [{ address: ip(VIP), port: 0, lastPort: 65535, protocol: 'any' as const }]
    const stand = new Stand(service(servers, { vips }))
    const { packets } = recording(name)
    assert.ok(packets.length > 1)
    for (const packet of packets) {
      const request = packet.direction === 'request'
      const { octets, verdict } = stand[packet.direction](bytes(packet.in))
      assert.is(verdict, request ? REROUTE : ACCEPT)
      sameBytes(octets, bytes(packet.out))
    }
  },
)
