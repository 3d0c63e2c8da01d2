import { ACCEPT, REROUTE } from '../../sim/hook/hook.ts'
import { assert, bytes, cases, sameBytes } from '../lib/harness.ts'
import { ip } from '../nat/packets.ts'
import { recording } from '../nat/recording.ts'
import { Stand, service, VIP } from './stand.ts'

/** IPVS scans the server that was added last first. */
const IPVS = ['172.16.20.3', '172.16.20.2', '172.16.20.1']
const NFT = ['172.16.20.1']

cases(
  'every octet as Linux sends it on',
  [
    { name: 'data/ipvs-nat', servers: IPVS },
    { name: 'data/ipvs-nat-client-closes', servers: IPVS },
    { name: 'data/ipvs-nat-udp', servers: IPVS },
    { name: '../nat/data/nft-dnat', servers: NFT },
    { name: '../nat/data/nft-dnat-port-unreachable', servers: NFT },
    { name: '../nat/data/nft-dnat-fragmentation-needed', servers: NFT },
  ],
  ({ name, servers }) => {
    const vips = [{ address: ip(VIP), port: 0, lastPort: 65535, protocol: 'any' as const }]
    const stand = new Stand(service(servers, { vips }))
    const { packets } = recording(new URL(`${name}.json`, import.meta.url))
    assert.ok(packets.length > 1)
    for (const packet of packets) {
      const { octets, verdict } = stand[packet.direction](bytes(packet.in))
      assert.is(verdict, packet.direction === 'request' ? REROUTE : ACCEPT)
      sameBytes(octets, bytes(packet.out))
    }
  },
)
